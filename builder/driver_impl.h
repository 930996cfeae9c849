/* driver_impl: between driver.c, which reads a device.yaml, and
 * driver_check.c, which asks of each part whether there can be such a device.
 * The checks say what the kernel's door (verify/devices) would only refuse.
 */
#ifndef BUILDER_DRIVER_IMPL_H
#define BUILDER_DRIVER_IMPL_H

#include "driver.h"
#include "manifest_part.h"

/* Before sorting: a register with its name. */
struct named {
	struct manifest_string name;
	struct az_register r;
};

struct reader {
	struct driver *d; /* the parts that are read so far */
	struct arena *arena;
	struct diags *list;
};

/* The bus and the engine, once they are read. */
void driver_check_kind(struct reader *r, const struct part *top);
/* Region i of those read. */
void driver_check_region(struct reader *r, const struct part *p, size_t i);
void driver_check_register(
    struct reader *r, const struct part *p, const struct named *n);
/* a stands before b. */
void driver_check_overlap(
    struct reader *r, const struct named *a, const struct named *b);
void driver_check_ring(
    struct reader *r, const struct part *p, const struct az_ring *ring);
void driver_check_step(
    struct reader *r, const struct part *p, const struct az_step *step);
/* All steps, once they are read. */
void driver_check_steps(struct reader *r, const struct part *p);

#endif
