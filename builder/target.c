#include "target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "exit.h"
#include "fileio.h"
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

/* May bundle_check_index look at it? */
static bool head_fits(const struct buf *file)
{
	const struct az_bundle_head *head = (const void *)file->at;

	return file->len > sizeof *head &&
	       memcmp(head->magic, AZ_BUNDLE_MAGIC, sizeof head->magic) == 0 &&
	       head->head_size == sizeof *head &&
	       head->index_size >= sizeof(struct az_index_head) &&
	       head->index_size <= file->len - sizeof *head;
}

static void read_index(struct target *t, const struct buf *file)
{
	struct bundle b;

	if (!head_fits(file) ||
	    bundle_check_index(&b, (const uint8_t *)file->at, file->len,
		NULL) != AZ_REFUSE_NONE)
		return;
	struct bundle_text cmdline = bundle_text(&b, b.system->cmdline);
	free(t->cmdline);
	t->cmdline = xstrndup(cmdline.at, cmdline.len);
	uint64_t mib = (b.system->memory + MIB - 1) / MIB;
	if (mib >= MEMORY_MIN_MIB && mib <= MEMORY_MAX_MIB)
		t->memory_mib = mib;
}

static int check_file(const char *path)
{
	if (access(path, R_OK) == 0)
		return EXIT_DONE;
	cli_error("AZ0205", "`azoth build` makes it", "cannot read `%s`: %s",
	    path, strerror(errno));
	return EXIT_INPUT;
}

static int open_pair(struct target *t)
{
	struct buf file = { 0 };
	int code = check_file(t->image);

	if (code != EXIT_DONE || (code = check_file(t->bundle)) != EXIT_DONE)
		return code;
	if (file_read(&file, t->bundle, FILE_SIZE_MAX))
		read_index(t, &file);
	buf_fini(&file);
	return EXIT_DONE;
}

int target_open(struct target *t, const char *path)
{
	*t = (struct target){ .memory_mib = TARGET_MEMORY_MIB,
		.cmdline = xstrdup("") };
	if (ends_with(path, ".elf")) {
		t->image = xstrdup(path);
		t->bundle = replace_end(path, ".elf", ".bundle");
		return open_pair(t);
	}
	if (ends_with(path, ".bundle")) {
		t->image = replace_end(path, ".bundle", ".elf");
		t->bundle = xstrdup(path);
		return open_pair(t);
	}
	t->image = xstrdup(path);
	return check_file(path);
}

void target_fini(struct target *t)
{
	free(t->image);
	free(t->bundle);
	free(t->cmdline);
	*t = (struct target){ 0 };
}
