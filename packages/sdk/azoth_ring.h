/* azoth_ring: records through a channel of type ring, from one module to
 * another, without a call into the kernel unless somebody sleeps.
 *
 *	AZ_RING_WINDOW(feed, 16384);	both ends; the manifest's `size`
 *	struct az_ring feed;
 *	az_ring_open(&feed, AZ_WINDOW_AT(feed), 16384, AZ_RING_WRITER, handle);
 *	while (!az_ring_put64(&feed, &record))
 *		az_ring_await(&feed, AZ_FOR_EVER);
 *
 * where handle is az_channel("feed", 4). All records of a ring are 64 or 8
 * bytes (put64, take64; put8, take8), of one other size (put_fixed,
 * take_fixed), or vary (put, take, or in place: reserve and commit, peek and
 * release): the two ends must agree. A full ring takes nothing: the writer
 * waits or goes on without.
 * Two ends that have nothing to do but wait for each other take turns, with
 * az_ring_turn instead of az_ring_await, or az_ring_trade: each wakes the other
 * as it begins to wait, and only so.
 * A record is there when its writer's position has passed it, and gone when
 * the reader's has: an end that dies half-way has done nothing, and one that
 * starts again continues where it was. What the other end writes is bounded
 * before it is used: a peer that lies invents or loses records of this ring.
 * One thread for each end; for one processor.
 */
#ifndef AZOTH_RING_H
#define AZOTH_RING_H

#include "azoth.h"

#include <stdbool.h>
#include <stddef.h>

/* For tests: called before each access to what is shared. */
#ifndef AZ_RING_STEP
#define AZ_RING_STEP() ((void)0)
#endif

enum az_ring_role { AZ_RING_WRITER = 0, AZ_RING_READER = 1 };
/* A longer record than the caller has room for: it was passed over. */
enum { AZ_RING_EMPTY = -100, AZ_RING_TOO_LONG = -101 };

/* At the start of each of the first two pages: one for each role. */
struct az_ring_side {
	uint32_t position; /* bytes put or taken, ever */
	uint32_t waits;    /* not 0: wake this end */
};

struct az_ring {
	struct az_ring_side *own, *other;
	uint8_t *data;
	uint32_t size; /* of data: a power of two */
	uint32_t seen; /* the other's position when we looked last */
	uint32_t held; /* bytes of what was peeked at */
	int32_t handle;
};

/* A ring each way; turn: this module's handle of one of the two, at which both
 * ends take their turns. */
struct az_ring_pair {
	struct az_ring *out, *in;
	int32_t turn;
};

/* The order of accesses is what makes a record whole. There is one processor,
 * so the compiler alone must keep it; and where a wasm module has no threads,
 * clang lets it go also for atomic ones. */
static inline void az_ring_order(void)
{
	__asm__ volatile("" : : : "memory");
}

static inline uint32_t az_ring_load(const uint32_t *word)
{
	uint32_t value;

	AZ_RING_STEP();
	az_ring_order();
	value = __atomic_load_n(word, __ATOMIC_ACQUIRE);
	az_ring_order();
	return value;
}

static inline void az_ring_store(uint32_t *word, uint32_t value)
{
	AZ_RING_STEP();
	az_ring_order();
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
	az_ring_order();
}

/* Sleep until the other end has gone on since put or take said no: 1; or for
 * ns nanoseconds: 0; or what az_ring_wait gives. */
static inline int32_t az_ring_await(struct az_ring *r, int64_t ns)
{
	int32_t status = 1;

	az_ring_store(&r->own->waits, 1);
	if (az_ring_load(&r->other->position) == r->seen)
		status = az_ring_wait(r->handle, ns);
	az_ring_store(&r->own->waits, 0);
	return status > 0 ? 1 : status;
}

static inline void az_ring_call_other(struct az_ring *r)
{
	if (__builtin_expect(az_ring_load(&r->other->waits) != 0, 0))
		(void)az_ring_wake(r->handle);
}

/* Also after a restart: nothing but what the frames hold is needed. The end
 * may have died after a commit, before it could say so: it does it now. */
static inline void az_ring_open(struct az_ring *r, void *window, uint32_t size,
    enum az_ring_role role, int32_t handle)
{
	uint8_t *at = (uint8_t *)window;

	r->own = (struct az_ring_side *)(void *)(at + AZ_PAGE * role);
	r->other = (struct az_ring_side *)(void *)(at + AZ_PAGE * !role);
	r->data = at + AZ_RING_HEAD;
	r->size = size;
	r->handle = handle;
	r->seen = az_ring_load(&r->other->position);
	az_ring_store(&r->own->waits, 0);
	az_ring_call_other(r);
}

/* The bytes that this end has put or taken, modulo 2^32; also in earlier
 * lives, so that an end that was started again knows how far it came. */
static inline uint32_t az_ring_position(const struct az_ring *r)
{
	return az_ring_load(&r->own->position);
}

/* Move our end past `len` bytes. */
static inline void az_ring_advance(struct az_ring *r, uint32_t at, uint32_t len)
{
	az_ring_store(&r->own->position, at + len);
	az_ring_call_other(r);
}

/* Whether len bytes can be put at `at`. */
static inline bool az_ring_has_room(
    struct az_ring *r, uint32_t at, uint32_t len)
{
	if (__builtin_expect(at - r->seen <= r->size - len, 1))
		return true;
	r->seen = az_ring_load(&r->other->position);
	return at - r->seen <= r->size - len;
}

/* Whether len bytes can be taken at `at`. */
static inline bool az_ring_has(struct az_ring *r, uint32_t at, uint32_t len)
{
	r->seen = az_ring_load(&r->other->position);
	return r->seen - at - len <= r->size - len;
}

/* Bytes to and from the ring, round its end. */
static inline void az_ring_copy_in(
    struct az_ring *r, uint32_t at, const void *from, uint32_t len)
{
	uint32_t start = at & (r->size - 1), first = r->size - start;

	if (first > len)
		first = len;
	AZ_RING_STEP();
	__builtin_memcpy(r->data + start, from, first);
	AZ_RING_STEP();
	__builtin_memcpy(r->data, (const uint8_t *)from + first, len - first);
}

static inline void az_ring_copy_out(
    struct az_ring *r, uint32_t at, void *to, uint32_t len)
{
	uint32_t start = at & (r->size - 1), first = r->size - start;

	if (first > len)
		first = len;
	AZ_RING_STEP();
	__builtin_memcpy(to, r->data + start, first);
	AZ_RING_STEP();
	__builtin_memcpy((uint8_t *)to + first, r->data, len - first);
}

/* Records of one power of two, a constant: none lies round the end. Without
 * `wake` the other end is not looked at. */
static inline __attribute__((always_inline)) bool az_ring_put_whole(
    struct az_ring *r, const void *record, uint32_t len, bool wake)
{
	uint32_t at = az_ring_load(&r->own->position);

	if (!az_ring_has_room(r, at, len))
		return false;
	AZ_RING_STEP();
	__builtin_memcpy(r->data + (at & (r->size - len)), record, len);
	az_ring_store(&r->own->position, at + len);
	if (wake)
		az_ring_call_other(r);
	return true;
}

static inline __attribute__((always_inline)) bool az_ring_take_whole(
    struct az_ring *r, void *record, uint32_t len, bool wake)
{
	uint32_t at = az_ring_load(&r->own->position);

	if (!az_ring_has(r, at, len))
		return false;
	AZ_RING_STEP();
	__builtin_memcpy(record, r->data + (at & (r->size - len)), len);
	az_ring_store(&r->own->position, at + len);
	if (wake)
		az_ring_call_other(r);
	return true;
}

/* A record of 64 bytes. False: full. */
static inline bool az_ring_put64(struct az_ring *r, const void *record)
{
	return az_ring_put_whole(r, record, 64, true);
}

/* False: empty. */
static inline bool az_ring_take64(struct az_ring *r, void *record)
{
	return az_ring_take_whole(r, record, 64, true);
}

static inline bool az_ring_put8(struct az_ring *r, uint64_t record)
{
	return az_ring_put_whole(r, &record, 8, true);
}

static inline bool az_ring_take8(struct az_ring *r, uint64_t *record)
{
	return az_ring_take_whole(r, record, 8, true);
}

/* Put a record, turn, and take the next one: 1. A client's request and the
 * reply to it, a server's reply and the next request. Otherwise nothing was
 * taken: AZ_PEER_BUSY, the ring was full; 0, the time is over, and what was
 * put still lies there; or what az_ring_turn gives. */
static inline __attribute__((always_inline)) int32_t az_ring_trade(
    const struct az_ring_pair *p, void *record, uint32_t len, int64_t ns)
{
	int32_t status;

	if (!az_ring_put_whole(p->out, record, len, false))
		return AZ_PEER_BUSY;
	do {
		status = az_ring_turn(p->turn, ns);
		if (az_ring_take_whole(p->in, record, len, false))
			return 1;
	} while (status > 0);
	return status;
}

static inline int32_t az_ring_trade8(
    const struct az_ring_pair *p, uint64_t *record, int64_t ns)
{
	return az_ring_trade(p, record, 8, ns);
}

static inline int32_t az_ring_trade64(
    const struct az_ring_pair *p, void *record, int64_t ns)
{
	return az_ring_trade(p, record, 64, ns);
}

/* The same for any other one size, a multiple of 8 below that of the ring. */
static inline bool az_ring_put_fixed(
    struct az_ring *r, const void *record, uint32_t len)
{
	uint32_t at = az_ring_load(&r->own->position);

	if (!az_ring_has_room(r, at, len))
		return false;
	az_ring_copy_in(r, at, record, len);
	az_ring_advance(r, at, len);
	return true;
}

static inline bool az_ring_take_fixed(
    struct az_ring *r, void *record, uint32_t len)
{
	uint32_t at = az_ring_load(&r->own->position);

	if (!az_ring_has(r, at, len))
		return false;
	az_ring_copy_out(r, at, record, len);
	az_ring_advance(r, at, len);
	return true;
}

/* Records that vary: each follows its length, and takes whole words. One with
 * `fill` is none, but fills up to the end. */
struct az_ring_head {
	uint32_t len, fill;
};

static inline uint32_t az_ring_span(uint32_t len)
{
	return (uint32_t)sizeof(struct az_ring_head) + ((len + 7) & ~7u);
}

/* False: full, or longer than the ring will ever hold. */
static inline bool az_ring_put(
    struct az_ring *r, const void *bytes, uint32_t len)
{
	uint32_t at = az_ring_load(&r->own->position) & ~7u;
	struct az_ring_head head = { len, 0 };

	if (len > r->size - sizeof(head) ||
	    !az_ring_has_room(r, at, az_ring_span(len)))
		return false;
	az_ring_copy_in(r, at, &head, sizeof(head));
	az_ring_copy_in(r, at + (uint32_t)sizeof(head), bytes, len);
	az_ring_advance(r, at, az_ring_span(len));
	return true;
}

/* Where the next record starts, and its length, or AZ_RING_EMPTY. A head that
 * cannot be is taken for a lie: all that is there is passed over, as too long. */
static inline int32_t az_ring_next(struct az_ring *r, uint32_t *start)
{
	struct az_ring_head head;

	for (bool filled = false;; filled = true) {
		uint32_t at = az_ring_load(&r->own->position) & ~7u, there;

		if (!az_ring_has(r, at, sizeof(head)))
			return AZ_RING_EMPTY;
		there = r->seen - at;
		az_ring_copy_out(r, at, &head, sizeof(head));
		if (head.len > there - sizeof(head) ||
		    az_ring_span(head.len) > there ||
		    (head.fill != 0 && filled)) {
			az_ring_advance(r, at, there);
			return AZ_RING_TOO_LONG;
		}
		*start = at;
		if (head.fill == 0)
			return (int32_t)head.len;
		az_ring_advance(r, at, az_ring_span(head.len));
	}
}

/* The length of the record that was taken into `bytes`, AZ_RING_EMPTY, or
 * AZ_RING_TOO_LONG for one longer than max. */
static inline int32_t az_ring_take(struct az_ring *r, void *bytes, uint32_t max)
{
	uint32_t at = 0;
	int32_t len = az_ring_next(r, &at);

	if (len < 0)
		return len;
	if ((uint32_t)len <= max)
		az_ring_copy_out(r, at + (uint32_t)sizeof(struct az_ring_head),
		    bytes, (uint32_t)len);
	az_ring_advance(r, at, az_ring_span((uint32_t)len));
	return (uint32_t)len <= max ? len : AZ_RING_TOO_LONG;
}

/* In place, without a copy. Room for len bytes in one piece, which are a record
 * when az_ring_commit says so; nothing else is put between the two. NULL: full
 * (what is left before the end may have been filled), or longer than the ring
 * will ever hold. */
static inline void *az_ring_reserve(struct az_ring *r, uint32_t len)
{
	uint32_t at = az_ring_load(&r->own->position) & ~7u;
	uint32_t left = r->size - (at & (r->size - 1));
	struct az_ring_head head = { left - (uint32_t)sizeof(head), 1 };

	if (len > r->size - sizeof(head))
		return NULL;
	if (left < az_ring_span(len)) {
		if (!az_ring_has_room(r, at, left))
			return NULL;
		az_ring_copy_in(r, at, &head, sizeof(head));
		az_ring_advance(r, at, left);
		at += left;
	}
	if (!az_ring_has_room(r, at, az_ring_span(len)))
		return NULL;
	return r->data + (at & (r->size - 1)) + sizeof(head);
}

/* len: at most what was reserved. */
static inline void az_ring_commit(struct az_ring *r, uint32_t len)
{
	uint32_t at = az_ring_load(&r->own->position) & ~7u;
	struct az_ring_head head = { len, 0 };

	az_ring_copy_in(r, at, &head, sizeof(head));
	az_ring_advance(r, at, az_ring_span(len));
}

/* The next record where it lies, and its length, until az_ring_release. NULL:
 * *len says why, AZ_RING_EMPTY or AZ_RING_TOO_LONG (a lie), or, 0 or above,
 * that it lies round the end, for az_ring_take: put does that, and commit does
 * not. The other end can still write there: what is checked is copied first. */
static inline const void *az_ring_peek(struct az_ring *r, int32_t *len)
{
	uint32_t at = 0, start;

	*len = az_ring_next(r, &at);
	if (*len < 0)
		return NULL;
	start = at & (r->size - 1);
	r->held = az_ring_span((uint32_t)*len);
	if (r->held > r->size - start)
		return NULL;
	AZ_RING_STEP();
	return r->data + start + sizeof(struct az_ring_head);
}

static inline void az_ring_release(struct az_ring *r)
{
	az_ring_advance(r, az_ring_load(&r->own->position) & ~7u, r->held);
}

#endif
