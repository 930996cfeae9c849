#include "wasm_reduce.h"

#include <stdio.h>

#include "abi/image.h"
#include "mem.h"
#include "wasm.h"
#include "wasm_write.h"

enum { FUNCREF = 0x70, OP_END = 0x0b };

static void put_types(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->type_count);
	for (uint32_t i = 0; i < m->type_count; i++)
		wasm_put_type(&b, &m->types[i]);
	wasm_put_section(out, WASM_SEC_TYPE, &b);
}

static void put_imports(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->import_count);
	for (uint32_t i = 0; i < m->import_count; i++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", i);
		wasm_put_name(&b, "i");
		wasm_put_name(&b, name);
		wasm_put_byte(&b, WASM_FUNC);
		wasm_put_u32(&b, m->imports[i].type);
	}
	wasm_put_section(out, WASM_SEC_IMPORT, &b);
}

static void put_funcs(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->func_count);
	for (uint32_t i = 0; i < m->func_count; i++)
		wasm_put_u32(&b, m->funcs[i]);
	wasm_put_section(out, WASM_SEC_FUNCTION, &b);
}

static void put_tables(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->table_count);
	for (uint32_t i = 0; i < m->table_count; i++) {
		wasm_put_byte(&b, FUNCREF);
		wasm_put_limits(&b, m->tables[i].limits);
	}
	wasm_put_section(out, WASM_SEC_TABLE, &b);
}

static void put_memories(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->memory_count);
	for (uint32_t i = 0; i < m->memory_count; i++)
		wasm_put_limits(&b, m->memories[i]);
	wasm_put_section(out, WASM_SEC_MEMORY, &b);
}

static void put_globals(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->global_count);
	for (uint32_t i = 0; i < m->global_count; i++) {
		wasm_put_byte(&b, m->globals[i].type);
		wasm_put_byte(&b, m->globals[i].mutable);
		wasm_put_literal(
		    &b, m->globals[i].init.type, m->globals[i].init.bits);
		wasm_put_byte(&b, OP_END);
	}
	wasm_put_section(out, WASM_SEC_GLOBAL, &b);
}

static void put_code(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->func_count);
	for (uint32_t i = 0; i < m->func_count; i++)
		wasm_put_bytes(&b, m->bodies[i]);
	wasm_put_section(out, WASM_SEC_CODE, &b);
}

static void put_datas(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->data_count);
	for (uint32_t i = 0; i < m->data_count; i++) {
		wasm_put_byte(&b, AZ_PASSIVE);
		wasm_put_u32(&b, 1);
		wasm_put_byte(&b, 0);
	}
	wasm_put_section(out, WASM_SEC_DATA, &b);
}

void wasm_reduce(struct buf *out, const struct wasm_module *m)
{
	struct buf count = { 0 };

	wasm_put_header(out);
	put_types(out, m);
	put_imports(out, m);
	put_funcs(out, m);
	put_tables(out, m);
	put_memories(out, m);
	put_globals(out, m);
	wasm_put_u32(&count, m->data_count);
	wasm_put_section(out, WASM_SEC_DATA_COUNT, &count);
	put_code(out, m);
	put_datas(out, m);
}
