/* arch/x86_64/device: mappings of device memory, for arch's own drivers.
 * They live in a region of their own and are never undone. */
#ifndef AZ_X86_64_DEVICE_H
#define AZ_X86_64_DEVICE_H

#include <stdint.h>

enum device_cache {
	DEVICE_UNCACHED, /* registers */
	DEVICE_COMBINE,  /* frame buffers: writes may be joined */
};

/* Map [phys, phys + size) read-write; NULL when memory does not suffice. */
void *device_map(uint64_t phys, uint64_t size, enum device_cache cache);

#endif
