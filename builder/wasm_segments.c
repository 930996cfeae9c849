/* Constants, and the segments that are placed by them. */
#include "wasm_read.h"

#include "abi/image.h"
#include "mem.h"

struct wasm_const wasm_read_const(struct wasm_reader *r, uint8_t want)
{
	struct wasm_const c = { 0 };
	struct wasm_bytes raw = { 0 };
	uint8_t op = wasm_byte(r);

	switch (op) {
	case 0x41:
		c.type = AZ_I32;
		c.bits = (uint32_t)wasm_signed(r, 32);
		break;
	case 0x42:
		c.type = AZ_I64;
		c.bits = (uint64_t)wasm_signed(r, 64);
		break;
	case 0x43:
	case 0x44:
		c.type = op == 0x43 ? AZ_F32 : AZ_F64;
		raw = wasm_take(r, op == 0x43 ? 4 : 8);
		for (size_t i = raw.len; i > 0; i--)
			c.bits = c.bits << 8 | raw.at[i - 1];
		break;
	case 0x23:
		/* Only imported ones may be named here, and none exists. */
		(void)wasm_index(r, 0, "imported global");
		break;
	case 0xd0:
	case 0xd2:
		wasm_refuse(r, WASM_REFERENCES);
		break;
	default:
		if (!wasm_failed(r))
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "constant expression required");
	}
	if (wasm_failed(r))
		return c;
	if (c.type != want)
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "a constant expression has the wrong type");
	else if (wasm_byte(r) != 0x0b)
		wasm_refuse(r, WASM_EXTENDED_CONST);
	return c;
}

/* One function reference of an element segment. */
static uint32_t read_func_item(
    struct wasm_reader *r, const struct wasm_module *m, bool expression)
{
	uint32_t func = UINT32_MAX;
	uint8_t op;

	if (!expression)
		return wasm_index(r, wasm_func_total(m), "function");
	op = wasm_byte(r);
	if (op == 0xd2)
		func = wasm_index(r, wasm_func_total(m), "function");
	else if (op != 0xd0)
		wasm_refuse(r, WASM_REFERENCES);
	else if (wasm_byte(r) != 0x70)
		wasm_refuse(r, WASM_REFERENCES);
	if (!wasm_failed(r) && wasm_byte(r) != 0x0b)
		wasm_refuse(r, WASM_EXTENDED_CONST);
	return func;
}

static void read_elem(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_elem *e)
{
	uint32_t flags = wasm_u32(r), n;
	bool expressions = (flags & 4) != 0;

	if (flags > 7) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "element segment flag %u does not exist", flags);
		return;
	}
	e->declarative = (flags & 3) == 3;
	e->passive = (flags & 3) == 1;
	if ((flags & 1) == 0) {
		if ((flags & 2) != 0)
			e->table = wasm_u32(r);
		if (e->table >= m->table_count)
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "table %u does not exist", e->table);
		e->dest = (uint32_t)wasm_read_const(r, AZ_I32).bits;
	}
	if ((flags & 3) != 0 && wasm_byte(r) != (expressions ? 0x70 : 0))
		wasm_refuse(r, WASM_REFERENCES);
	n = wasm_count(r, UINT32_MAX, "elements");
	e->funcs = xcalloc(n, sizeof(*e->funcs));
	for (; e->count < n && !wasm_failed(r); e->count++)
		e->funcs[e->count] = read_func_item(r, m, expressions);
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
	uint32_t flags = wasm_u32(r);

	if (flags > 2) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "data segment flag %u does not exist", flags);
		return;
	}
	d->passive = flags == 1;
	if (flags == 2 && wasm_u32(r) != 0)
		wasm_refuse(r, WASM_MULTI_MEMORY);
	if (!d->passive) {
		if (!wasm_failed(r) && m->memory_count == 0)
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "a data segment needs a memory");
		d->dest = (uint32_t)wasm_read_const(r, AZ_I32).bits;
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
