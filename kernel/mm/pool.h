/* mm/pool: objects of one size, a hard cap on their number.
 *
 * Invariant: an object is in use or on the free list, never both; a freed
 * one is filled with POOL_POISON, and pool_alloc panics when it has been
 * written to since. Objects come zeroed and 16-aligned.
 * Memory: frames, taken when needed and kept for ever.
 * Context: interrupts off or single-threaded kernel.
 */
#ifndef AZ_MM_POOL_H
#define AZ_MM_POOL_H

#include <stddef.h>
#include <stdint.h>

enum { POOL_POISON = 0xd5 };

struct pool {
	size_t size;   /* of an object, at most a page */
	uint32_t cap;  /* objects at most */
	uint32_t made; /* objects carved so far */
	uint32_t used;
	struct pool_object *free;
	uint8_t *page; /* the frame being carved, or NULL */
	size_t page_used;
};

void pool_init(struct pool *pool, size_t size, uint32_t cap);

/* An object, or NULL: the cap is reached or there is no frame. */
void *pool_alloc(struct pool *pool);
/* *object is NULL after; free of NULL is nothing. */
void pool_free(struct pool *pool, void **object);

#endif
