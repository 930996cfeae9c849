/* mm/map: runs of kernel address space backed by frames.
 *
 * Kernel runs are virtually contiguous, page-aligned and separated by an
 * unmapped guard page. A run's frames can also be mapped into slots (text,
 * rodata): the run owns them and must outlive those mappings.
 */
#ifndef AZ_MM_MAP_H
#define AZ_MM_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Allocate size bytes (rounded up to pages, perhaps 0), zeroed, read-write.
 * AZ_ENOMEM leaves nothing behind. */
az_err map_alloc(void **out, size_t size);
/* map_alloc for an array: *out points to `count` of what it is to point to. */
#define map_array(out, count)                                                  \
	({                                                                     \
		void *run_;                                                    \
		az_err err_ =                                                  \
		    map_alloc(&run_, (size_t)(count) * sizeof(**(out)));       \
		if (err_ == AZ_OK)                                             \
			*(out) = run_;                                         \
		err_;                                                          \
	})
/* Free a run of map_alloc; free of NULL is nothing. *run is NULL after. */
void map_free(void **run, size_t size);
#define map_array_free(array, count)                                           \
	do {                                                                   \
		void *run_ = *(array);                                         \
		map_free(&run_, (size_t)(count) * sizeof(**(array)));          \
		*(array) = NULL;                                               \
	} while (0)
/* Change the protection of a run (enum page_prot). */
void map_protect(void *run, size_t size, unsigned prot);

/* Map fresh zeroed frames at [virt, virt + size), whole pages, all or
 * nothing. */
az_err map_fresh(uint64_t virt, uint64_t size, unsigned prot);
/* Map the frames behind kernel run `run` at virt as well. The run keeps
 * owning them: undo with map_forget. */
az_err map_share(uint64_t virt, const void *run, size_t size, unsigned prot);
/* Unmap and free the frames of [virt, virt + size), the last ones first, so
 * that neighbours are neighbours again when they are next mapped; holes are
 * fine. */
void map_release(uint64_t virt, uint64_t size);
/* Unmap [virt, virt + size) without freeing frames. */
void map_forget(uint64_t virt, uint64_t size);

#endif
