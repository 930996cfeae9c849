/* Bodies of functions, in the indices of a link's result. */
#include "abi/image.h"
#include "wasm_link_impl.h"
#include "wasm_op.h"
#include "wasm_read.h"
#include "wasm_write.h"

static bool uses_memory(uint32_t op)
{
	return (op >= WASM_OP_I32_LOAD && op <= WASM_OP_MEMORY_GROW) ||
	       op == WASM_OP_MEMORY_INIT || op == WASM_OP_MEMORY_COPY ||
	       op == WASM_OP_MEMORY_FILL;
}

/* --- What a member uses ---------------------------------------------------- */

static void use_table(struct link *l, const struct link_part *p, uint32_t table)
{
	l->tables[p->tables[table]].used = true;
}

static void use_memory(struct link *l, const struct link_part *p)
{
	if (p->memory != LINK_NONE)
		l->memories[p->memory].used = true;
}

static void mark_insn(
    struct link *l, const struct link_part *p, const struct wasm_insn *insn)
{
	switch (insn->op) {
	case WASM_OP_CALL_INDIRECT:
	case WASM_OP_TABLE_INIT:
		use_table(l, p, insn->b);
		break;
	case WASM_OP_TABLE_COPY:
		use_table(l, p, insn->b);
		use_table(l, p, insn->a);
		break;
	case WASM_OP_TABLE_GET:
	case WASM_OP_TABLE_SET:
	case WASM_OP_TABLE_GROW ... WASM_OP_TABLE_FILL:
		use_table(l, p, insn->a);
		break;
	default:
		if (uses_memory(insn->op))
			use_memory(l, p);
	}
}

static void mark_body(
    struct link *l, const struct link_part *p, struct wasm_bytes body)
{
	struct wasm_error error = { 0 };
	struct wasm_reader r = { body.at, body.at, body.at + body.len, &error };
	struct wasm_insn insn;

	wasm_walk_locals(&r);
	while (r.at < r.end) {
		wasm_next(&r, p->m, &insn);
		mark_insn(l, p, &insn);
	}
}

/* What it looks at before it starts; see wasm_assemble.c. */
static void mark_grown(struct link *l, const struct link_part *p)
{
	for (uint32_t i = 0; i < p->m->imported_tables; i++)
		use_table(l, p, i);
	if (p->m->imported_memories > 0)
		use_memory(l, p);
}

static void mark_exports(struct link *l, const struct link_part *p)
{
	for (uint32_t i = 0; i < p->m->export_count; i++) {
		const struct wasm_export *e = &p->m->exports[i];

		if (e->kind == WASM_TABLE)
			use_table(l, p, e->index);
		else if (e->kind == WASM_MEMORY)
			use_memory(l, p);
	}
}

void link_mark_used(struct link *l, const struct link_part *p)
{
	const struct wasm_module *m = p->m;
	uint32_t i;

	for (i = 0; i < m->func_count; i++)
		mark_body(l, p, m->bodies[i]);
	for (i = 0; i < m->elem_count; i++)
		if (m->elems[i].mode == AZ_ACTIVE)
			use_table(l, p, m->elems[i].table);
	for (i = 0; i < m->data_count; i++)
		if (!m->datas[i].passive)
			use_memory(l, p);
	if (p->calls_host)
		use_memory(l, p);
	if (p->member->grown)
		mark_grown(l, p);
	if (p == &l->parts[l->part_count - 1])
		mark_exports(l, p);
}

/* --- Bodies ---------------------------------------------------------------- */

static void put_indexed(
    struct buf *out, const struct wasm_insn *insn, uint32_t index)
{
	wasm_put_op(out, insn->op);
	wasm_put_u32(out, index);
}

static uint32_t table_index(
    const struct link *l, const struct link_part *p, uint32_t table)
{
	return l->tables[p->tables[table]].index;
}

static void put_reference(struct link *l, const struct link_part *p,
    struct buf *out, const struct wasm_insn *insn)
{
	uint32_t func = p->funcs[insn->a];

	l->declared[func] = 1;
	put_indexed(out, insn, func);
}

/* The reader leaves the indices of globals to validation. */
static uint32_t global_index(const struct link_part *p, uint32_t global)
{
	return global < p->m->global_count ? p->globals[global] : LINK_NONE;
}

static void put_insn(struct link *l, const struct link_part *p, struct buf *out,
    const struct wasm_insn *insn, const uint8_t *end)
{
	switch (insn->op) {
	case WASM_OP_BLOCK ... WASM_OP_IF:
		if (insn->a == UINT32_MAX)
			break;
		wasm_put_op(out, insn->op);
		wasm_put_signed(out, p->types[insn->a]);
		return;
	case WASM_OP_CALL:
		put_indexed(out, insn, p->funcs[insn->a]);
		return;
	case WASM_OP_CALL_INDIRECT:
		put_indexed(out, insn, p->types[insn->a]);
		wasm_put_u32(out, table_index(l, p, insn->b));
		return;
	case WASM_OP_GLOBAL_GET:
	case WASM_OP_GLOBAL_SET:
		put_indexed(out, insn, global_index(p, insn->a));
		return;
	case WASM_OP_REF_FUNC:
		put_reference(l, p, out, insn);
		return;
	case WASM_OP_DATA_DROP:
		put_indexed(out, insn, p->first_data + insn->a);
		return;
	case WASM_OP_ELEM_DROP:
		put_indexed(out, insn, p->first_elem + insn->a);
		return;
	case WASM_OP_TABLE_INIT:
		put_indexed(out, insn, p->first_elem + insn->a);
		wasm_put_u32(out, table_index(l, p, insn->b));
		return;
	case WASM_OP_TABLE_COPY:
		put_indexed(out, insn, table_index(l, p, insn->a));
		wasm_put_u32(out, table_index(l, p, insn->b));
		return;
	case WASM_OP_TABLE_GET:
	case WASM_OP_TABLE_SET:
	case WASM_OP_TABLE_GROW ... WASM_OP_TABLE_FILL:
		put_indexed(out, insn, table_index(l, p, insn->a));
		return;
	default:
		if (uses_memory(insn->op)) {
			region_put(l, p, out, insn, end);
			return;
		}
	}
	buf_add(out, insn->at, (size_t)(end - insn->at));
}

void link_rewrite(struct link *l, const struct link_part *p, struct buf *out,
    struct wasm_bytes body)
{
	struct wasm_error error = { 0 };
	struct wasm_reader r = { body.at, body.at, body.at + body.len, &error };
	struct wasm_insn insn;

	wasm_walk_locals(&r);
	buf_add(out, body.at, (size_t)(r.at - body.at));
	while (r.at < r.end) {
		wasm_next(&r, p->m, &insn);
		put_insn(l, p, out, &insn, r.at);
	}
}
