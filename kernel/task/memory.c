#include "task/memory.h"

#include <stddef.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/page.h"
#include "base/mem.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/image.h"

/* Bytes moved between two looks at pending interrupts. */
enum { PIECE = 1 << 20 };

uint32_t memory_grow(struct domain *d, uint32_t pages)
{
	uint64_t more = (uint64_t)pages * AZ_WASM_PAGE;
	uint64_t old = d->memory_size;

	if (more > d->memory_max - old ||
	    map_fresh((uint64_t)(uintptr_t)d->memory + old, more, PAGE_WRITE) !=
		AZ_OK) {
		d->grow_refused++;
		return UINT32_MAX;
	}
	d->memory_size = old + more;
	return (uint32_t)(old / AZ_WASM_PAGE);
}

/* The range's address; traps when it is not inside the memory. */
static uint8_t *range(struct domain *d, uint32_t addr, uint32_t len)
{
	uint8_t *at = domain_range(d, addr, len);

	if (at == NULL)
		sched_trap(AZ_TRAP_OOB);
	return at;
}

static uint32_t piece_of(uint32_t len)
{
	return len < PIECE ? len : PIECE;
}

void memory_fill(struct domain *d, uint32_t to, uint32_t byte, uint32_t len)
{
	uint8_t *at = range(d, to, len);

	for (uint32_t done; len > 0; len -= done, at += done) {
		done = piece_of(len);
		memset(at, (int)(byte & 0xff), done);
		if (len > done)
			sched_point();
	}
}

/* Copy in pieces: upwards when the target lies below the source, else
 * downwards, so that no piece overwrites one not yet read. */
static void copy(uint8_t *to, const uint8_t *from, uint32_t len)
{
	bool upwards = to <= from;

	for (uint32_t left = len, done; left > 0; left -= done) {
		uint32_t at;

		done = piece_of(left);
		at = upwards ? len - left : left - done;
		memmove(to + at, from + at, done);
		if (left > done)
			sched_point();
	}
}

void memory_copy(struct domain *d, uint32_t to, uint32_t from, uint32_t len)
{
	const uint8_t *source = range(d, from, len);

	copy(range(d, to, len), source, len);
}

void memory_init(struct domain *d, uint32_t segment, uint32_t to, uint32_t from,
    uint32_t len)
{
	const struct az_segment *s;
	uint32_t size;

	if (segment >= d->image->head->segments.count)
		sched_trap(AZ_TRAP_OOB);
	s = &d->image->segments[segment];
	size = s->mode == AZ_PASSIVE && !d->dropped[segment] ? s->size : 0;
	if (from > size || len > size - from)
		sched_trap(AZ_TRAP_OOB);
	copy(range(d, to, len), d->image->seg_bytes + s->first + from, len);
}

void memory_drop(struct domain *d, uint32_t segment)
{
	if (segment < d->image->head->segments.count)
		d->dropped[segment] = 1;
}
