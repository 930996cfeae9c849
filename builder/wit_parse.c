#include "wit_impl.h"

#include <string.h>

enum { SCALAR_COUNT = WIT_CHAR + 1 };

static const struct {
	const char *name;
	uint32_t size;
	char letter;
} SCALARS[SCALAR_COUNT] = {
	[WIT_BOOL] = { "bool", 1, 'i' },
	[WIT_S8] = { "s8", 1, 'i' },
	[WIT_U8] = { "u8", 1, 'i' },
	[WIT_S16] = { "s16", 2, 'i' },
	[WIT_U16] = { "u16", 2, 'i' },
	[WIT_S32] = { "s32", 4, 'i' },
	[WIT_U32] = { "u32", 4, 'i' },
	[WIT_S64] = { "s64", 8, 'I' },
	[WIT_U64] = { "u64", 8, 'I' },
	[WIT_F32] = { "f32", 4, 'f' },
	[WIT_F64] = { "f64", 8, 'F' },
	[WIT_CHAR] = { "char", 4, 'i' },
};

/* What WIT has beyond the subset, and what to write instead. */
static const struct {
	const char *name, *instead, *fix; /* fix: of the word alone, or NULL */
} OUTSIDE[] = {
	{ "string", "write `list<u8>`, and say in its comment that it is UTF-8",
	    "list<u8>" },
	{ "option", "return a `result`, or pass a `bool` beside the value",
	    NULL },
	{ "tuple", "write a `record`", NULL },
	{ "variant", "write an `enum`, and a `record` with all fields", NULL },
	{ "flags", "write a `u32`, and name its bits in a comment", NULL },
	{ "resource", "pass a number that the server looks up", NULL },
	{ "own", "pass a number that the server looks up", NULL },
	{ "borrow", "pass a number that the server looks up", NULL },
	{ "stream", "use a channel of type ring", NULL },
	{ "future", "use a channel of type signal", NULL },
	{ "type", "write the type out where it is used", NULL },
	{ "use", "write the type into this interface", NULL },
	{ "include", "write one interface in each file", NULL },
	{ "world", "the manifest's `channels` say who imports and exports",
	    NULL },
	{ "float32", "write `f32`", "f32" },
	{ "float64", "write `f64`", "f64" },
	{ "async", "leave it out: every call waits for its answer", NULL },
};
enum { OUTSIDE_COUNT = sizeof(OUTSIDE) / sizeof(OUTSIDE[0]) };

uint32_t wit_scalar_size(enum wit_kind kind)
{
	return kind == WIT_ENUM ? 4 : SCALARS[kind].size;
}

char wit_letter(enum wit_kind kind)
{
	return kind == WIT_ENUM ? 'i' : SCALARS[kind].letter;
}

const char *wit_scalar_name(enum wit_kind kind)
{
	return SCALARS[kind].name;
}

enum wit_kind wit_scalar_find(const char *name)
{
	for (int i = WIT_BOOL; i < SCALAR_COUNT; i++)
		if (strcmp(SCALARS[i].name, name) == 0)
			return (enum wit_kind)i;
	return WIT_NOTHING;
}

char *wit_snake(struct arena *a, const char *name)
{
	char *out = arena_strdup(a, name);

	for (char *c = out; *c != '\0'; c++)
		if (*c == '-')
			*c = '_';
	return out;
}

/* Report the current name when it is one that WIT has and we have not. */
static bool refuse_outside(struct wit_reader *r)
{
	for (size_t i = 0; i < OUTSIDE_COUNT; i++) {
		struct diag *d;

		if (r->now.kind != WIT_NAME || r->now.escaped ||
		    strcmp(OUTSIDE[i].name, r->now.name) != 0)
			continue;
		d = diag_add(r->list, "AZ0121", r->now.at,
		    "`%s` is not in the subset of WIT that channels have",
		    r->now.name);
		diag_help(d, "%s", OUTSIDE[i].instead);
		if (OUTSIDE[i].fix != NULL)
			diag_fix(d, r->now.at, OUTSIDE[i].fix);
		return true;
	}
	return false;
}

static bool is_word(const struct wit_reader *r, const char *word)
{
	return r->now.kind == WIT_NAME && !r->now.escaped &&
	       strcmp(r->now.name, word) == 0;
}

static bool expect(struct wit_reader *r, int kind, const char *what)
{
	if (r->now.kind != kind) {
		wit_expected(r, what);
		return false;
	}
	wit_next(r);
	return true;
}

static bool take_name(struct wit_reader *r, struct wit_field *out)
{
	*out = (struct wit_field){ r->now.name, r->now.doc, r->now.at,
		{ .kind = WIT_NOTHING } };
	return expect(r, WIT_NAME, "a name");
}

/* list<u8>, from behind `list`. */
static bool parse_list(struct wit_reader *r, struct wit_type *out)
{
	out->kind = WIT_BYTES;
	if (!expect(r, '<', "`<`"))
		return false;
	if (r->now.kind == WIT_NAME && !is_word(r, "u8")) {
		diag_help(
		    diag_add(r->list, "AZ0121", r->now.at,
			"a list of `%s`: lists hold bytes alone", r->now.name),
		    "write `list<u8>` and lay the elements out in it");
		return false;
	}
	return expect(r, WIT_NAME, "`u8`") && expect(r, '>', "`>`");
}

/* Names of enums and records are looked up when all are known. */
static bool parse_type(struct wit_reader *r, struct wit_type *out)
{
	*out = (struct wit_type){ .name = r->now.name, .at = r->now.at };
	if (refuse_outside(r))
		return false;
	if (is_word(r, "result")) {
		diag_help(diag_add(r->list, "AZ0121", r->now.at,
			      "a `result` stands where a plain type should"),
		    "only what a function returns is a `result`");
		return false;
	}
	if (is_word(r, "list")) {
		wit_next(r);
		return parse_list(r, out);
	}
	if (r->now.kind == WIT_NAME && !r->now.escaped)
		out->kind = wit_scalar_find(r->now.name);
	return expect(r, WIT_NAME, "a type");
}

/* result, result<T>, result<T, E>, result<_, E>: from behind `result`. */
static bool parse_result(struct wit_reader *r, struct wit_func *f)
{
	f->fallible = true;
	if (r->now.kind != '<')
		return true;
	wit_next(r);
	if (r->now.kind == '_')
		wit_next(r);
	else if (!parse_type(r, &f->result))
		return false;
	if (r->now.kind == ',') {
		wit_next(r);
		if (!parse_type(r, &f->error))
			return false;
	}
	return expect(r, '>', "`>`");
}

/* Pass over what could not be read: to behind the ; or } that ends it. */
static void skip_item(struct wit_reader *r)
{
	int depth = 0;

	for (; r->now.kind != WIT_END; wit_next(r)) {
		if (r->now.kind == '{')
			depth++;
		else if (r->now.kind == '}' && depth-- <= 0)
			return;
		if (depth == 0 && (r->now.kind == ';' || r->now.kind == '}'))
			break;
	}
	wit_next(r);
}

/* name, or name: type, with commas between, up to the closing character. */
static bool parse_members(struct wit_reader *r, int close, bool typed,
    struct wit_field **out, size_t *count)
{
	while (r->now.kind != close) {
		struct wit_field *f, found;

		if (!take_name(r, &found))
			return false;
		if (typed &&
		    (!expect(r, ':', "`:`") || !parse_type(r, &found.type)))
			return false;
		f = *out = arena_push(r->a, *out, count, sizeof(**out));
		f[*count - 1] = found;
		if (r->now.kind != ',')
			break;
		wit_next(r);
	}
	return expect(r, close, close == ')' ? "`)`" : "`}`");
}

static bool parse_def(struct wit_reader *r, struct wit *w, enum wit_kind kind)
{
	struct wit_field name;
	struct wit_def *d;
	const char *doc = r->now.doc;

	wit_next(r);
	if (!take_name(r, &name) || !expect(r, '{', "`{`"))
		return false;
	w->defs = arena_push(r->a, w->defs, &w->def_count, sizeof(*w->defs));
	d = &w->defs[w->def_count - 1];
	*d = (struct wit_def){
		.kind = kind, .name = name.name, .doc = doc, .at = name.at
	};
	return parse_members(r, '}', kind == WIT_RECORD, &d->fields, &d->count);
}

static bool marked_idempotent(const char *doc)
{
	const char *mark = doc != NULL ? strstr(doc, "@idempotent\n") : NULL;

	return mark != NULL && (mark == doc || mark[-1] == '\n');
}

static bool parse_func(struct wit_reader *r, struct wit *w)
{
	struct wit_field name;
	struct wit_func *f;

	if (!take_name(r, &name) || !expect(r, ':', "`:`"))
		return false;
	if (!is_word(r, "func")) {
		if (!refuse_outside(r))
			wit_expected(r, "`func`");
		return false;
	}
	wit_next(r);
	w->funcs =
	    arena_push(r->a, w->funcs, &w->func_count, sizeof(*w->funcs));
	f = &w->funcs[w->func_count - 1];
	*f = (struct wit_func){ .name = name.name,
		.doc = name.doc,
		.at = name.at,
		.idempotent = marked_idempotent(name.doc) };
	if (!expect(r, '(', "`(`") ||
	    !parse_members(r, ')', true, &f->params, &f->count))
		return false;
	if (r->now.kind == WIT_ARROW) {
		wit_next(r);
		if (is_word(r, "result")) {
			wit_next(r);
			if (!parse_result(r, f))
				return false;
		} else if (!parse_type(r, &f->result)) {
			return false;
		}
	}
	return expect(r, ';', "`;`");
}

static void parse_item(struct wit_reader *r, struct wit *w)
{
	bool good;

	if (is_word(r, "enum"))
		good = parse_def(r, w, WIT_ENUM);
	else if (is_word(r, "record"))
		good = parse_def(r, w, WIT_RECORD);
	else if (refuse_outside(r))
		good = false;
	else
		good = parse_func(r, w);
	if (!good)
		skip_item(r);
}

static void parse_interface(struct wit_reader *r, struct wit *w)
{
	struct wit_field name;
	const char *doc = r->now.doc;

	wit_next(r);
	if (!take_name(r, &name)) {
		skip_item(r);
		return;
	}
	if (w->name != NULL) {
		diag_help(diag_add(r->list, "AZ0121", name.at,
			      "a second interface, `%s`", name.name),
		    "write it into a file of its own");
		skip_item(r);
		return;
	}
	if (!expect(r, '{', "`{`")) {
		skip_item(r);
		return;
	}
	w->name = name.name;
	w->doc = doc;
	w->at = name.at;
	while (r->now.kind != '}' && r->now.kind != WIT_END)
		parse_item(r, w);
	(void)expect(r, '}', "`}`");
}

/* package NAME:NAME/NAME@VERSION; nothing here depends on it. */
static bool parse_package(struct wit_reader *r)
{
	do {
		wit_next(r);
		if (!expect(r, WIT_NAME, "a name"))
			return false;
	} while (r->now.kind == ':' || r->now.kind == '/');
	if (r->now.kind == '@')
		wit_skip_version(r);
	return expect(r, ';', "`;`");
}

static void parse_file(struct wit_reader *r, struct wit *w)
{
	while (r->now.kind != WIT_END) {
		bool good = false;

		if (is_word(r, "interface")) {
			parse_interface(r, w);
			continue;
		}
		if (is_word(r, "package"))
			good = parse_package(r);
		else if (!refuse_outside(r))
			wit_expected(r, "`interface`");
		if (good)
			continue;
		/* skip_item stops in front of a }. */
		if (r->now.kind == '}')
			wit_next(r);
		else
			skip_item(r);
	}
}

struct wit *wit_parse(
    struct arena *a, const struct source *src, struct diags *list)
{
	struct wit *w = arena_alloc(a, sizeof(*w));
	size_t errors = diags_errors(list);
	struct wit_reader r;

	wit_lex_init(&r, a, src, list);
	parse_file(&r, w);
	if (w->name == NULL && diags_errors(list) == errors)
		diag_help(wit_expected(&r, "an interface"),
		    "write `interface NAME { }` with functions in it");
	wit_lex_fini(&r);
	wit_resolve(w, list);
	return diags_errors(list) == errors ? w : NULL;
}
