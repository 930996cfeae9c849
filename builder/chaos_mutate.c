#include "chaos_mutate.h"

#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/image.h"
#include "chaos_impl.h"
#include "wasm_op.h"
#include "wasm_write.h"

enum { NAME_FUNCTIONS = 1, NEW_TYPES = 4, NEW_GLOBALS = 4 };

const char *chaos_class_name(enum chaos_class class)
{
#define X(sym, text) text,
	static const char *const names[] = { CHAOS_CLASSES(X) };
#undef X

	return class < CHAOS_CLASS_COUNT ? names[class] : "none";
}

uint32_t chaos_func(const struct chaos *c, uint32_t func)
{
	return func < c->m->imported_funcs ? func : func + c->added;
}

uint32_t chaos_make(
    struct chaos *c, uint32_t type, struct wasm_bytes name, struct buf *body)
{
	struct chaos_made *made;

	c->made = arena_push(c->arena, c->made, &c->made_count, sizeof(*made));
	made = &c->made[c->made_count - 1];
	made->type = type;
	made->name = name;
	made->body = *body;
	*body = (struct buf){ 0 };
	return c->added + wasm_func_total(c->m) + (uint32_t)c->made_count - 1;
}

void chaos_op(struct buf *b, uint32_t op, uint32_t index)
{
	wasm_put_op(b, op);
	wasm_put_u32(b, index);
}

void chaos_number(struct buf *b, uint32_t value)
{
	wasm_put_literal(b, AZ_I32, value);
}

void chaos_test(const struct chaos *c, struct buf *b, uint32_t fault)
{
	chaos_op(b, WASM_OP_GLOBAL_GET, c->fault);
	chaos_number(b, fault);
	wasm_put_op(b, WASM_OP_I32_EQ);
}

void chaos_params(struct buf *b, const struct wasm_type *type)
{
	for (uint32_t i = 0; i < type->param_count; i++)
		chaos_op(b, WASM_OP_LOCAL_GET, i);
}

/* --- Sections -------------------------------------------------------------- */

static void put_types(struct chaos *c, struct buf *out)
{
	static const uint8_t i32s[] = { AZ_I32, AZ_I32, AZ_I32, AZ_I32 };
	static const struct wasm_type more[NEW_TYPES] = { { i32s, i32s, 0, 0 },
		{ i32s, i32s, 2, 1 }, { i32s, i32s, 4, 1 },
		{ i32s, i32s, 1, 1 } };
	struct buf b = { 0 };

	wasm_put_u32(&b, c->m->type_count + NEW_TYPES);
	for (uint32_t i = 0; i < c->m->type_count; i++)
		wasm_put_type(&b, &c->m->types[i]);
	for (uint32_t i = 0; i < NEW_TYPES; i++)
		wasm_put_type(&b, &more[i]);
	wasm_put_section(out, WASM_SEC_TYPE, &b);
}

/* The imported function of a name, or imported_funcs. */
static uint32_t find_import(const struct wasm_module *m, const char *name)
{
	uint32_t i = 0;

	for (; i < m->imported_funcs; i++) {
		const struct wasm_import *import =
		    &m->imports[m->func_imports[i]];

		if (wasm_is_text(import->module, AZ_WASI_MODULE) &&
		    wasm_is_text(import->name, name))
			break;
	}
	return i;
}

static uint32_t import_index(struct chaos *c, const char *name)
{
	uint32_t found = find_import(c->m, name);

	if (found == c->m->imported_funcs)
		found += c->added++;
	return found;
}

static void put_import(struct buf *b, const char *name, uint32_t type)
{
	wasm_put_name(b, AZ_WASI_MODULE);
	wasm_put_name(b, name);
	wasm_put_byte(b, WASM_FUNC);
	wasm_put_u32(b, type);
}

static void put_imports(const struct chaos *c, struct buf *out)
{
	const struct wasm_module *m = c->m;
	struct buf b = { 0 };

	wasm_put_u32(&b, m->import_count + c->added);
	for (uint32_t i = 0; i < m->import_count; i++) {
		wasm_put_bytes(&b, m->imports[i].module);
		wasm_put_bytes(&b, m->imports[i].name);
		wasm_put_byte(&b, WASM_FUNC);
		wasm_put_u32(&b, m->imports[i].type);
	}
	if (c->random >= m->imported_funcs)
		put_import(&b, "random_get", c->type_random);
	if (c->write >= m->imported_funcs)
		put_import(&b, "fd_write", c->type_write);
	wasm_put_section(out, WASM_SEC_IMPORT, &b);
}

static void put_funcs(const struct chaos *c, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, c->m->func_count + (uint32_t)c->made_count);
	for (uint32_t i = 0; i < c->m->func_count; i++)
		wasm_put_u32(&b, c->m->funcs[i]);
	for (size_t i = 0; i < c->made_count; i++)
		wasm_put_u32(&b, c->made[i].type);
	wasm_put_section(out, WASM_SEC_FUNCTION, &b);
}

static void put_tables(const struct wasm_module *m, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->table_count);
	for (uint32_t i = 0; i < m->table_count; i++) {
		wasm_put_byte(&b, m->tables[i].type);
		wasm_put_limits(&b, m->tables[i].limits);
	}
	wasm_put_section(out, WASM_SEC_TABLE, &b);
}

static void put_memory(const struct wasm_module *m, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, 1);
	wasm_put_limits(&b, m->memories[0]);
	wasm_put_section(out, WASM_SEC_MEMORY, &b);
}

static void put_const(
    const struct chaos *c, struct buf *b, const struct wasm_const *value)
{
	switch (value->kind) {
	case WASM_LITERAL:
		wasm_put_literal(b, value->type, value->bits);
		break;
	case WASM_REF_NULL:
		wasm_put_op(b, WASM_OP_REF_NULL);
		wasm_put_byte(b, value->type);
		break;
	case WASM_REF_FUNC:
		chaos_op(
		    b, WASM_OP_REF_FUNC, chaos_func(c, (uint32_t)value->bits));
		break;
	case WASM_GLOBAL_GET:
		chaos_op(b, WASM_OP_GLOBAL_GET, (uint32_t)value->bits);
	}
	wasm_put_op(b, WASM_OP_END);
}

static void put_globals(const struct chaos *c, struct buf *out)
{
	static const struct wasm_const zero = { WASM_LITERAL, AZ_I32, 0 };
	struct buf b = { 0 };

	wasm_put_u32(&b, c->m->global_count + NEW_GLOBALS);
	for (uint32_t i = 0; i < c->m->global_count; i++) {
		wasm_put_byte(&b, c->m->globals[i].type);
		wasm_put_byte(&b, c->m->globals[i].mutable);
		put_const(c, &b, &c->m->globals[i].init);
	}
	for (int i = 0; i < NEW_GLOBALS; i++) {
		wasm_put_byte(&b, AZ_I32);
		wasm_put_byte(&b, 1);
		put_const(c, &b, &zero);
	}
	wasm_put_section(out, WASM_SEC_GLOBAL, &b);
}

/* entries: of each export, what it is now. */
static void put_exports(
    const struct wasm_module *m, const uint32_t *entries, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, m->export_count);
	for (uint32_t i = 0; i < m->export_count; i++) {
		wasm_put_bytes(&b, m->exports[i].name);
		wasm_put_byte(&b, (uint8_t)m->exports[i].kind);
		wasm_put_u32(&b, entries[i]);
	}
	wasm_put_section(out, WASM_SEC_EXPORT, &b);
}

static void put_start(const struct chaos *c, struct buf *out)
{
	struct buf b = { 0 };

	if (c->m->start == UINT32_MAX)
		return;
	wasm_put_u32(&b, chaos_func(c, c->m->start));
	wasm_put_section(out, WASM_SEC_START, &b);
}

/* Every segment by its type and expressions: forms 5, 6 and 7. */
static void put_elems(const struct chaos *c, struct buf *out)
{
	static const uint8_t forms[] = {
		[AZ_PASSIVE] = 5, [AZ_ACTIVE] = 6, [AZ_DECLARED] = 7
	};
	struct buf b = { 0 };

	wasm_put_u32(&b, c->m->elem_count);
	for (uint32_t i = 0; i < c->m->elem_count; i++) {
		const struct wasm_elem *e = &c->m->elems[i];

		wasm_put_u32(&b, forms[e->mode]);
		if (e->mode == AZ_ACTIVE) {
			wasm_put_u32(&b, e->table);
			put_const(c, &b, &e->dest);
		}
		wasm_put_byte(&b, e->type);
		wasm_put_u32(&b, e->count);
		for (uint32_t n = 0; n < e->count; n++)
			put_const(c, &b, &e->items[n]);
	}
	wasm_put_section(out, WASM_SEC_ELEMENT, &b);
}

static void put_code(
    const struct chaos *c, struct buf *out, const struct buf *bodies)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, c->m->func_count + (uint32_t)c->made_count);
	buf_add(&b, bodies->at, bodies->len);
	for (size_t i = 0; i < c->made_count; i++)
		wasm_put_bytes(
		    &b, (struct wasm_bytes){ (uint8_t *)c->made[i].body.at,
			    c->made[i].body.len });
	wasm_put_section(out, WASM_SEC_CODE, &b);
}

static void put_datas(const struct chaos *c, struct buf *out)
{
	struct buf b = { 0 };

	wasm_put_u32(&b, c->m->data_count);
	for (uint32_t i = 0; i < c->m->data_count; i++) {
		const struct wasm_data *d = &c->m->datas[i];

		wasm_put_u32(&b, d->passive);
		if (!d->passive)
			put_const(c, &b, &d->dest);
		wasm_put_bytes(&b, d->bytes);
	}
	wasm_put_section(out, WASM_SEC_DATA, &b);
}

/* Traps name a function, and its twin alike. */
static void put_names(const struct chaos *c, struct buf *out)
{
	const struct wasm_module *m = c->m;
	struct buf b = { 0 }, names = { 0 };

	wasm_put_u32(&names, wasm_func_total(m) + (uint32_t)c->made_count);
	for (uint32_t i = 0; i < wasm_func_total(m); i++) {
		wasm_put_u32(&names, chaos_func(c, i));
		wasm_put_bytes(&names, m->func_names[i]);
	}
	for (uint32_t i = 0; i < c->made_count; i++) {
		wasm_put_u32(&names, c->added + wasm_func_total(m) + i);
		wasm_put_bytes(&names, c->made[i].name);
	}
	wasm_put_name(&b, "name");
	wasm_put_byte(&b, NAME_FUNCTIONS);
	wasm_put_bytes(
	    &b, (struct wasm_bytes){ (const uint8_t *)names.at, names.len });
	buf_fini(&names);
	wasm_put_section(out, WASM_SEC_CUSTOM, &b);
}

/* --- The module ------------------------------------------------------------ */

static void begin(struct chaos *c)
{
	const struct wasm_module *m = c->m;

	c->random = import_index(c, "random_get");
	c->write = import_index(c, "fd_write");
	c->type_none = m->type_count;
	c->type_random = m->type_count + 1;
	c->type_write = m->type_count + 2;
	c->type_eat = m->type_count + 3;
	c->fault = m->global_count;
	c->home = m->global_count + 1;
	c->left = m->global_count + 2;
	c->seed = m->global_count + 3;
	chaos_declare(c);
	c->wrapped =
	    arena_alloc(c->arena, (m->imported_funcs + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < m->imported_funcs; i++)
		c->wrapped[i] = chaos_wrap(c, i, true);
}

static void put_bodies(struct chaos *c, struct buf *out)
{
	struct buf body = { 0 };

	for (uint32_t i = 0; i < c->m->func_count; i++) {
		body.len = 0;
		chaos_body(c, &body, i);
		wasm_put_bytes(
		    out, (struct wasm_bytes){ (uint8_t *)body.at, body.len });
	}
	buf_fini(&body);
}

static uint32_t *wrap_exports(struct chaos *c)
{
	const struct wasm_module *m = c->m;
	uint32_t *entries =
	    arena_alloc(c->arena, (m->export_count + 1) * sizeof(*entries));

	for (uint32_t i = 0; i < m->export_count; i++) {
		uint32_t index = m->exports[i].index;

		entries[i] = index;
		if (m->exports[i].kind != WASM_FUNC)
			continue;
		entries[i] = index < m->imported_funcs
				 ? c->wrapped[index]
				 : chaos_wrap(c, index, false);
	}
	return entries;
}

static void put_module(struct chaos *c, struct buf *out)
{
	struct buf bodies = { 0 }, count = { 0 };
	const uint32_t *entries;

	begin(c);
	put_bodies(c, &bodies);
	entries = wrap_exports(c);
	chaos_finish_pick(c);
	wasm_put_header(out);
	put_types(c, out);
	put_imports(c, out);
	put_funcs(c, out);
	put_tables(c->m, out);
	put_memory(c->m, out);
	put_globals(c, out);
	put_exports(c->m, entries, out);
	put_start(c, out);
	put_elems(c, out);
	wasm_put_u32(&count, c->m->data_count);
	wasm_put_section(out, WASM_SEC_DATA_COUNT, &count);
	put_code(c, out, &bodies);
	put_datas(c, out);
	put_names(c, out);
	buf_fini(&bodies);
}

bool chaos_mutate(struct buf *out, struct chaos_places *places,
    const struct wasm_module *m, const struct chaos_options *options)
{
	struct chaos c = { .m = m, .options = options, .places = places };

	*places = (struct chaos_places){ 0 };
	/* What is not a function cannot be imported by a system's module. */
	if (m->memory_count == 0 || m->memories[0].min == 0 ||
	    m->import_count != m->imported_funcs)
		return false;
	c.arena = arena_new();
	put_module(&c, out);
	for (size_t i = 0; i < c.made_count; i++)
		buf_fini(&c.made[i].body);
	arena_free(c.arena);
	return true;
}
