#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "artifact.h"
#include "cli.h"
#include "exit.h"
#include "mem.h"
#include "verify/bundle.h"

enum { MIB = 1 << 20, MEMORY_MIN_MIB = 16, MEMORY_MAX_MIB = 1 << 20 };

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len > end_len && strcmp(text + len - end_len, end) == 0;
}

static char *replace_end(const char *path, const char *from, const char *to)
{
	int len = (int)(strlen(path) - strlen(from));

	return xasprintf("%.*s%s", len, path, to);
}

/* What the index says, when there is one that can be read. */
static void read_index(struct target *t, const char *path)
{
	struct artifact a;
	struct bundle b;
	const char *why;

	if (!artifact_open(&a, path))
		return;
	if (artifact_index(&a, &b, &why) == AZ_REFUSE_NONE) {
		struct bundle_text line = bundle_text(&b, b.system->cmdline);
		uint64_t mib = (b.system->memory + MIB - 1) / MIB;

		free(t->cmdline);
		t->cmdline = xstrndup(line.at, line.len);
		if (mib >= MEMORY_MIN_MIB && mib <= MEMORY_MAX_MIB)
			t->memory_mib = mib;
		kit_fini(&t->kit);
		kit_init(&t->kit, &b);
	}
	artifact_close(&a);
}

static int check_file(const char *path)
{
	if (access(path, R_OK) == 0)
		return EXIT_DONE;
	cli_error("AZ0205", "`azoth build` makes it", "cannot read `%s`: %s",
	    path, strerror(errno));
	return EXIT_INPUT;
}

int target_open(struct target *t, const char *path)
{
	*t = (struct target){ .memory_mib = TARGET_MEMORY_MIB,
		.cmdline = xstrdup("") };
	kit_init(&t->kit, NULL);
	if (ends_with(path, ".elf")) {
		t->image = xstrdup(path);
		t->bundle = replace_end(path, ".elf", ".bundle");
	} else if (ends_with(path, ".bundle")) {
		t->image = replace_end(path, ".bundle", ".elf");
		t->bundle = xstrdup(path);
	} else {
		t->image = xstrdup(path);
	}
	int code = check_file(t->image);
	if (code == EXIT_DONE && t->bundle)
		code = check_file(t->bundle);
	if (code == EXIT_DONE)
		read_index(t, t->bundle ? t->bundle : t->image);
	return code;
}

void target_fini(struct target *t)
{
	free(t->image);
	free(t->bundle);
	free(t->cmdline);
	kit_fini(&t->kit);
	*t = (struct target){ 0 };
}
