#include "wasm_link.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wasm_link_impl.h"

int link_fail(struct link *l, enum link_fault fault, const struct link_part *p,
    uint32_t import, const char *fmt, ...)
{
	struct link_error *e = l->error;
	va_list args;

	e->fault = fault;
	e->member = p != NULL ? (size_t)(p - l->parts) : l->part_count - 1;
	e->import = import;
	va_start(args, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, args);
	va_end(args);
	return -1;
}

static uint32_t hash_bytes(uint32_t h, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 16777619u;
	return h;
}

static bool same_types(
    const uint8_t *a, uint32_t a_len, const uint8_t *b, uint32_t b_len)
{
	return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

uint32_t link_type(struct link *l, const struct wasm_type *t)
{
	uint32_t h = hash_bytes(2166136261u, t->params, t->param_count);
	uint32_t at;

	h = hash_bytes(h * 31, t->results, t->result_count);
	for (at = h & (l->type_slot_count - 1); l->type_slots[at] != 0;
	     at = (at + 1) & (l->type_slot_count - 1)) {
		const struct wasm_type *o = &l->types[l->type_slots[at] - 1];

		if (same_types(
			o->params, o->param_count, t->params, t->param_count) &&
		    same_types(o->results, o->result_count, t->results,
			t->result_count))
			return l->type_slots[at] - 1;
	}
	l->types[l->type_count] = *t;
	l->type_slots[at] = (uint32_t)++l->type_count;
	return (uint32_t)l->type_count - 1;
}

uint32_t link_make(struct link *l, char *name, const char *params,
    const char *results, struct buf *body)
{
	/* The types outlive the strings of the caller. */
	const struct wasm_type type = {
		.params = (uint8_t *)arena_strdup(l->arena, params),
		.results = (uint8_t *)arena_strdup(l->arena, results),
		.param_count = (uint32_t)strlen(params),
		.result_count = (uint32_t)strlen(results),
	};
	struct link_made *made;

	l->made =
	    arena_push(l->arena, l->made, &l->made_count, sizeof(*l->made));
	made = &l->made[l->made_count - 1];
	made->name = name;
	made->type = link_type(l, &type);
	made->body = *body;
	*body = (struct buf){ 0 };
	return (uint32_t)(l->host_count + l->func_count + l->made_count - 1);
}

static void *alloc(struct link *l, size_t count, size_t size)
{
	return arena_alloc(l->arena, count * size);
}

/* Room for all that the members define, and for what a region adds. */
static void make_spaces(struct link *l)
{
	size_t types = LINK_TYPES_MADE, funcs = 0, tables = 0, globals = 0;
	size_t memories = 0;

	for (size_t i = 0; i < l->part_count; i++) {
		const struct wasm_module *m = l->parts[i].m;

		types += m->type_count;
		funcs += m->func_count;
		tables += m->table_count - m->imported_tables;
		globals += m->global_count - m->imported_globals;
		memories += m->memory_count - m->imported_memories;
	}
	l->type_slot_count = 1;
	while (l->type_slot_count < 2 * types)
		l->type_slot_count *= 2;
	l->type_slots = alloc(l, l->type_slot_count, sizeof(*l->type_slots));
	l->types = alloc(l, types, sizeof(*l->types));
	l->funcs = alloc(l, funcs, sizeof(*l->funcs));
	l->tables = alloc(l, tables, sizeof(*l->tables));
	l->globals = alloc(l, globals + memories, sizeof(*l->globals));
	l->memories = alloc(l, memories, sizeof(*l->memories));
}

/* Which tables and memories there are, and where. */
static int lay_out(struct link *l)
{
	uint32_t tables = 0;

	for (size_t i = 0; i < l->part_count; i++)
		link_mark_used(l, &l->parts[i]);
	for (size_t i = 0; i < l->table_count; i++)
		if (l->tables[i].used)
			l->tables[i].index = tables++;
	l->declared = alloc(l, l->host_count + l->func_count, 1);
	l->inits = alloc(l, l->data_count, sizeof(*l->inits));
	return region_lay_out(l);
}

/* The reader's limits hold for the result too. Only an export that has the
 * name of an init makes it malformed. */
static int check_result(struct link *l, const struct buf *out, size_t from)
{
	struct wasm_error error;
	struct wasm_module *m =
	    wasm_parse((uint8_t *)out->at + from, out->len - from, &error);

	if (m == NULL)
		return link_fail(l, LINK_LIMIT, NULL, LINK_NONE,
		    "together they are %s: %s",
		    error.fault == WASM_MALFORMED ? "malformed"
						  : "outside profile 1",
		    error.text);
	wasm_free(m);
	return 0;
}

int wasm_link(struct buf *out, const struct link_member *members, size_t count,
    const struct link_options *options, struct link_error *error)
{
	struct link l = { .arena = arena_new(),
		.options = options,
		.error = error,
		.part_count = count };
	size_t from = out->len;
	int result;

	*error = (struct link_error){ .import = LINK_NONE };
	l.parts = alloc(&l, count, sizeof(*l.parts));
	for (size_t i = 0; i < count; i++) {
		l.parts[i].member = &members[i];
		l.parts[i].m = members[i].module;
		l.parts[i].label = members[i].label != NULL ? members[i].label
							    : members[i].name;
	}
	make_spaces(&l);
	result = link_resolve(&l);
	if (result == 0)
		result = lay_out(&l);
	if (result == 0) {
		link_assemble(&l, out);
		result = check_result(&l, out, from);
	}
	if (result != 0)
		out->len = from;
	for (size_t i = 0; i < l.made_count; i++)
		buf_fini(&l.made[i].body);
	arena_free(l.arena);
	return result;
}
