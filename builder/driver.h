/* driver: device.yaml, in which a driver package describes its device: how
 * the machine names it, its registers, its rings, how it is reset.
 *
 * What is found wrong goes to the diags; a driver with errors must not be
 * used. The kernel's door (verify/devices) checks the records once more.
 * Memory: the caller's arena; the source lives as long as the diags.
 */
#ifndef BUILDER_DRIVER_H
#define BUILDER_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#include "abi/device.h"
#include "diag.h"
#include "manifest.h"

struct arena;
struct buf;

struct driver {
	struct manifest_string name;
	/* ids, class, bus, engine, interrupt, rate and flags are filled in. */
	struct az_device device;
	struct az_region *regions;
	struct manifest_string *region_names;
	size_t region_count;
	/* Ascending, as the index has them: the position is the number. */
	struct az_register *registers;
	struct manifest_string *register_names;
	size_t register_count;
	struct az_ring *rings;
	struct manifest_string *ring_names;
	size_t ring_count;
	struct az_step *reset;
	size_t reset_count;
};

/* NULL after reporting why. */
struct driver *driver_parse(
    struct arena *a, const struct source *src, struct diags *list);

/* A C header with the numbers of registers and rings. */
void driver_header(struct buf *out, const struct driver *d);

/* The keys of device.yaml: a FIELD_MAP. */
const struct field *driver_field(void);

#endif
