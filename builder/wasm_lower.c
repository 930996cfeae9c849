#include "wasm_lower.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "wasm_op.h"
#include "wasm_plan.h"
#include "wasm_write.h"

/* Parameters, or results. */
static void lower_types(uint8_t *out, const uint8_t *types, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		out[i] = wasm_lowered(types[i]);
}

static void put_type(
    struct buf *out, const struct wasm_type *type, bool params, bool results)
{
	uint8_t lowered[AZ_PARAMS_MAX + AZ_RESULTS_MAX];
	const struct wasm_type t = { lowered, lowered + AZ_PARAMS_MAX,
		params ? type->param_count : 0,
		results ? type->result_count : 0 };

	lower_types(lowered, type->params, t.param_count);
	lower_types(lowered + AZ_PARAMS_MAX, type->results, t.result_count);
	wasm_put_type(out, &t);
}

/* The types of helpers have i32 only. */
static void put_helper_type(struct buf *out, const char *type)
{
	uint8_t types[AZ_PARAMS_MAX];
	size_t params = strcspn(type, ":");
	const struct wasm_type t = { types, types, (uint32_t)params,
		(uint32_t)strlen(type + params + 1) };

	memset(types, AZ_I32, sizeof(types));
	wasm_put_type(out, &t);
}

/* The module's own, the copies for blocks, the helpers'. */
static void put_types(
    struct buf *out, const struct wasm_module *m, const struct wasm_plan *p)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->type_count + p->block_count + p->helper_count);
	for (uint32_t i = 0; i < m->type_count; i++)
		put_type(&b, &m->types[i], true, p->blocks[i] == i);
	for (uint32_t i = 0; i < m->type_count; i++) {
		if (p->blocks[i] == i)
			continue;
		put_type(&b, &m->types[i], true, true);
		put_type(&b, &m->types[i], false, true);
	}
	for (uint32_t i = 0; i < p->helper_count; i++)
		put_helper_type(&b, p->helpers[i]->type);
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

static void put_funcs(
    struct buf *out, const struct wasm_module *m, const struct wasm_plan *p)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->func_count + p->helper_count);
	for (uint32_t i = 0; i < m->func_count; i++)
		wasm_put_u32(&b, m->funcs[i]);
	for (uint32_t i = 0; i < p->helper_count; i++)
		wasm_put_u32(&b, m->type_count + p->block_count + i);
	wasm_put_section(out, WASM_SEC_FUNCTION, &b);
}

static void put_tables(struct buf *out, const struct wasm_module *m)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->table_count);
	for (uint32_t i = 0; i < m->table_count; i++) {
		wasm_put_byte(&b, AZ_FUNCREF);
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

/* Initial values are in the image: here all are 0. */
static void put_globals(
    struct buf *out, const struct wasm_module *m, const struct wasm_plan *p)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->global_count + p->global_count);
	for (uint32_t i = 0; i < m->global_count + p->global_count; i++) {
		bool own = i < m->global_count;
		uint8_t type = own ? wasm_lowered(m->globals[i].type)
				   : p->globals[i - m->global_count];

		wasm_put_byte(&b, type);
		wasm_put_byte(&b, !own || m->globals[i].mutable);
		wasm_put_literal(&b, type, 0);
		wasm_put_byte(&b, WASM_OP_END);
	}
	wasm_put_section(out, WASM_SEC_GLOBAL, &b);
}

static void put_code(
    struct buf *out, const struct wasm_module *m, const struct wasm_plan *p)
{
	static const uint8_t nothing[] = { 0, WASM_OP_UNREACHABLE,
		WASM_OP_END };
	struct buf b = { 0 }, body = { 0 };

	wasm_put_u32(&b, m->func_count + p->helper_count);
	for (uint32_t i = 0; i < m->func_count; i++) {
		wasm_lower_body(&body, m, p, i);
		wasm_put_bytes(&b,
		    (struct wasm_bytes){ (const uint8_t *)body.at, body.len });
		body.len = 0;
	}
	for (uint32_t i = 0; i < p->helper_count; i++)
		wasm_put_bytes(
		    &b, (struct wasm_bytes){ nothing, sizeof(nothing) });
	buf_fini(&body);
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

void wasm_lower(
    struct buf *out, const struct wasm_module *m, const struct wasm_plan *p)
{
	struct buf count = { 0 };

	wasm_put_header(out);
	put_types(out, m, p);
	put_imports(out, m);
	put_funcs(out, m, p);
	put_tables(out, m);
	put_memories(out, m);
	put_globals(out, m, p);
	wasm_put_u32(&count, m->data_count);
	wasm_put_section(out, WASM_SEC_DATA_COUNT, &count);
	put_code(out, m, p);
	put_datas(out, m);
}
