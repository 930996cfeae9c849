/* Constants, and the segments that are placed by them. */
#include "wasm_read.h"

#include "abi/image.h"
#include "mem.h"
#include "wasm_op.h"

/* The kind of elements that are function indices. */
enum { ELEM_FUNCS = 0 };

static struct wasm_const read_float(struct wasm_reader *r, uint8_t type)
{
	struct wasm_const c = { .type = type };
	struct wasm_bytes raw = wasm_take(r, type == AZ_F32 ? 4 : 8);

	for (size_t i = raw.len; i > 0; i--)
		c.bits = c.bits << 8 | raw.at[i - 1];
	return c;
}

static struct wasm_const read_global(
    struct wasm_reader *r, const struct wasm_module *m)
{
	struct wasm_const c = { .kind = WASM_GLOBAL_GET };

	c.bits = wasm_index(r, m->imported_globals, "imported global");
	if (wasm_failed(r))
		return c;
	c.type = m->globals[c.bits].type;
	if (m->globals[c.bits].mutable)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "constant expression required, and global %u is mutable",
		    (uint32_t)c.bits);
	return c;
}

static struct wasm_const read_func(
    struct wasm_reader *r, const struct wasm_module *m)
{
	return (struct wasm_const){ .kind = WASM_REF_FUNC,
		.type = AZ_FUNCREF,
		.bits = wasm_index(r, wasm_func_total(m), "function") };
}

/* One instruction of a constant expression. */
static struct wasm_const read_const_insn(
    struct wasm_reader *r, const struct wasm_module *m, uint8_t op)
{
	switch (op) {
	case WASM_OP_I32_CONST:
		return (struct wasm_const){ .type = AZ_I32,
			.bits = (uint32_t)wasm_signed(r, 32) };
	case WASM_OP_I64_CONST:
		return (struct wasm_const){ .type = AZ_I64,
			.bits = (uint64_t)wasm_signed(r, 64) };
	case WASM_OP_F32_CONST:
		return read_float(r, AZ_F32);
	case WASM_OP_F64_CONST:
		return read_float(r, AZ_F64);
	case WASM_OP_GLOBAL_GET:
		return read_global(r, m);
	case WASM_OP_REF_NULL:
		return (struct wasm_const){ .kind = WASM_REF_NULL,
			.type = wasm_reftype(r) };
	case WASM_OP_REF_FUNC:
		return read_func(r, m);
	default:
		if (!wasm_failed(r))
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "constant expression required");
		return (struct wasm_const){ 0 };
	}
}

/* i32 and i64 add, sub, mul. */
static bool is_extended(uint8_t op)
{
	return (op >= 0x6a && op <= 0x6c) || (op >= 0x7c && op <= 0x7e);
}

struct wasm_const wasm_read_const(
    struct wasm_reader *r, const struct wasm_module *m, uint8_t want)
{
	struct wasm_const c = { 0 };
	uint32_t values = 0;
	uint8_t op;

	for (op = wasm_byte(r); op != WASM_OP_END && !wasm_failed(r);
	     values++) {
		if (values > 0 && is_extended(op) &&
		    (want == AZ_I32 || want == AZ_I64))
			wasm_refuse(r, WASM_EXTENDED_CONST);
		c = read_const_insn(r, m, op);
		op = wasm_byte(r);
	}
	if (!wasm_failed(r) && (values != 1 || c.type != want))
		wasm_fail(r, WASM_MALFORMED, NULL,
		    values == 1
			? "type mismatch in a constant expression"
			: "type mismatch: a constant expression of %u values",
		    values);
	return c;
}

static void read_items(struct wasm_reader *r, const struct wasm_module *m,
    struct wasm_elem *e, bool expressions)
{
	uint32_t n = wasm_count(r, UINT32_MAX, "elements");

	e->items = xcalloc(n, sizeof(*e->items));
	for (; e->count < n && !wasm_failed(r); e->count++)
		e->items[e->count] = expressions
					 ? wasm_read_const(r, m, e->type)
					 : read_func(r, m);
}

/* The type of the elements: written in all forms but those that mean
 * table 0. */
static uint8_t read_elem_type(struct wasm_reader *r, bool expressions)
{
	uint8_t kind;

	if (expressions)
		return wasm_reftype(r);
	kind = wasm_byte(r);
	if (kind != ELEM_FUNCS)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "element kind 0x%02x does not exist", kind);
	return AZ_FUNCREF;
}

static void read_elem(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_elem *e)
{
	/* Bit 0: not active; bit 1: declared, or names its table; bit 2: has
	 * expressions. */
	static const uint8_t modes[] = { AZ_ACTIVE, AZ_PASSIVE, AZ_ACTIVE,
		AZ_DECLARED };
	uint32_t flags = wasm_u32(r);
	bool expressions = (flags & 4) != 0;

	if (flags > 7) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "element segment flag %u does not exist", flags);
		return;
	}
	e->mode = (enum az_mode)modes[flags & 3];
	e->type = AZ_FUNCREF;
	if (e->mode == AZ_ACTIVE) {
		if ((flags & 2) != 0)
			e->table = wasm_u32(r);
		if (!wasm_failed(r) && e->table >= m->table_count)
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "table %u does not exist", e->table);
		e->dest = wasm_read_const(r, m, AZ_I32);
	}
	if ((flags & 3) != 0)
		e->type = read_elem_type(r, expressions);
	if (!wasm_failed(r) && e->mode == AZ_ACTIVE &&
	    m->tables[e->table].type != e->type)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "type mismatch: the elements are not of table %u's type",
		    e->table);
	read_items(r, m, e, expressions);
}

void wasm_read_elems(struct wasm_reader *r, struct wasm_module *m)
{
	uint32_t n = wasm_count(r, AZ_SEGMENTS_MAX, "element segments");

	m->elems = xcalloc(n, sizeof(*m->elems));
	while (m->elem_count < n && !wasm_failed(r))
		read_elem(r, m, &m->elems[m->elem_count++]);
}

static void read_data(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_data *d)
{
	uint32_t flags = wasm_u32(r), memory = 0;

	if (flags > 2) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "data segment flag %u does not exist", flags);
		return;
	}
	d->passive = flags == 1;
	if (!d->passive) {
		if (flags == 2)
			memory = wasm_u32(r);
		if (!wasm_failed(r) && memory >= m->memory_count)
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "memory %u does not exist", memory);
		d->dest = wasm_read_const(r, m, AZ_I32);
	}
	d->bytes = wasm_take(r, wasm_u32(r));
}

void wasm_read_datas(
    struct wasm_reader *r, struct wasm_module *m, uint32_t promised)
{
	uint32_t n = wasm_count(r, AZ_SEGMENTS_MAX, "data segments");

	if (promised != WASM_NO_DATA_COUNT && n != promised)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "%u data segments, and the data count says %u", n,
		    promised);
	m->datas = xcalloc(n, sizeof(*m->datas));
	m->data_count = 0;
	while (m->data_count < n && !wasm_failed(r))
		read_data(r, m, &m->datas[m->data_count++]);
}
