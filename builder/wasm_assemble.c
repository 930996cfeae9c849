/* The sections of a link's result. */
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "wasm_link_impl.h"
#include "wasm_op.h"
#include "wasm_read.h"
#include "wasm_write.h"

enum {
	ELEM_PASSIVE = 5,
	ELEM_ACTIVE = 6,
	ELEM_DECLARED = 7,
	DATA_ACTIVE = 0,
	DATA_PASSIVE = 1,
	NAME_FUNCTIONS = 1,
};

/* A group of one is as it was: its segments are active. */
static bool has_inits(const struct link *l)
{
	return l->part_count > 1 || l->options->export_inits;
}

static void put(struct buf *b, uint32_t op, uint32_t index)
{
	wasm_put_op(b, op);
	wasm_put_u32(b, index);
}

static void put_number(struct buf *b, uint32_t value)
{
	wasm_put_literal(b, AZ_I32, value);
}

/* --- Instantiation as code ------------------------------------------------- */

/* Whether the size on the stack is less than an import wants. */
static void put_least(struct buf *b, uint32_t least)
{
	put_number(b, least);
	wasm_put_op(b, WASM_OP_I32_LT_U);
	wasm_put_op(b, WASM_OP_IF);
	wasm_put_byte(b, WASM_BLOCK_EMPTY);
	wasm_put_op(b, WASM_OP_UNREACHABLE);
	wasm_put_op(b, WASM_OP_END);
}

static void put_grown(struct link *l, const struct link_part *p, struct buf *b)
{
	static const uint8_t size[] = { WASM_OP_MEMORY_SIZE, 0 };
	const struct wasm_insn insn = { .at = size, .op = WASM_OP_MEMORY_SIZE };

	for (uint32_t i = 0; i < p->m->imported_tables; i++) {
		put(b, WASM_OP_TABLE_SIZE, l->tables[p->tables[i]].index);
		put_least(b, p->m->tables[i].limits.min);
	}
	if (p->m->imported_memories > 0) {
		region_put(l, p, b, &insn, size + sizeof(size));
		put_least(b, p->m->memories[0].min);
	}
}

static void put_segments(
    struct link *l, const struct link_part *p, struct buf *b)
{
	const struct wasm_module *m = p->m;

	for (uint32_t i = 0; i < m->elem_count; i++) {
		const struct wasm_elem *e = &m->elems[i];

		if (e->mode != AZ_ACTIVE)
			continue;
		put_number(b, (uint32_t)link_const(l, p, e->dest).bits);
		put_number(b, 0);
		put_number(b, e->count);
		put(b, WASM_OP_TABLE_INIT, p->first_elem + i);
		wasm_put_u32(b, l->tables[p->tables[e->table]].index);
		put(b, WASM_OP_ELEM_DROP, p->first_elem + i);
	}
	for (uint32_t i = 0; i < m->data_count; i++) {
		const struct wasm_data *d = &m->datas[i];

		if (d->passive)
			continue;
		put_number(b, (uint32_t)link_const(l, p, d->dest).bits);
		put_number(b, 0);
		put_number(b, (uint32_t)d->bytes.len);
		region_put_init(l, p, b, p->first_data + i);
		put(b, WASM_OP_DATA_DROP, p->first_data + i);
	}
}

/* A function without parameters, results and locals, of some instructions;
 * LINK_NONE when there are none and that is no reason for one. */
static uint32_t make_plain(
    struct link *l, char *name, struct buf *code, bool even_empty)
{
	struct buf body = { 0 };

	if (code->len == 0 && !even_empty)
		return LINK_NONE;
	wasm_put_u32(&body, 0);
	buf_add(&body, code->at, code->len);
	wasm_put_op(&body, WASM_OP_END);
	buf_fini(code);
	return link_make(l, name, "", "", &body);
}

static uint32_t make_init(struct link *l, const struct link_part *p)
{
	struct buf code = { 0 };

	if (p->member->grown)
		put_grown(l, p, &code);
	put_segments(l, p, &code);
	if (p->m->start != UINT32_MAX)
		put(&code, WASM_OP_CALL, p->funcs[p->m->start]);
	return make_plain(l,
	    arena_printf(l->arena, "init %s", p->label ? p->label : "main"),
	    &code, l->options->export_inits);
}

/* Make the inits and what calls them. Returns the start function. */
static uint32_t make_start(struct link *l, uint32_t *inits)
{
	const struct link_part *one = &l->parts[0];
	struct buf code = { 0 };

	if (!has_inits(l))
		return one->m->start != UINT32_MAX ? one->funcs[one->m->start]
						   : LINK_NONE;
	for (size_t i = 0; i < l->part_count; i++) {
		inits[i] = make_init(l, &l->parts[i]);
		if (inits[i] != LINK_NONE && !l->options->export_inits)
			put(&code, WASM_OP_CALL, inits[i]);
	}
	return make_plain(l, arena_strdup(l->arena, "init"), &code, false);
}

/* --- Code ------------------------------------------------------------------ */

static void put_bodies(struct link *l, struct buf *out)
{
	struct buf body = { 0 };

	for (size_t i = 0; i < l->part_count; i++) {
		const struct link_part *p = &l->parts[i];

		for (uint32_t n = 0; n < p->m->func_count; n++) {
			body.len = 0;
			link_rewrite(l, p, &body, p->m->bodies[n]);
			wasm_put_bytes(out, (struct wasm_bytes){
						(uint8_t *)body.at, body.len });
		}
	}
	buf_fini(&body);
}

static void put_code(const struct link *l, struct buf *out, struct buf *bodies)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, (uint32_t)(l->func_count + l->made_count));
	buf_add(&b, bodies->at, bodies->len);
	buf_fini(bodies);
	for (size_t i = 0; i < l->made_count; i++) {
		const struct buf *body = &l->made[i].body;

		wasm_put_bytes(
		    &b, (struct wasm_bytes){ (uint8_t *)body->at, body->len });
	}
	wasm_put_section(out, WASM_SEC_CODE, &b);
}

/* --- Sections in front of it ----------------------------------------------- */

static void put_types(const struct link *l, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, (uint32_t)l->type_count);
	for (size_t i = 0; i < l->type_count; i++)
		wasm_put_type(&b, &l->types[i]);
	wasm_put_section(out, WASM_SEC_TYPE, &b);
}

static void put_imports(const struct link *l, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, (uint32_t)l->host_count);
	for (size_t i = 0; i < l->host_count; i++) {
		wasm_put_bytes(&b, l->hosts[i].module);
		wasm_put_bytes(&b, l->hosts[i].name);
		wasm_put_byte(&b, WASM_FUNC);
		wasm_put_u32(&b, l->hosts[i].type);
	}
	wasm_put_section(out, WASM_SEC_IMPORT, &b);
}

static void put_funcs(const struct link *l, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, (uint32_t)(l->func_count + l->made_count));
	for (size_t i = 0; i < l->func_count; i++)
		wasm_put_u32(&b, l->funcs[i]);
	for (size_t i = 0; i < l->made_count; i++)
		wasm_put_u32(&b, l->made[i].type);
	wasm_put_section(out, WASM_SEC_FUNCTION, &b);
}

static void put_tables(const struct link *l, struct buf *out)
{
	struct buf b = { 0 };
	uint32_t count = 0;

	for (size_t i = 0; i < l->table_count; i++)
		count += l->tables[i].used;
	wasm_put_u32(&b, count);
	for (size_t i = 0; i < l->table_count; i++) {
		if (!l->tables[i].used)
			continue;
		wasm_put_byte(&b, l->tables[i].type.type);
		wasm_put_limits(&b, l->tables[i].type.limits);
	}
	wasm_put_section(out, WASM_SEC_TABLE, &b);
}

static void put_memory(const struct link *l, struct buf *out)
{
	struct wasm_limits limits;
	struct buf b = { 0 };

	if (!region_limits(l, &limits))
		return;
	wasm_put_u32(&b, 1);
	wasm_put_limits(&b, limits);
	wasm_put_section(out, WASM_SEC_MEMORY, &b);
}

static void put_expression(struct buf *b, struct wasm_const c)
{
	if (c.kind == WASM_REF_NULL) {
		wasm_put_op(b, WASM_OP_REF_NULL);
		wasm_put_byte(b, c.type);
	} else if (c.kind == WASM_REF_FUNC) {
		put(b, WASM_OP_REF_FUNC, (uint32_t)c.bits);
	} else {
		wasm_put_literal(b, c.type, c.bits);
	}
	wasm_put_op(b, WASM_OP_END);
}

static void put_globals(const struct link *l, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, (uint32_t)l->global_count);
	for (size_t i = 0; i < l->global_count; i++) {
		wasm_put_byte(&b, l->globals[i].type);
		wasm_put_byte(&b, l->globals[i].mutable);
		put_expression(&b, l->globals[i].init);
	}
	wasm_put_section(out, WASM_SEC_GLOBAL, &b);
}

/* --- Exports --------------------------------------------------------------- */

/* The result's index of something a member exports; LINK_NONE: it is not in
 * the result. */
static uint32_t exported_index(const struct link *l, const struct link_part *p,
    const struct wasm_export *e)
{
	const struct link_table *t;

	switch (e->kind) {
	case WASM_FUNC:
		return p->funcs[e->index];
	case WASM_GLOBAL:
		return p->globals[e->index];
	case WASM_TABLE:
		t = &l->tables[p->tables[e->index]];
		return t->used ? t->index : LINK_NONE;
	default:
		return region_is_first(l, p->memory) ? 0 : LINK_NONE;
	}
}

/* Returns how many it put. prefix: NULL for none. */
static uint32_t put_exports_of(const struct link *l, const struct link_part *p,
    const char *prefix, struct buf *b)
{
	uint32_t count = 0, index;
	struct buf name = { 0 };

	for (uint32_t i = 0; i < p->m->export_count; i++) {
		const struct wasm_export *e = &p->m->exports[i];

		index = exported_index(l, p, e);
		if (index == LINK_NONE)
			continue;
		name.len = 0;
		if (prefix != NULL)
			buf_printf(&name, "%s.", prefix);
		buf_add(&name, e->name.at, e->name.len);
		wasm_put_bytes(
		    b, (struct wasm_bytes){ (uint8_t *)name.at, name.len });
		wasm_put_byte(b, (uint8_t)e->kind);
		wasm_put_u32(b, index);
		count++;
	}
	buf_fini(&name);
	return count;
}

static uint32_t put_inits(
    const struct link *l, const uint32_t *inits, struct buf *b)
{
	for (size_t i = 0; i < l->part_count; i++) {
		const char *label = l->parts[i].label;
		char *name = xasprintf("init %s", label ? label : "main");

		wasm_put_name(b, name);
		wasm_put_byte(b, WASM_FUNC);
		wasm_put_u32(b, inits[i]);
		free(name);
	}
	return (uint32_t)l->part_count;
}

static void put_exports(
    const struct link *l, struct buf *out, const uint32_t *inits)
{
	const struct link_part *last = &l->parts[l->part_count - 1];
	struct buf items = { 0 }, b = { 0 };
	uint32_t count = 0;

	for (const struct link_part *p = l->parts; p <= last; p++) {
		if (l->options->export_all && p->label != NULL)
			count += put_exports_of(l, p, p->label, &items);
		else if (p == last)
			count += put_exports_of(l, p, NULL, &items);
	}
	if (l->options->export_inits)
		count += put_inits(l, inits, &items);
	wasm_put_u32(&b, count);
	buf_add(&b, items.at, items.len);
	buf_fini(&items);
	wasm_put_section(out, WASM_SEC_EXPORT, &b);
}

/* --- Segments -------------------------------------------------------------- */

static void put_elem(const struct link *l, const struct link_part *p,
    struct buf *b, const struct wasm_elem *e)
{
	if (e->mode == AZ_ACTIVE && !has_inits(l)) {
		wasm_put_u32(b, ELEM_ACTIVE);
		wasm_put_u32(b, l->tables[p->tables[e->table]].index);
		put_expression(b, e->dest);
	} else {
		wasm_put_u32(
		    b, e->mode == AZ_DECLARED ? ELEM_DECLARED : ELEM_PASSIVE);
	}
	wasm_put_byte(b, e->type);
	wasm_put_u32(b, e->count);
	for (uint32_t i = 0; i < e->count; i++)
		put_expression(b, link_const(l, p, e->items[i]));
}

/* What code takes references to must be declared, and the exports that did
 * so for a member may be gone. Returns how many segments it put. */
static uint32_t put_declared(const struct link *l, struct buf *b)
{
	size_t total = l->host_count + l->func_count;
	uint32_t count = 0;

	for (size_t i = 0; i < total; i++)
		count += l->declared[i];
	if (count == 0)
		return 0;
	wasm_put_u32(b, ELEM_DECLARED);
	wasm_put_byte(b, AZ_FUNCREF);
	wasm_put_u32(b, count);
	for (size_t i = 0; i < total; i++)
		if (l->declared[i] != 0)
			put_expression(b, (struct wasm_const){
					      WASM_REF_FUNC, AZ_FUNCREF, i });
	return 1;
}

static void put_elems(const struct link *l, struct buf *out)
{
	struct buf items = { 0 }, b = { 0 };
	uint32_t count = l->elem_count;

	for (size_t i = 0; i < l->part_count; i++) {
		const struct link_part *p = &l->parts[i];

		for (uint32_t n = 0; n < p->m->elem_count; n++)
			put_elem(l, p, &items, &p->m->elems[n]);
	}
	count += put_declared(l, &items);
	wasm_put_u32(&b, count);
	buf_add(&b, items.at, items.len);
	buf_fini(&items);
	wasm_put_section(out, WASM_SEC_ELEMENT, &b);
}

static void put_datas(const struct link *l, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, l->data_count);
	for (size_t i = 0; i < l->part_count; i++) {
		const struct wasm_module *m = l->parts[i].m;

		for (uint32_t n = 0; n < m->data_count; n++) {
			const struct wasm_data *d = &m->datas[n];

			if (d->passive || has_inits(l)) {
				wasm_put_u32(&b, DATA_PASSIVE);
			} else {
				wasm_put_u32(&b, DATA_ACTIVE);
				put_expression(&b, d->dest);
			}
			wasm_put_bytes(&b, d->bytes);
		}
	}
	wasm_put_section(out, WASM_SEC_DATA, &b);
}

/* --- Names ----------------------------------------------------------------- */

static uint32_t put_names_of(const struct link_part *p, struct buf *b)
{
	const struct wasm_bytes *names = p->m->func_names;
	struct buf name = { 0 };
	uint32_t count = 0;

	for (uint32_t i = p->m->imported_funcs; i < wasm_func_total(p->m);
	     i++) {
		if (names[i].len == 0)
			continue;
		name.len = 0;
		if (p->label != NULL)
			buf_printf(&name, "%s.", p->label);
		buf_add(&name, names[i].at, names[i].len);
		wasm_put_u32(b, p->funcs[i]);
		wasm_put_bytes(
		    b, (struct wasm_bytes){ (uint8_t *)name.at, name.len });
		count++;
	}
	buf_fini(&name);
	return count;
}

static void put_names(const struct link *l, struct buf *out)
{
	struct buf items = { 0 }, map = { 0 }, b = { 0 };
	uint32_t count = 0;

	for (size_t i = 0; i < l->part_count; i++)
		count += put_names_of(&l->parts[i], &items);
	for (size_t i = 0; i < l->made_count; i++) {
		wasm_put_u32(
		    &items, (uint32_t)(l->host_count + l->func_count + i));
		wasm_put_name(&items, l->made[i].name);
	}
	wasm_put_u32(&map, count + (uint32_t)l->made_count);
	buf_add(&map, items.at, items.len);
	buf_fini(&items);
	wasm_put_name(&b, "name");
	wasm_put_byte(&b, NAME_FUNCTIONS);
	wasm_put_bytes(&b, (struct wasm_bytes){ (uint8_t *)map.at, map.len });
	buf_fini(&map);
	wasm_put_section(out, WASM_SEC_CUSTOM, &b);
}

/* A section of one number. */
static void put_single(struct buf *out, enum wasm_section id, uint32_t value)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, value);
	wasm_put_section(out, id, &b);
}

void link_assemble(struct link *l, struct buf *out)
{
	uint32_t *inits = arena_alloc(l->arena, l->part_count * sizeof(*inits));
	struct buf bodies = { 0 };
	uint32_t start;

	/* These add functions, and with them types. */
	put_bodies(l, &bodies);
	start = make_start(l, inits);

	wasm_put_header(out);
	put_types(l, out);
	put_imports(l, out);
	put_funcs(l, out);
	put_tables(l, out);
	put_memory(l, out);
	put_globals(l, out);
	put_exports(l, out, inits);
	if (start != LINK_NONE)
		put_single(out, WASM_SEC_START, start);
	put_elems(l, out);
	put_single(out, WASM_SEC_DATA_COUNT, l->data_count);
	put_code(l, out, &bodies);
	put_datas(l, out);
	put_names(l, out);
}
