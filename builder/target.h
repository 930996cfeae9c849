/* target: what `azoth run` is to start: an ISO, or a kernel and its bundle.
 *
 * The bundle's index is read for the memory, the command line and what is to be
 * plugged in, and not trusted: whether it is genuine is the guest's decision. A bundle that
 * cannot be read is started all the same, so that the guest can refuse it.
 */
#ifndef BUILDER_TARGET_H
#define BUILDER_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "kit.h"

enum { TARGET_MEMORY_MIB = 256 }; /* when the index does not tell */

struct target {
	char *image;  /* an ISO, or the kernel */
	char *bundle; /* NULL for an ISO */
	char *cmdline;
	uint64_t memory_mib;
	struct kit kit; /* the rest of the machine */
};

/* path: X.iso, X.elf or X.bundle. Returns EXIT_DONE, or another code after
 * saying why. */
int target_open(struct target *t, const char *path);
void target_fini(struct target *t);

#endif
