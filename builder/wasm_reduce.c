#include "wasm_reduce.h"

#include <stdio.h>

#include "abi/image.h"
#include "mem.h"
#include "wasm.h"

enum { FUNCREF = 0x70, FUNC_FORM = 0x60, OP_END = 0x0b };

static void put_byte(struct buf *out, uint8_t byte)
{
	buf_putc(out, (char)byte);
}

static void put_u32(struct buf *out, uint32_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(out, (uint8_t)(value | 0x80));
	put_byte(out, (uint8_t)value);
}

static void put_signed(struct buf *out, int64_t value)
{
	for (; value < -64 || value > 63; value >>= 7)
		put_byte(out, (uint8_t)(value | 0x80));
	put_byte(out, (uint8_t)(value & 0x7f));
}

static void put_section(struct buf *out, uint8_t id, struct buf *body)
{
	put_byte(out, id);
	put_u32(out, (uint32_t)body->len);
	buf_add(out, body->at, body->len);
	buf_fini(body);
}

static void put_types(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->type_count);
	for (uint32_t i = 0; i < m->type_count; i++) {
		const struct wasm_type *t = &m->types[i];

		put_byte(&b, FUNC_FORM);
		put_u32(&b, t->param_count);
		buf_add(&b, t->params, t->param_count);
		put_u32(&b, t->result_count);
		buf_add(&b, t->results, t->result_count);
	}
	put_section(out, 1, &b);
}

static void put_imports(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->import_count);
	for (uint32_t i = 0; i < m->import_count; i++) {
		char name[16];
		int len = snprintf(name, sizeof(name), "%u", i);

		put_u32(&b, 1);
		put_byte(&b, 'i');
		put_u32(&b, (uint32_t)len);
		buf_add(&b, name, (size_t)len);
		put_byte(&b, WASM_FUNC);
		put_u32(&b, m->imports[i].type);
	}
	put_section(out, 2, &b);
}

static void put_funcs(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->func_count);
	for (uint32_t i = 0; i < m->func_count; i++)
		put_u32(&b, m->funcs[i]);
	put_section(out, 3, &b);
}

static void put_limits(struct buf *out, struct wasm_limits l)
{
	put_byte(out, l.max != UINT32_MAX);
	put_u32(out, l.min);
	if (l.max != UINT32_MAX)
		put_u32(out, l.max);
}

static void put_tables(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->table_count);
	for (uint32_t i = 0; i < m->table_count; i++) {
		put_byte(&b, FUNCREF);
		put_limits(&b, m->tables[i]);
	}
	put_section(out, 4, &b);
}

static void put_memories(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->memory_count);
	for (uint32_t i = 0; i < m->memory_count; i++)
		put_limits(&b, m->memories[i]);
	put_section(out, 5, &b);
}

static void put_const(struct buf *out, struct wasm_const c)
{
	if (c.type == AZ_I32 || c.type == AZ_I64) {
		put_byte(out, c.type == AZ_I32 ? 0x41 : 0x42);
		put_signed(
		    out, c.type == AZ_I32 ? (int32_t)c.bits : (int64_t)c.bits);
	} else {
		put_byte(out, c.type == AZ_F32 ? 0x43 : 0x44);
		for (int i = 0; i < (c.type == AZ_F32 ? 4 : 8); i++)
			put_byte(out, (uint8_t)(c.bits >> (8 * i)));
	}
	put_byte(out, OP_END);
}

static void put_globals(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->global_count);
	for (uint32_t i = 0; i < m->global_count; i++) {
		put_byte(&b, m->globals[i].type);
		put_byte(&b, m->globals[i].mutable);
		put_const(&b, m->globals[i].init);
	}
	put_section(out, 6, &b);
}

static void put_code(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->func_count);
	for (uint32_t i = 0; i < m->func_count; i++) {
		put_u32(&b, (uint32_t)m->bodies[i].len);
		buf_add(&b, m->bodies[i].at, m->bodies[i].len);
	}
	put_section(out, 10, &b);
}

static void put_datas(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	put_u32(&b, m->data_count);
	for (uint32_t i = 0; i < m->data_count; i++) {
		put_byte(&b, AZ_PASSIVE);
		put_u32(&b, 1);
		put_byte(&b, 0);
	}
	put_section(out, 11, &b);
}

void wasm_reduce(struct buf *out, const struct wasm_module *m)
{
	struct buf count = { 0 };

	buf_add(out, "\0asm\1\0\0\0", 8);
	put_types(out, m);
	put_imports(out, m);
	put_funcs(out, m);
	put_tables(out, m);
	put_memories(out, m);
	put_globals(out, m);
	put_u32(&count, m->data_count);
	put_section(out, 12, &count);
	put_code(out, m);
	put_datas(out, m);
}
