#include "task/memory.h"

#include <stddef.h>

#include "abi/layout.h"
#include "arch/page.h"
#include "base/mem.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/image.h"

/* Bytes moved between two looks at pending interrupts. */
enum { PIECE = 1 << 16 };

static uint32_t piece_of(uint64_t len)
{
	return len < PIECE ? (uint32_t)len : PIECE;
}

/* Give back what lies above `size`. */
static void shrink(struct domain *d, uint64_t size)
{
	while (d->memory_size > size) {
		uint32_t piece = piece_of(d->memory_size - size);

		d->memory_size -= piece;
		map_release((uint64_t)d->memory + d->memory_size, piece);
		sched_point();
	}
}

/* Between pieces the thread may meet its end, or others take the frames:
 * memory_size always says what is mapped. */
static bool extend(struct domain *d, uint64_t size)
{
	uint64_t old = d->memory_size;

	if (size > d->memory_max ||
	    (size - old) / PAGE_SIZE > frame_count_free())
		return false;
	while (d->memory_size < size) {
		uint32_t piece = piece_of(size - d->memory_size);

		if (map_fresh((uint64_t)d->memory + d->memory_size, piece,
			PAGE_WRITE) != AZ_OK) {
			shrink(d, old);
			return false;
		}
		d->memory_size += piece;
		if (d->memory_size < size)
			sched_point();
	}
	return true;
}

uint32_t memory_grow(struct domain *d, uint32_t pages)
{
	uint64_t old = d->memory_size;

	if (!extend(d, old + (uint64_t)pages * AZ_WASM_PAGE)) {
		d->grow_refused++;
		return UINT32_MAX;
	}
	return (uint32_t)(old / AZ_WASM_PAGE);
}

bool memory_fill(struct domain *d, uint32_t to, uint32_t byte, uint32_t len)
{
	uint8_t *at = domain_range(d, to, len);

	if (at == NULL)
		return false;
	for (uint32_t done; len > 0; len -= done, at += done) {
		done = piece_of(len);
		memset(at, (int)(byte & 0xff), done);
		if (len > done)
			sched_point();
	}
	return true;
}

/* In pieces: upwards when the target lies below the source, else downwards,
 * so that no piece overwrites one not yet read. */
void memory_move(void *to, const void *from, uint32_t len)
{
	bool upwards = (uintptr_t)to <= (uintptr_t)from;

	for (uint32_t left = len, done; left > 0; left -= done) {
		uint32_t at;

		done = piece_of(left);
		at = upwards ? len - left : left - done;
		memmove((uint8_t *)to + at, (const uint8_t *)from + at, done);
		if (left > done)
			sched_point();
	}
}

bool memory_copy(struct domain *d, uint32_t to, uint32_t from, uint32_t len)
{
	const uint8_t *source = domain_range(d, from, len);
	uint8_t *target = domain_range(d, to, len);

	if (source == NULL || target == NULL)
		return false;
	memory_move(target, source, len);
	return true;
}

/* Bytes of a segment that memory.init may still read. */
static uint32_t segment_size(const struct domain *d, uint32_t segment)
{
	if (segment >= d->image->head->segments.count || d->dropped[segment])
		return 0;
	return d->image->segments[segment].size;
}

bool memory_init(struct domain *d, uint32_t segment, uint32_t to, uint32_t from,
    uint32_t len)
{
	uint32_t size = segment_size(d, segment);
	uint8_t *target = domain_range(d, to, len);

	if (from > size || len > size - from || target == NULL)
		return false;
	if (len > 0)
		memory_move(target,
		    d->image->seg_bytes + d->image->segments[segment].first +
			from,
		    len);
	return true;
}

void memory_drop(struct domain *d, uint32_t segment)
{
	if (segment < d->image->head->segments.count)
		d->dropped[segment] = 1;
	d->altered = true;
}
