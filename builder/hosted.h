/* hosted: a system as one Linux process, by the runner beside the builder
 * (kernel/arch/linux). For development: native speed, and not the isolation
 * of the product.
 *
 * The runner gets what a boot loader would load: the bundle and the kernel's
 * own trust page. Whether they are genuine is for its kernel to decide.
 */
#ifndef BUILDER_HOSTED_H
#define BUILDER_HOSTED_H

#include <stdbool.h>

struct machine;
struct target;

/* wait: until a debugger has attached. Returns EXIT_DONE, or another code
 * after saying why. */
int hosted_start(struct machine *m, const struct target *target, bool wait);

#endif
