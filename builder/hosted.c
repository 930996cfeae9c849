#include "hosted.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/trust.h"
#include "artifact.h"
#include "cli.h"
#include "exit.h"
#include "kernel_elf.h"
#include "machine.h"
#include "mem.h"
#include "target.h"

enum { ARGS_MAX = 10 };

/* A memory file that the machine keeps, as a path in the child. */
static char *keep_bytes(struct machine *m, const void *bytes, size_t len)
{
	int file = machine_file(bytes, len);

	machine_keep(m, file);
	return file >= 0 ? xasprintf("/proc/self/fd/%d", file) : NULL;
}

static int start(struct machine *m, const struct target *target,
    const struct artifact *a, bool wait)
{
	static const struct az_trust_page none;
	char *program = kernel_beside("azoth-hosted");
	char *memory =
	    xasprintf("%llu", (unsigned long long)target->memory_mib);
	char *trust = keep_bytes(m, a->trust ? a->trust : &none, sizeof none);
	char *bundle = keep_bytes(m, a->bundle.at, a->bundle.len);
	const char *argv[ARGS_MAX] = { program, "--trust", trust, "--memory",
		memory, "--cmdline", a->cmdline ? a->cmdline : target->cmdline,
		bundle, wait ? "--wait" : NULL };
	int code = EXIT_HOST;

	if (!program || access(program, X_OK) != 0)
		cli_error("AZ0901", "`make` builds it",
		    "there is no azoth-hosted beside azoth");
	else if (!trust || !bundle)
		cli_error(NULL, NULL, "no memory file: %s", strerror(errno));
	else
		code = machine_start(m, argv);
	free(program);
	free(memory);
	free(trust);
	free(bundle);
	return code;
}

int hosted_start(struct machine *m, const struct target *target, bool wait)
{
	struct artifact a;
	int code;

	machine_init(m, "azoth-hosted");
	if (!artifact_open(&a, target->image)) {
		cli_error("AZ0205", NULL, "cannot read `%s`: %s", target->image,
		    strerror(errno));
		return EXIT_INPUT;
	}
	code = start(m, target, &a, wait);
	artifact_close(&a);
	return code;
}
