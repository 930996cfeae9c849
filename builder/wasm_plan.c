#include "wasm_plan.h"

#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "mem.h"
#include "wasm.h"
#include "wasm_op.h"
#include "wasm_read.h"

static const struct wasm_helper helpers[] = {
#define AZ_X(sym, name, type, returns) { name, type },
	AZ_HELPERS(AZ_X)
#undef AZ_X
};

uint8_t wasm_lowered(uint8_t type)
{
	return type == AZ_FUNCREF || type == AZ_EXTERNREF ? AZ_I32 : type;
}

const struct wasm_helper *wasm_helper_of(uint32_t op)
{
	switch (op) {
	case WASM_OP_TABLE_GET:
		return &helpers[AZ_HELP_TABLE_GET];
	case WASM_OP_TABLE_SET:
		return &helpers[AZ_HELP_TABLE_SET];
	case WASM_OP_TABLE_INIT:
		return &helpers[AZ_HELP_TABLE_INIT];
	case WASM_OP_ELEM_DROP:
		return &helpers[AZ_HELP_ELEM_DROP];
	case WASM_OP_TABLE_COPY:
		return &helpers[AZ_HELP_TABLE_COPY];
	case WASM_OP_TABLE_GROW:
		return &helpers[AZ_HELP_TABLE_GROW];
	case WASM_OP_TABLE_SIZE:
		return &helpers[AZ_HELP_TABLE_SIZE];
	case WASM_OP_TABLE_FILL:
		return &helpers[AZ_HELP_TABLE_FILL];
	default:
		return NULL;
	}
}

uint32_t wasm_plan_func(const struct wasm_plan *p, const struct wasm_module *m,
    const struct wasm_helper *helper)
{
	uint32_t i = 0;

	while (p->helpers[i] != helper)
		i++;
	return wasm_func_total(m) + i;
}

uint32_t wasm_plan_result(
    const struct wasm_plan *p, uint32_t position, uint8_t type)
{
	return p->results[position][AZ_I32 - wasm_lowered(type)];
}

/* Functions in segments have the number of their first entry. */
static void number_segments(struct wasm_plan *p, const struct wasm_module *m)
{
	uint32_t entry = 0;

	for (uint32_t i = 0; i < m->elem_count; i++) {
		const struct wasm_elem *e = &m->elems[i];

		for (uint32_t n = 0; n < e->count; n++) {
			const struct wasm_const *item = &e->items[n];

			entry++;
			if (item->kind == WASM_REF_FUNC &&
			    p->refs[item->bits] == 0)
				p->refs[item->bits] = entry;
		}
	}
}

static void note_helper(struct wasm_plan *p, const struct wasm_helper *helper)
{
	for (uint32_t i = 0; i < p->helper_count; i++) {
		if (p->helpers[i] == helper)
			return;
	}
	p->helpers[p->helper_count++] = helper;
}

/* Note the helpers, the tables that grow and, in named, the functions that
 * are referred to. */
static void scan_body(struct wasm_plan *p, const struct wasm_module *m,
    struct wasm_bytes body, bool *named)
{
	struct wasm_error error = { 0 };
	struct wasm_reader r = { body.at, body.at, body.at + body.len, &error };
	struct wasm_insn insn;

	wasm_walk_locals(&r);
	while (r.at < r.end) {
		wasm_next(&r, m, &insn);
		if (wasm_helper_of(insn.op) != NULL)
			note_helper(p, wasm_helper_of(insn.op));
		if (insn.op == WASM_OP_TABLE_GROW)
			p->grows[insn.a] = true;
		if (insn.op == WASM_OP_REF_FUNC)
			named[insn.a] = true;
	}
}

/* Functions that are referred to, and in no segment, get entries. */
static void number_others(
    struct wasm_plan *p, const struct wasm_module *m, const bool *named)
{
	uint32_t next = 1;

	for (uint32_t i = 0; i < m->elem_count; i++)
		next += m->elems[i].count;
	p->entries = xcalloc(wasm_func_total(m), sizeof(*p->entries));
	for (uint32_t i = 0; i < wasm_func_total(m); i++) {
		if (!named[i] || p->refs[i] != 0)
			continue;
		p->refs[i] = next++;
		p->entries[p->entry_count++] = i;
	}
}

static void plan_references(struct wasm_plan *p, const struct wasm_module *m)
{
	bool *named = xcalloc(wasm_func_total(m), sizeof(*named));

	p->refs = xcalloc(wasm_func_total(m), sizeof(*p->refs));
	p->grows = xcalloc(m->table_count, sizeof(*p->grows));
	number_segments(p, m);
	for (uint32_t i = 0; i < m->func_count; i++)
		scan_body(p, m, m->bodies[i], named);
	for (uint32_t i = 0; i < m->global_count; i++) {
		if (m->globals[i].init.kind == WASM_REF_FUNC)
			named[m->globals[i].init.bits] = true;
	}
	number_others(p, m, named);
	free(named);
}

static void plan_results(struct wasm_plan *p, const struct wasm_module *m,
    const struct wasm_type *type)
{
	for (uint32_t i = 0; i < type->result_count; i++) {
		uint8_t lowered = wasm_lowered(type->results[i]);
		uint32_t *global = &p->results[i][AZ_I32 - lowered];

		if (*global != UINT32_MAX)
			continue;
		*global = m->global_count + p->global_count;
		p->globals[p->global_count++] = lowered;
	}
}

static void plan_types(struct wasm_plan *p, const struct wasm_module *m)
{
	memset(p->results, 0xff, sizeof(p->results));
	p->globals = xcalloc(AZ_RESULTS_MAX * WASM_LOWERED_TYPES, 1);
	p->blocks = xcalloc(m->type_count, sizeof(*p->blocks));
	for (uint32_t i = 0; i < m->type_count; i++) {
		p->blocks[i] = i;
		if (m->types[i].result_count <= WASM_NARROW)
			continue;
		p->blocks[i] = m->type_count + p->block_count;
		p->block_count += WASM_BLOCK_TYPES;
		plan_results(p, m, &m->types[i]);
	}
}

void wasm_plan_init(struct wasm_plan *p, const struct wasm_module *m)
{
	*p = (struct wasm_plan){ 0 };
	plan_references(p, m);
	plan_types(p, m);
}

void wasm_plan_fini(struct wasm_plan *p)
{
	free(p->refs);
	free(p->entries);
	free(p->blocks);
	free(p->globals);
	free(p->grows);
	*p = (struct wasm_plan){ 0 };
}
