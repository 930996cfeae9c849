#include "wit_impl.h"

#include <stdlib.h>
#include <string.h>

enum { DEFS_MAX = 256, MEMBERS_MAX = 256, FUNCS_MAX = 1024 };

static const struct wit_def *find_def(const struct wit *w, const char *name)
{
	for (size_t i = 0; i < w->def_count; i++)
		if (strcmp(w->defs[i].name, name) == 0)
			return &w->defs[i];
	return NULL;
}

/* The name of a type that is most like this one, or NULL. */
static const char *near_type(const struct wit *w, const char *name)
{
	const char *names[DEFS_MAX + WIT_CHAR];
	size_t n = 0;

	for (int i = WIT_BOOL; i <= WIT_CHAR; i++)
		names[n++] = wit_scalar_name((enum wit_kind)i);
	for (size_t i = 0; i < w->def_count; i++)
		names[n++] = w->defs[i].name;
	return diag_nearest(name, names, n);
}

static void resolve_type(
    const struct wit *w, struct wit_type *t, struct diags *list)
{
	const char *near;
	struct diag *d;

	if (t->kind != WIT_NOTHING || t->name == NULL)
		return;
	t->def = find_def(w, t->name);
	if (t->def != NULL) {
		t->kind = t->def->kind;
		return;
	}
	d = diag_add(list, "AZ0122", t->at, "no type is called `%s`", t->name);
	near = near_type(w, t->name);
	if (near != NULL) {
		diag_label(d, "did you mean `%s`?", near);
		diag_help(d, "rename it to `%s`", near);
		diag_fix(d, t->at, near);
	} else {
		diag_help(d,
		    "define it: `enum %s { ... }` or `record %s "
		    "{ ... }`",
		    t->name, t->name);
	}
}

struct names {
	const char *what;
	const char *name;
	struct span at;
};

static void report_twice(
    const struct names *first, const struct names *again, struct diags *list)
{
	struct diag *d = diag_add(list, "AZ0122", again->at,
	    "%s `%s` is there already", again->what, again->name);

	diag_also(d, first->at, "first written here");
	diag_help(d, "give one of the two another name");
}

static void check_members(const char *what, const struct wit_field *f,
    size_t count, struct diags *list)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++) {
			struct names a = { what, f[k].name, f[k].at };
			struct names b = { what, f[i].name, f[i].at };

			if (strcmp(a.name, b.name) == 0) {
				report_twice(&a, &b, list);
				break;
			}
		}
}

/* The names of an interface: its types, then its functions. */
static struct names name_at(const struct wit *w, size_t i)
{
	const struct wit_func *f;
	const struct wit_def *d;

	if (i < w->def_count) {
		d = &w->defs[i];
		return (struct names){ "type", d->name, d->at };
	}
	f = &w->funcs[i - w->def_count];
	return (struct names){ "function", f->name, f->at };
}

static void check_names(const struct wit *w, struct diags *list)
{
	for (size_t i = 0; i < w->def_count + w->func_count; i++)
		for (size_t k = 0; k < i; k++) {
			struct names first = name_at(w, k);
			struct names again = name_at(w, i);

			if (strcmp(first.name, again.name) == 0)
				report_twice(&first, &again, list);
		}
}

/* What holds no more than its bound, which keeps what follows short. */
static bool check_count(const char *what, size_t count, size_t max,
    struct span at, struct diags *list)
{
	if (count > 0 && count <= max)
		return true;
	if (count == 0)
		diag_help(diag_add(list, "AZ0123", at, "no %s at all", what),
		    "write at least one");
	else
		diag_help(diag_add(list, "AZ0123", at, "%zu %s are too many",
			      count, what),
		    "write at most %zu", max);
	return false;
}

static void lay_out(struct wit_def *d)
{
	uint32_t align = 1, at = 0;

	for (size_t i = 0; i < d->count; i++) {
		uint32_t size = wit_scalar_size(d->fields[i].type.kind);

		at = (at + size - 1) / size * size + size;
		if (size > align)
			align = size;
	}
	d->size = (at + align - 1) / align * align;
}

static void check_record(
    const struct wit *w, struct wit_def *d, struct diags *list)
{
	bool good = true;

	for (size_t i = 0; i < d->count; i++) {
		struct wit_type *t = &d->fields[i].type;

		resolve_type(w, t, list);
		if (t->kind == WIT_RECORD || t->kind == WIT_BYTES)
			diag_help(
			    diag_add(list, "AZ0121", t->at,
				"field `%s` is no scalar", d->fields[i].name),
			    t->kind == WIT_BYTES
				? "pass the list as a parameter of its own"
				: "write its fields here");
		good = good && t->kind != WIT_NOTHING && t->kind < WIT_RECORD;
	}
	if (good)
		lay_out(d);
}

static void resolve_def(
    const struct wit *w, struct wit_def *d, struct diags *list)
{
	bool record = d->kind == WIT_RECORD;

	if (!check_count(record ? "fields" : "cases", d->count, MEMBERS_MAX,
		d->at, list))
		return;
	check_members(record ? "field" : "case", d->fields, d->count, list);
	if (record)
		check_record(w, d, list);
}

static void resolve_func(
    const struct wit *w, struct wit_func *f, struct diags *list)
{
	if (f->count > 0 &&
	    !check_count("parameters", f->count, MEMBERS_MAX, f->at, list))
		return;
	check_members("parameter", f->params, f->count, list);
	for (size_t i = 0; i < f->count; i++)
		resolve_type(w, &f->params[i].type, list);
	resolve_type(w, &f->result, list);
	resolve_type(w, &f->error, list);
	if (f->error.kind != WIT_NOTHING && f->error.kind != WIT_ENUM)
		diag_help(diag_add(list, "AZ0121", f->error.at,
			      "the error of `%s` is no enum", f->name),
		    "define an `enum` of what can go wrong");
}

void wit_resolve(struct wit *w, struct diags *list)
{
	if (w->name == NULL ||
	    (w->def_count > 0 &&
		!check_count("types", w->def_count, DEFS_MAX, w->at, list)) ||
	    !check_count("functions", w->func_count, FUNCS_MAX, w->at, list))
		return;
	check_names(w, list);
	for (size_t i = 0; i < w->def_count; i++)
		resolve_def(w, &w->defs[i], list);
	for (size_t i = 0; i < w->func_count; i++)
		resolve_func(w, &w->funcs[i], list);
}
