#include "wasm_region.h"

#include <string.h>

#include "abi/image.h"
#include "abi/layout.h"
#include "wasm_link_impl.h"
#include "wasm_op.h"
#include "wasm_read.h"
#include "wasm_write.h"

enum {
	PAGE_SHIFT = 16,
	SPARE_PAGES = 256, /* for growing, where the options say nothing */
};

_Static_assert(WASM_OP_I32_LOAD + REGION_OPS == WASM_OP_MEMORY_SIZE,
    "one for each access");

/* What each access moves, from i32.load on. */
static const struct {
	uint8_t type, size;
} accesses[REGION_OPS] = {
	{ AZ_I32, 4 },
	{ AZ_I64, 8 },
	{ AZ_F32, 4 },
	{ AZ_F64, 8 },
	{ AZ_I32, 1 },
	{ AZ_I32, 1 },
	{ AZ_I32, 2 },
	{ AZ_I32, 2 },
	{ AZ_I64, 1 },
	{ AZ_I64, 1 },
	{ AZ_I64, 2 },
	{ AZ_I64, 2 },
	{ AZ_I64, 4 },
	{ AZ_I64, 4 },
	{ AZ_I32, 4 },
	{ AZ_I64, 8 },
	{ AZ_F32, 4 },
	{ AZ_F64, 8 },
	{ AZ_I32, 1 },
	{ AZ_I32, 2 },
	{ AZ_I64, 1 },
	{ AZ_I64, 2 },
	{ AZ_I64, 4 },
};

/* --- Layout ---------------------------------------------------------------- */

static uint32_t last_memory(const struct link *l)
{
	return l->parts[l->part_count - 1].memory;
}

/* The n-th region by address: the last member's, then in order. */
static struct region *region_at(const struct link *l, size_t n)
{
	uint32_t first = last_memory(l);

	if (first == LINK_NONE)
		return &l->memories[n];
	return &l->memories[n == 0 ? first : n - (n <= first)];
}

static uint32_t room_to_grow(const struct region *r)
{
	uint32_t max = r->limits.max < AZ_WASM_PAGES_MAX ? r->limits.max
							 : AZ_WASM_PAGES_MAX;

	return max > r->limits.min ? max - r->limits.min : 0;
}

/* What is left to spare goes to those that may grow; the ones that need least
 * come first, so that the others share what these leave. */
static void share_spare(struct link *l, uint32_t spare, uint32_t growers)
{
	uint32_t done = 0; /* those with this much room or less have theirs */

	while (growers > 0) {
		uint32_t room = UINT32_MAX, count = 0, share;

		for (size_t i = 0; i < l->memory_count; i++) {
			const struct region *r = &l->memories[i];
			uint32_t wants = r->used ? room_to_grow(r) : 0;

			if (wants <= done || wants > room)
				continue;
			count = wants < room ? 1 : count + 1;
			room = wants;
		}
		share = spare / growers < room ? spare / growers : room;
		for (size_t i = 0; i < l->memory_count; i++)
			if (l->memories[i].used &&
			    room_to_grow(&l->memories[i]) == room)
				l->memories[i].capacity += share;
		spare -= share * count;
		growers -= count;
		done = room;
	}
}

static void place_regions(struct link *l)
{
	uint32_t base = 0;

	for (size_t n = 0; n < l->memory_count; n++) {
		struct region *r = region_at(l, n);

		if (!r->used)
			continue;
		r->base = base;
		base += r->capacity;
		r->size = (uint32_t)l->global_count;
		l->globals[l->global_count++] = (struct wasm_global){
			.type = AZ_I32,
			.mutable = true,
			.init = { WASM_LITERAL, AZ_I32, r->limits.min },
		};
	}
}

static int check_hosts(struct link *l)
{
	for (size_t i = 0; i < l->part_count; i++) {
		const struct link_part *p = &l->parts[i];

		if (p->calls_host && p->memory != LINK_NONE &&
		    l->memories[p->memory].base != 0)
			return link_fail(l, LINK_HOST_MEMORY, p, LINK_NONE,
			    "it has a memory of its own and imports functions "
			    "of the system, which see only the memory of the "
			    "main module");
	}
	return 0;
}

int region_lay_out(struct link *l)
{
	uint64_t least = 0, limit = l->options->pages;
	uint32_t growers = 0, used = 0;

	for (size_t i = 0; i < l->memory_count; i++) {
		struct region *r = &l->memories[i];

		if (!r->used)
			continue;
		used++;
		r->capacity = r->limits.min;
		least += r->limits.min;
		growers += room_to_grow(r) > 0;
	}
	l->regions = used > 1;
	if (!l->regions)
		return 0;
	if (least > AZ_WASM_PAGES_MAX)
		return link_fail(l, LINK_LIMIT, NULL, LINK_NONE,
		    "their memories start with %llu pages together, and at "
		    "most %u are supported",
		    (unsigned long long)least, AZ_WASM_PAGES_MAX);
	if (limit == 0)
		limit = least + SPARE_PAGES;
	if (limit < least)
		limit = least;
	if (limit > AZ_WASM_PAGES_MAX)
		limit = AZ_WASM_PAGES_MAX;
	share_spare(l, (uint32_t)(limit - least), growers);
	place_regions(l);
	return check_hosts(l);
}

bool region_limits(const struct link *l, struct wasm_limits *limits)
{
	bool used = false;

	*limits = (struct wasm_limits){ 0 };
	for (size_t i = 0; i < l->memory_count; i++) {
		const struct region *r = &l->memories[i];

		if (!r->used)
			continue;
		used = true;
		if (!l->regions)
			*limits = r->limits;
		else
			limits->min = limits->max += r->capacity;
	}
	return used;
}

bool region_is_first(const struct link *l, uint32_t memory)
{
	return memory != LINK_NONE && l->memories[memory].used &&
	       l->memories[memory].base == 0;
}

/* --- Functions ------------------------------------------------------------- */

static void put(struct buf *b, uint32_t op, uint32_t index)
{
	wasm_put_op(b, op);
	wasm_put_u32(b, index);
}

static void put_const(struct buf *b, uint8_t type, uint64_t bits)
{
	wasm_put_literal(b, type, bits);
}

/* The locals of a body besides its parameters. */
static void put_locals(struct buf *b, uint8_t type)
{
	wasm_put_u32(b, type != 0);
	if (type != 0) {
		wasm_put_u32(b, 1);
		wasm_put_byte(b, type);
	}
}

/* The sum of two unsigned locals, in 64 bits. */
static void put_sum(struct buf *b, uint32_t x, uint32_t y)
{
	put(b, WASM_OP_LOCAL_GET, x);
	wasm_put_op(b, WASM_OP_I64_EXTEND_I32_U);
	put(b, WASM_OP_LOCAL_GET, y);
	wasm_put_op(b, WASM_OP_I64_EXTEND_I32_U);
	wasm_put_op(b, WASM_OP_I64_ADD);
}

/* Beyond the end of any memory. */
static uint32_t trap_func(struct link *l)
{
	struct buf b = { 0 };

	if (l->trap == 0) {
		put_locals(&b, 0);
		put_const(&b, AZ_I32, UINT32_MAX);
		put(&b, WASM_OP_I32_LOAD, 0);
		wasm_put_u32(&b, UINT32_MAX);
		wasm_put_op(&b, WASM_OP_DROP);
		wasm_put_op(&b, WASM_OP_END);
		l->trap = 1 + link_make(l, "memory.outside", "", "", &b);
	}
	return l->trap - 1;
}

/* Trap if the 64-bit number on the stack is more than the region's bytes. */
static void put_check(struct link *l, const struct region *r, struct buf *b)
{
	put(b, WASM_OP_GLOBAL_GET, r->size);
	wasm_put_op(b, WASM_OP_I64_EXTEND_I32_U);
	put_const(b, AZ_I64, PAGE_SHIFT);
	wasm_put_op(b, WASM_OP_I64_SHL);
	wasm_put_op(b, WASM_OP_I64_GT_U);
	wasm_put_op(b, WASM_OP_IF);
	wasm_put_byte(b, WASM_BLOCK_EMPTY);
	put(b, WASM_OP_CALL, trap_func(l));
	wasm_put_op(b, WASM_OP_END);
}

/* (address, offset) or, for a store, (address, value, offset). The offset
 * comes last because code has pushed the others before. */
static uint32_t make_access(struct link *l, const struct region *r, uint32_t op)
{
	const char type[] = { (char)accesses[op - WASM_OP_I32_LOAD].type,
		'\0' };
	const char store[] = { (char)AZ_I32, type[0], (char)AZ_I32, '\0' };
	bool stores = op >= WASM_OP_I32_STORE;
	uint32_t offset = stores ? 2 : 1, sum = offset + 1;
	struct buf b = { 0 };

	put_locals(&b, AZ_I64);
	put_sum(&b, 0, offset);
	put(&b, WASM_OP_LOCAL_TEE, sum);
	put_const(&b, AZ_I64, accesses[op - WASM_OP_I32_LOAD].size);
	wasm_put_op(&b, WASM_OP_I64_ADD);
	put_check(l, r, &b);
	put(&b, WASM_OP_LOCAL_GET, sum);
	wasm_put_op(&b, WASM_OP_I32_WRAP_I64);
	if (stores)
		put(&b, WASM_OP_LOCAL_GET, 1);
	put(&b, op, 0);
	wasm_put_u32(&b, r->base << PAGE_SHIFT);
	wasm_put_op(&b, WASM_OP_END);
	return link_make(l, stores ? "memory.store" : "memory.load",
	    stores ? store : "\x7f\x7f", stores ? "" : type, &b);
}

/* A local that holds an address of the region, as one of the result. */
static void put_address(struct buf *b, const struct region *r, uint32_t local)
{
	put(b, WASM_OP_LOCAL_GET, local);
	put_const(b, AZ_I32, r->base << PAGE_SHIFT);
	wasm_put_op(b, WASM_OP_I32_ADD);
}

/* (to, what, count), as memory.init, memory.copy and memory.fill have them;
 * of the first two the index is a segment and a memory. */
static uint32_t make_bulk(
    struct link *l, const struct region *r, uint32_t op, uint32_t segment)
{
	struct buf b = { 0 };

	put_locals(&b, 0);
	put_sum(&b, 0, 2);
	put_check(l, r, &b);
	put_address(&b, r, 0);
	if (op == WASM_OP_MEMORY_COPY) {
		put_sum(&b, 1, 2);
		put_check(l, r, &b);
		put_address(&b, r, 1);
	} else {
		put(&b, WASM_OP_LOCAL_GET, 1);
	}
	put(&b, WASM_OP_LOCAL_GET, 2);
	put(&b, op, segment);
	if (op != WASM_OP_MEMORY_FILL)
		wasm_put_u32(&b, 0);
	wasm_put_op(&b, WASM_OP_END);
	return link_make(l, "memory.bulk", "\x7f\x7f\x7f", "", &b);
}

/* (pages): the size before, or -1. */
static uint32_t make_grow(struct link *l, const struct region *r)
{
	struct buf b = { 0 };

	put_locals(&b, AZ_I32);
	put(&b, WASM_OP_GLOBAL_GET, r->size);
	put(&b, WASM_OP_LOCAL_SET, 1);
	put(&b, WASM_OP_LOCAL_GET, 0);
	put_const(&b, AZ_I32, r->capacity);
	put(&b, WASM_OP_LOCAL_GET, 1);
	wasm_put_op(&b, WASM_OP_I32_SUB);
	wasm_put_op(&b, WASM_OP_I32_GT_U);
	wasm_put_op(&b, WASM_OP_IF);
	wasm_put_byte(&b, WASM_BLOCK_EMPTY);
	put_const(&b, AZ_I32, UINT32_MAX);
	wasm_put_op(&b, WASM_OP_RETURN);
	wasm_put_op(&b, WASM_OP_END);
	put(&b, WASM_OP_LOCAL_GET, 1);
	put(&b, WASM_OP_LOCAL_GET, 0);
	wasm_put_op(&b, WASM_OP_I32_ADD);
	put(&b, WASM_OP_GLOBAL_SET, r->size);
	put(&b, WASM_OP_LOCAL_GET, 1);
	wasm_put_op(&b, WASM_OP_END);
	return link_make(l, "memory.grow", "\x7f", "\x7f", &b);
}

/* --- Instructions ---------------------------------------------------------- */

/* Call what is made at its first use. */
#define CALL(out, slot, make)                                                  \
	do {                                                                   \
		if ((slot) == 0)                                               \
			(slot) = 1 + (make);                                   \
		put((out), WASM_OP_CALL, (slot)-1);                            \
	} while (0)

static void put_access(struct link *l, struct region *r, struct buf *out,
    const struct wasm_insn *insn, const uint8_t *end)
{
	struct wasm_error error = { 0 };
	struct wasm_reader memarg = { insn->at, insn->at + 1, end, &error };

	(void)wasm_u32(&memarg); /* alignment, a hint */
	put_const(out, AZ_I32, wasm_u32(&memarg));
	CALL(out, r->access[insn->op - WASM_OP_I32_LOAD],
	    make_access(l, r, insn->op));
}

void region_put_init(struct link *l, const struct link_part *p, struct buf *out,
    uint32_t segment)
{
	if (l->regions && p->memory != LINK_NONE) {
		CALL(out, l->inits[segment],
		    make_bulk(l, &l->memories[p->memory], WASM_OP_MEMORY_INIT,
			segment));
	} else {
		put(out, WASM_OP_MEMORY_INIT, segment);
		wasm_put_u32(out, 0);
	}
}

void region_put(struct link *l, const struct link_part *p, struct buf *out,
    const struct wasm_insn *insn, const uint8_t *end)
{
	struct region *r =
	    p->memory != LINK_NONE ? &l->memories[p->memory] : NULL;

	if (insn->op == WASM_OP_MEMORY_INIT)
		region_put_init(l, p, out, p->first_data + insn->a);
	else if (!l->regions || r == NULL)
		buf_add(out, insn->at, (size_t)(end - insn->at));
	else if (insn->op == WASM_OP_MEMORY_SIZE)
		put(out, WASM_OP_GLOBAL_GET, r->size);
	else if (insn->op == WASM_OP_MEMORY_GROW)
		CALL(out, r->grow, make_grow(l, r));
	else if (insn->op == WASM_OP_MEMORY_COPY)
		CALL(out, r->copy, make_bulk(l, r, insn->op, 0));
	else if (insn->op == WASM_OP_MEMORY_FILL)
		CALL(out, r->fill, make_bulk(l, r, insn->op, 0));
	else
		put_access(l, r, out, insn, end);
}
