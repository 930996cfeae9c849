/* What each index of each member is in the result of a link. */
#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "wasm_link_impl.h"

enum { NAME_SHOWN = 64 };

static bool same_bytes(struct wasm_bytes a, struct wasm_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* --- Types in words ------------------------------------------------------ */

static const char *valtype_name(uint8_t type)
{
	switch (type) {
	case AZ_I32:
		return "i32";
	case AZ_I64:
		return "i64";
	case AZ_F32:
		return "f32";
	case AZ_F64:
		return "f64";
	case AZ_FUNCREF:
		return "funcref";
	default:
		return "externref";
	}
}

static void put_valtypes(struct buf *b, const uint8_t *types, uint32_t count)
{
	buf_putc(b, '(');
	for (uint32_t i = 0; i < count; i++)
		buf_printf(b, "%s%s", i > 0 ? " " : "", valtype_name(types[i]));
	buf_putc(b, ')');
}

static char *func_words(const struct wasm_type *t)
{
	struct buf b = { 0 };

	buf_puts(&b, "a function ");
	put_valtypes(&b, t->params, t->param_count);
	buf_puts(&b, " -> ");
	put_valtypes(&b, t->results, t->result_count);
	return buf_take(&b);
}

static char *limits_words(
    const char *what, struct wasm_limits l, const char *unit)
{
	if (l.max == UINT32_MAX)
		return xasprintf("%s of %u or more %s", what, l.min, unit);
	return xasprintf("%s of %u to %u %s", what, l.min, l.max, unit);
}

static char *table_words(const struct wasm_table *t)
{
	char *what = xasprintf("a table of %s", valtype_name(t->type));
	char *words = limits_words(what, t->limits, "entries");

	free(what);
	return words;
}

static char *global_words(uint8_t type, bool mutable)
{
	return xasprintf("a %s global of %s", mutable ? "mutable" : "constant",
	    valtype_name(type));
}

/* --- Imports --------------------------------------------------------------- */

/* An import, and where it comes from. */
struct wish {
	struct link *l;
	struct link_part *p;
	const struct wasm_import *import;
	uint32_t number;
	const struct link_part *from;
	const struct wasm_export *there;
};

/* "module.name", cut when it is long; to be freed. */
static char *import_name(const struct wasm_import *i)
{
	struct wasm_bytes m = i->module, n = i->name;

	return xasprintf("%.*s.%.*s",
	    (int)(m.len < NAME_SHOWN ? m.len : NAME_SHOWN), (const char *)m.at,
	    (int)(n.len < NAME_SHOWN ? n.len : NAME_SHOWN), (const char *)n.at);
}

static int fail_unknown(const struct wish *w, const char *why)
{
	char *name = import_name(w->import);

	(void)link_fail(w->l, LINK_UNKNOWN, w->p, w->number,
	    "unknown import `%s`: %s", name, why);
	free(name);
	return -1;
}

/* Frees the words. */
static int fail_match(const struct wish *w, char *there, char *wanted)
{
	char *name = import_name(w->import);

	(void)link_fail(w->l, LINK_INCOMPATIBLE, w->p, w->number,
	    "incompatible import type: `%s` is %.72s, and %.72s is wanted",
	    name, there, wanted);
	free(name);
	free(there);
	free(wanted);
	return -1;
}

static bool limits_match(
    const struct wish *w, struct wasm_limits there, struct wasm_limits wanted)
{
	uint32_t reach = w->p->member->grown ? there.max : there.min;

	return reach >= wanted.min &&
	       (wanted.max == UINT32_MAX || there.max <= wanted.max);
}

static uint32_t func_type(const struct link *l, uint32_t func)
{
	return (func & LINK_HOST) != 0 ? l->hosts[func & ~LINK_HOST].type
				       : l->funcs[func];
}

static int resolve_func(const struct wish *w, uint32_t *out)
{
	const struct link *l = w->l;
	uint32_t wanted = w->p->types[w->import->type], there;

	*out = w->from->funcs[w->there->index];
	there = func_type(l, *out);
	if (there != wanted)
		return fail_match(w, func_words(&l->types[there]),
		    func_words(&l->types[wanted]));
	w->p->calls_host |= (*out & LINK_HOST) != 0;
	return 0;
}

static int resolve_table(const struct wish *w, uint32_t *out)
{
	const struct wasm_table *wanted = &w->import->table, *there;

	*out = w->from->tables[w->there->index];
	there = &w->l->tables[*out].type;
	if (there->type != wanted->type ||
	    !limits_match(w, there->limits, wanted->limits))
		return fail_match(w, table_words(there), table_words(wanted));
	return 0;
}

static int resolve_memory(const struct wish *w, uint32_t *out)
{
	struct wasm_limits wanted = w->import->memory, there;

	*out = w->from->memory;
	there = w->l->memories[*out].limits;
	if (!limits_match(w, there, wanted))
		return fail_match(w, limits_words("a memory", there, "pages"),
		    limits_words("a memory", wanted, "pages"));
	return 0;
}

static int resolve_global(const struct wish *w, uint32_t *out)
{
	const struct wasm_import *i = w->import;
	const struct wasm_global *there;

	*out = w->from->globals[w->there->index];
	there = &w->l->globals[*out];
	if (there->type != i->global_type ||
	    there->mutable != i->global_mutable)
		return fail_match(w, global_words(there->type, there->mutable),
		    global_words(i->global_type, i->global_mutable));
	return 0;
}

/* The last earlier member of the name, or NULL. */
static const struct link_part *find_member(const struct wish *w)
{
	for (size_t n = (size_t)(w->p - w->l->parts); n-- > 0;) {
		const struct link_part *p = &w->l->parts[n];

		if (p->member->name != NULL &&
		    wasm_is_text(w->import->module, p->member->name))
			return p;
	}
	return NULL;
}

static const struct wasm_export *find_export(
    const struct wasm_module *m, struct wasm_bytes name)
{
	for (uint32_t i = 0; i < m->export_count; i++)
		if (same_bytes(m->exports[i].name, name))
			return &m->exports[i];
	return NULL;
}

/* A function that the host gives, or nothing at all. */
static int resolve_host(const struct wish *w, uint32_t *out)
{
	const struct wasm_import *i = w->import;
	const char *const *name = w->l->options->host;
	struct link_host *host;
	uint32_t type;
	size_t n;

	while (name != NULL && *name != NULL && !wasm_is_text(i->module, *name))
		name++;
	if (name == NULL || *name == NULL)
		return fail_unknown(w, "no module of that name is linked");
	if (i->kind != WASM_FUNC)
		return fail_unknown(w, "such a module has only functions");
	type = w->p->types[i->type];
	for (n = 0; n < w->l->host_count; n++) {
		host = &w->l->hosts[n];
		if (host->type == type && same_bytes(host->name, i->name) &&
		    same_bytes(host->module, i->module))
			break;
	}
	if (n == w->l->host_count) {
		w->l->hosts = arena_push(w->l->arena, w->l->hosts,
		    &w->l->host_count, sizeof(*w->l->hosts));
		w->l->hosts[n] = (struct link_host){ i->module, i->name, type };
	}
	*out = LINK_HOST | (uint32_t)n;
	w->p->calls_host = true;
	return 0;
}

static int resolve_import(struct wish *w, uint32_t *out)
{
	static const char *const kinds[] = { "a function", "a table",
		"a memory", "a global" };
	static int (*const by_kind[])(const struct wish *w, uint32_t *out) = {
		[WASM_FUNC] = resolve_func,
		[WASM_TABLE] = resolve_table,
		[WASM_MEMORY] = resolve_memory,
		[WASM_GLOBAL] = resolve_global,
	};

	w->from = find_member(w);
	if (w->from == NULL)
		return resolve_host(w, out);
	w->there = find_export(w->from->m, w->import->name);
	if (w->there == NULL)
		return fail_unknown(w, "that module does not export it");
	if (w->there->kind != w->import->kind)
		return fail_match(w, xstrdup(kinds[w->there->kind]),
		    xstrdup(kinds[w->import->kind]));
	return by_kind[w->import->kind](w, out);
}

static int resolve_imports(struct link *l, struct link_part *p)
{
	struct wish w = { .l = l, .p = p };
	uint32_t count[4] = { 0 },
		 *maps[] = { p->funcs, p->tables, &p->memory, p->globals };

	for (; w.number < p->m->import_count; w.number++) {
		w.import = &p->m->imports[w.number];
		if (resolve_import(&w,
			&maps[w.import->kind][count[w.import->kind]++]) != 0)
			return -1;
	}
	return 0;
}

/* --- Definitions ----------------------------------------------------------- */

static void add_definitions(struct link *l, struct link_part *p)
{
	const struct wasm_module *m = p->m;
	uint32_t i;

	for (i = 0; i < m->func_count; i++) {
		p->funcs[m->imported_funcs + i] = (uint32_t)l->func_count;
		l->funcs[l->func_count++] = p->types[m->funcs[i]];
	}
	for (i = m->imported_tables; i < m->table_count; i++) {
		p->tables[i] = (uint32_t)l->table_count;
		l->tables[l->table_count++].type = m->tables[i];
	}
	for (i = m->imported_globals; i < m->global_count; i++) {
		p->globals[i] = (uint32_t)l->global_count;
		l->globals[l->global_count++] = m->globals[i];
	}
	if (m->memory_count > m->imported_memories) {
		p->memory = (uint32_t)l->memory_count;
		l->memories[l->memory_count++].limits = m->memories[0];
	}
	p->first_elem = l->elem_count;
	p->first_data = l->data_count;
	l->elem_count += m->elem_count;
	l->data_count += m->data_count;
}

static void make_maps(struct link *l, struct link_part *p)
{
	const struct wasm_module *m = p->m;

	p->types = arena_alloc(l->arena, m->type_count * sizeof(uint32_t));
	p->funcs = arena_alloc(l->arena, wasm_func_total(m) * sizeof(uint32_t));
	p->tables = arena_alloc(l->arena, m->table_count * sizeof(uint32_t));
	p->globals = arena_alloc(l->arena, m->global_count * sizeof(uint32_t));
	p->memory = LINK_NONE;
	for (uint32_t i = 0; i < m->type_count; i++)
		p->types[i] = link_type(l, &m->types[i]);
}

/* Now that the number of host functions is known. */
static void finish_funcs(struct link *l, struct link_part *p)
{
	for (uint32_t i = 0; i < wasm_func_total(p->m); i++) {
		if ((p->funcs[i] & LINK_HOST) != 0)
			p->funcs[i] &= ~LINK_HOST;
		else
			p->funcs[i] += (uint32_t)l->host_count;
	}
}

struct wasm_const link_const(
    const struct link *l, const struct link_part *p, struct wasm_const c)
{
	if (c.kind == WASM_GLOBAL_GET)
		return l->globals[p->globals[c.bits]].init;
	if (c.kind == WASM_REF_FUNC)
		c.bits = p->funcs[c.bits];
	return c;
}

/* A global's value may be that of an import, which an earlier member has. */
static void finish_globals(struct link *l, const struct link_part *p)
{
	const struct wasm_module *m = p->m;

	for (uint32_t i = m->imported_globals; i < m->global_count; i++)
		l->globals[p->globals[i]].init =
		    link_const(l, p, m->globals[i].init);
}

int link_resolve(struct link *l)
{
	size_t i;

	for (i = 0; i < l->part_count; i++) {
		make_maps(l, &l->parts[i]);
		if (resolve_imports(l, &l->parts[i]) != 0)
			return -1;
		add_definitions(l, &l->parts[i]);
	}
	for (i = 0; i < l->part_count; i++) {
		finish_funcs(l, &l->parts[i]);
		finish_globals(l, &l->parts[i]);
	}
	return 0;
}
