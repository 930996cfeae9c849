#include "mm/pool.h"

#include "arch/page.h"
#include "base/mem.h"
#include "base/panic.h"
#include "mm/frame.h"

enum { POOL_ALIGN = 16 };

struct pool_object {
	struct pool_object *next;
	uint64_t mark; /* POOL_MARK while free: catches a double free */
};

#define POOL_MARK UINT64_C(0x6672656520706f6f)

_Static_assert(sizeof(struct pool_object) <= POOL_ALIGN, "smallest object");

void pool_init(struct pool *pool, size_t size, uint32_t cap)
{
	size = (size + POOL_ALIGN - 1) & ~(size_t)(POOL_ALIGN - 1);
	invariant(size > 0 && size <= PAGE_SIZE);
	*pool = (struct pool){ .size = size, .cap = cap };
}

static void *carve(struct pool *pool)
{
	void *object;

	if (pool->made == pool->cap)
		return NULL;
	if (pool->page == NULL || PAGE_SIZE - pool->page_used < pool->size) {
		uint64_t frame = frame_alloc();

		if (frame == 0)
			return NULL;
		pool->page = page_direct(frame);
		pool->page_used = 0;
	}
	object = pool->page + pool->page_used;
	pool->page_used += pool->size;
	pool->made++;
	return object;
}

static void check_poison(const struct pool *pool, const uint8_t *object)
{
	for (size_t n = sizeof(struct pool_object); n < pool->size; n++)
		invariant(object[n] == POOL_POISON);
}

void *pool_alloc(struct pool *pool)
{
	struct pool_object *object = pool->free;

	if (object != NULL) {
		invariant(object->mark == POOL_MARK);
		check_poison(pool, (const uint8_t *)object);
		pool->free = object->next;
		memset(object, 0, pool->size);
	} else {
		object = carve(pool);
	}
	if (object != NULL)
		pool->used++;
	return object;
}

void pool_free(struct pool *pool, void **object)
{
	struct pool_object *o = *object;

	if (o == NULL)
		return;
	invariant(pool->used > 0 && o->mark != POOL_MARK);
	memset(o, POOL_POISON, pool->size);
	o->mark = POOL_MARK;
	o->next = pool->free;
	pool->free = o;
	pool->used--;
	*object = NULL;
}
