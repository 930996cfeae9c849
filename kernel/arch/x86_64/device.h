/* arch/x86_64/device: mappings for arch's own drivers, after page_init. They
 * live in a region of their own, each behind a page that is never mapped, and
 * are never undone. NULL: memory does not suffice. */
#ifndef AZ_X86_64_DEVICE_H
#define AZ_X86_64_DEVICE_H

#include <stdint.h>

enum device_cache {
	DEVICE_UNCACHED, /* registers */
	DEVICE_COMBINE,  /* frame buffers: writes may be joined */
};

/* Map [phys, phys + size) read-write. */
void *device_map(uint64_t phys, uint64_t size, enum device_cache cache);
/* Map zeroed memory, whole pages: also a stack, whose overflow then faults. */
void *device_memory(uint64_t size);

#endif
