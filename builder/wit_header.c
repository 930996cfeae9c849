/* The C headers: what both ends share, a prototype for each function, and at
 * the server the exports that check what came before they pass it on. */
#include "wit_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct header {
	struct buf *out;
	struct arena *a;
	const struct wit *w;
	const char *name, *upper; /* of the interface, in C */
	enum wit_side side;
};

static const char *upper(struct header *h, const char *name)
{
	char *out = wit_snake(h->a, name);

	for (char *c = out; *c != '\0'; c++)
		*c = (char)toupper((unsigned char)*c);
	return out;
}

/* A parameter's name; words that C or C++ keep for themselves get a _. */
static const char *argument(struct header *h, const char *name)
{
	static const char KEPT[] =
	    " alignas alignof and asm assert auto bitand bitor bool break "
	    "case catch char class compl concept const constexpr continue "
	    "decltype default delete do double else enum explicit export "
	    "extern false float for friend goto if inline int long mutable "
	    "namespace new noexcept not nullptr operator or private "
	    "protected public register requires restrict return short signed "
	    "sizeof static struct switch template this thread true try "
	    "typedef typeid typename typeof union unsigned using virtual void "
	    "volatile while xor lists status ";
	char *out = wit_snake(h->a, name);

	return strstr(KEPT, arena_printf(h->a, " %s ", out)) != NULL
		   ? arena_printf(h->a, "%s_", out)
		   : out;
}

static void put_doc(struct header *h, const char *doc, const char *indent)
{
	const char *end;

	if (doc == NULL)
		return;
	buf_printf(h->out, "%s/* ", indent);
	for (; (end = strchr(doc, '\n')) != NULL; doc = end + 1) {
		buf_add(h->out, doc, (size_t)(end - doc));
		if (end[1] != '\0')
			buf_printf(h->out, "\n%s *%s", indent,
			    end[1] == '\n' ? "" : " ");
	}
	buf_puts(h->out, " */\n");
}

static const char *scalar_type(enum wit_kind kind)
{
	static const char *const types[] = {
		[WIT_BOOL] = "bool",
		[WIT_S8] = "int8_t",
		[WIT_U8] = "uint8_t",
		[WIT_S16] = "int16_t",
		[WIT_U16] = "uint16_t",
		[WIT_S32] = "int32_t",
		[WIT_U32] = "uint32_t",
		[WIT_S64] = "int64_t",
		[WIT_U64] = "uint64_t",
		[WIT_F32] = "float",
		[WIT_F64] = "double",
		[WIT_CHAR] = "uint32_t",
		[WIT_ENUM] = "uint32_t",
	};

	return types[kind];
}

/* In memory, where the peer's bytes may be anything, a bool is a byte. */
static const char *stored_type(enum wit_kind kind)
{
	return kind == WIT_BOOL ? "uint8_t" : scalar_type(kind);
}

/* As it crosses: 32 bits for all that is narrower. */
static const char *wire_type(enum wit_kind kind)
{
	return wit_letter(kind) == 'i' ? "uint32_t" : scalar_type(kind);
}

static const char *value_type(struct header *h, const struct wit_type *t)
{
	if (t->kind == WIT_NOTHING)
		return "void";
	if (t->kind == WIT_ENUM)
		return arena_printf(
		    h->a, "enum %s_%s", h->name, wit_snake(h->a, t->def->name));
	return scalar_type(t->kind);
}

static bool by_address(const struct wit_type *t)
{
	return t->kind == WIT_BYTES || t->kind == WIT_RECORD;
}

static bool has_status(const struct wit_func *f)
{
	return f->fallible || by_address(&f->result);
}

static void put_enum(struct header *h, const struct wit_def *d)
{
	buf_printf(h->out, "enum %s_%s {\n", h->name, wit_snake(h->a, d->name));
	for (size_t i = 0; i < d->count; i++) {
		put_doc(h, d->fields[i].doc, "\t");
		buf_printf(h->out, "\t%s_%s_%s = %zu,\n", h->upper,
		    upper(h, d->name), upper(h, d->fields[i].name), i);
	}
	buf_puts(h->out, "};\n\n");
}

static void put_record(struct header *h, const struct wit_def *d)
{
	const char *name = wit_snake(h->a, d->name);

	buf_printf(h->out, "struct %s_%s {\n", h->name, name);
	for (size_t i = 0; i < d->count; i++) {
		const struct wit_field *f = &d->fields[i];

		put_doc(h, f->doc, "\t");
		buf_printf(h->out, "\t%s %s;", stored_type(f->type.kind),
		    argument(h, f->name));
		if (f->type.kind == WIT_ENUM)
			buf_printf(
			    h->out, " /* %s */", value_type(h, &f->type));
		buf_putc(h->out, '\n');
	}
	buf_printf(h->out,
	    "};\nAZ_ASSERT(sizeof(struct %s_%s) == %u, \"as it crosses\");"
	    "\n\n",
	    h->name, name, d->size);
}

static void put_comma(struct header *h, bool *first)
{
	if (!*first)
		buf_puts(h->out, ", ");
	*first = false;
}

static void put_param(
    struct header *h, const struct wit_field *p, bool wire, bool *first)
{
	const char *name = argument(h, p->name);

	put_comma(h, first);
	if (p->type.kind == WIT_BYTES)
		buf_printf(h->out, "const %s *%s, uint32_t %s_len",
		    h->side == WIT_CLIENT ? "void" : "uint8_t", name,
		    wit_snake(h->a, p->name));
	else if (p->type.kind == WIT_RECORD)
		buf_printf(h->out, "const struct %s_%s *%s", h->name,
		    wit_snake(h->a, p->type.def->name), name);
	else
		buf_printf(h->out, "%s %s",
		    wire ? wire_type(p->type.kind) : value_type(h, &p->type),
		    name);
}

static void put_out(struct header *h, const struct wit_type *t, bool *first)
{
	put_comma(h, first);
	if (t->kind == WIT_BYTES)
		buf_printf(h->out,
		    "%s *result, uint32_t result_max, uint32_t *result_len",
		    h->side == WIT_CLIENT ? "void" : "uint8_t");
	else if (t->kind == WIT_RECORD)
		buf_printf(h->out, "struct %s_%s *result", h->name,
		    wit_snake(h->a, t->def->name));
	else
		buf_printf(h->out, "%s *result", stored_type(t->kind));
}

/* wire: as WebAssembly has it, else as C programs want it. */
static void put_prototype(
    struct header *h, const struct wit_func *f, const char *infix, bool wire)
{
	bool first = true;
	const char *type = "int32_t";

	if (!has_status(f))
		type = wire && f->result.kind != WIT_NOTHING
			   ? wire_type(f->result.kind)
			   : value_type(h, &f->result);
	buf_printf(h->out, "%s %s_%s%s(", type, h->name, infix,
	    wit_snake(h->a, f->name));
	for (size_t i = 0; i < f->count; i++)
		put_param(h, &f->params[i], wire, &first);
	if (has_status(f) && f->result.kind != WIT_NOTHING)
		put_out(h, &f->result, &first);
	buf_puts(h->out, first ? "void)" : ")");
}

static void put_arguments(struct header *h, const struct wit_func *f)
{
	bool first = true;

	for (size_t i = 0; i < f->count; i++) {
		const struct wit_field *p = &f->params[i];
		const char *name = argument(h, p->name);

		put_comma(h, &first);
		if (p->type.kind == WIT_BYTES)
			buf_printf(h->out, "%s, %s_len", name,
			    wit_snake(h->a, p->name));
		else if (p->type.kind == WIT_RECORD)
			buf_puts(h->out, name);
		else if (p->type.kind == WIT_BOOL)
			buf_printf(h->out, "%s != 0", name);
		else
			buf_printf(
			    h->out, "(%s)%s", value_type(h, &p->type), name);
	}
	if (!has_status(f) || f->result.kind == WIT_NOTHING)
		return;
	put_comma(h, &first);
	buf_puts(h->out, f->result.kind == WIT_BYTES
			     ? "result, result_max, result_len"
			     : "result");
}

/* Over the wire a bool or a short integer is whatever the server says. */
static void put_client_func(struct header *h, const struct wit_func *f)
{
	enum wit_kind kind = f->result.kind;
	bool narrow = !has_status(f) && kind >= WIT_BOOL && kind <= WIT_U16;

	put_doc(h, f->doc, "");
	buf_printf(h->out, "AZ_CALL(%s_CHANNEL, \"%s\")\n", h->upper,
	    wit_snake(h->a, f->name));
	if (!narrow) {
		put_prototype(h, f, "", false);
		buf_puts(h->out, ";\n\n");
		return;
	}
	put_prototype(h, f, "call_", true);
	buf_puts(h->out, ";\nstatic inline ");
	put_prototype(h, f, "", false);
	buf_printf(h->out, "\n{\n\treturn (%s)%s_call_%s(", scalar_type(kind),
	    h->name, wit_snake(h->a, f->name));
	put_arguments(h, f);
	buf_puts(h->out, ");\n}\n\n");
}

/* The condition under which `name` is no value of its type; NULL: all are. */
static const char *bad_value(
    struct header *h, const struct wit_type *t, const char *name, bool stored)
{
	if (t->kind == WIT_ENUM)
		return arena_printf(h->a, "%s >= %zu", name, t->def->count);
	if (t->kind == WIT_CHAR)
		return arena_printf(h->a, "!az_is_char(%s)", name);
	if (t->kind == WIT_BOOL && stored)
		return arena_printf(h->a, "%s > 1", name);
	return NULL;
}

static void put_check(
    struct header *h, const struct wit_func *f, const char *condition)
{
	const char *refusal = "return AZ_BAD_ARGUMENT";

	if (condition == NULL)
		return;
	if (!has_status(f))
		refusal = f->result.kind == WIT_NOTHING ? "return" : "return 0";
	buf_printf(h->out, "\tif (%s)\n\t\t%s;\n", condition, refusal);
}

static void put_checks(struct header *h, const struct wit_func *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct wit_type *t = &f->params[i].type;
		const char *name = argument(h, f->params[i].name);

		if (t->kind == WIT_BYTES)
			put_check(h, f,
			    arena_printf(h->a, "!%s_TAKE(&lists, &%s, %s_len)",
				h->upper, name,
				wit_snake(h->a, f->params[i].name)));
		else if (t->kind != WIT_RECORD)
			put_check(h, f, bad_value(h, t, name, false));
		for (size_t k = 0; t->kind == WIT_RECORD && k < t->def->count;
		     k++) {
			const struct wit_field *m = &t->def->fields[k];

			put_check(h, f,
			    bad_value(h, &m->type,
				arena_printf(
				    h->a, "%s->%s", name, argument(h, m->name)),
				true));
		}
	}
}

static bool takes_lists(const struct wit_func *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->params[i].type.kind == WIT_BYTES)
			return true;
	return false;
}

static void put_server_func(struct header *h, const struct wit_func *f)
{
	bool bytes = f->result.kind == WIT_BYTES;
	bool value = has_status(f) || f->result.kind != WIT_NOTHING;

	put_doc(h, f->doc, "");
	put_prototype(h, f, "", false);
	buf_puts(h->out, ";\n");
	buf_printf(h->out, "AZ_EXPORT(\"%s\")\n", wit_snake(h->a, f->name));
	put_prototype(h, f, "export_", true);
	buf_puts(h->out, ";\n");
	put_prototype(h, f, "export_", true);
	buf_puts(h->out, "\n{\n");
	if (takes_lists(f))
		buf_puts(h->out, "\tuint32_t lists = 0;\n");
	if (bytes)
		buf_puts(h->out, "\tint32_t status;\n");
	if (takes_lists(f) || bytes)
		buf_putc(h->out, '\n');
	put_checks(h, f);
	if (bytes)
		buf_puts(h->out, "\t*result_len = 0;\n\tstatus = ");
	else
		buf_puts(h->out, value ? "\treturn " : "\t");
	if (!has_status(f) && value)
		buf_printf(h->out, "(%s)", wire_type(f->result.kind));
	buf_printf(h->out, "%s_%s(", h->name, wit_snake(h->a, f->name));
	put_arguments(h, f);
	buf_puts(h->out, ");\n");
	if (bytes)
		buf_puts(h->out,
		    "\tif (*result_len > result_max)\n"
		    "\t\t__builtin_trap(); /* wrote past its room */\n"
		    "\treturn status;\n");
	buf_puts(h->out, "}\n\n");
}

/* What a list in the arena needs; UP and low stand for the names. */
static const char ARENA[] =
    "/* Lists over 4 KiB lie in the channel's arena. For one, define UP_ARENA\n"
    " * as the channel's name (with _ for -) and UP_ARENA_SIZE before\n"
    " * including this. They are copied before anyone looks, because the\n"
    " * clients can write there meanwhile; define UP_EXCLUSIVE when the\n"
    " * manifest says `exclusive: true`, and they are used in place. */\n"
    "#ifdef UP_ARENA\n"
    "AZ_WINDOW(UP_ARENA, UP_ARENA_SIZE);\n"
    "#endif\n"
    "#if defined(UP_ARENA) && !defined(UP_EXCLUSIVE)\n"
    "static uint8_t low_lists[UP_ARENA_SIZE];\n"
    "#define UP_TAKE(used, list, len) \\\n"
    "\taz_take(AZ_WINDOW_AT(UP_ARENA), low_lists, UP_ARENA_SIZE, used, \\\n"
    "\t    list, len)\n"
    "#else\n"
    "#define UP_TAKE(used, list, len) ((void)(used), true)\n"
    "#endif\n"
    "#ifndef AZ_INBOX\n"
    "#define AZ_INBOX\n"
    "AZ_WINDOW(inbox, AZ_INBOX_SIZE);\n"
    "#endif\n\n";

static void put_arena(struct header *h)
{
	for (const char *at = ARENA; *at != '\0'; at++) {
		if (strncmp(at, "UP_", 3) == 0 &&
		    (at == ARENA || !isupper((unsigned char)at[-1]))) {
			buf_puts(h->out, h->upper);
			at++;
		} else if (strncmp(at, "low_", 4) == 0) {
			buf_puts(h->out, h->name);
			at += 2;
		} else {
			buf_putc(h->out, *at);
		}
	}
}

static void put_head(struct header *h)
{
	const char *side = h->side == WIT_CLIENT ? "CLIENT" : "SERVER";

	buf_printf(h->out,
	    "/* The %s of interface %s, by `azoth bindings`: change the .wit "
	    "instead. */\n",
	    h->side == WIT_CLIENT ? "client" : "server", h->w->name);
	put_doc(h, h->w->doc, "");
	buf_printf(h->out,
	    "#ifndef AZ_BINDINGS_%s_%s_H\n#define AZ_BINDINGS_%s_%s_H\n\n"
	    "#include <azoth.h>\n#include <stdbool.h>\n\n"
	    "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
	    h->upper, side, h->upper, side);
	if (h->side == WIT_CLIENT)
		buf_printf(h->out,
		    "/* The channel's name in the manifest. */\n"
		    "#ifndef %s_CHANNEL\n#define %s_CHANNEL \"%s\"\n#endif\n\n",
		    h->upper, h->upper, h->w->name);
	else
		put_arena(h);
}

/* The same in both headers; a module may need both. */
static void put_types(struct header *h)
{
	buf_printf(h->out,
	    "#ifndef AZ_BINDINGS_%s_TYPES\n#define AZ_BINDINGS_%s_TYPES\n\n",
	    h->upper, h->upper);
	for (size_t i = 0; i < h->w->def_count; i++)
		if (h->w->defs[i].kind == WIT_ENUM)
			put_enum(h, &h->w->defs[i]);
		else
			put_record(h, &h->w->defs[i]);
	buf_puts(h->out, "#endif\n\n");
}

void wit_header(struct buf *out, const struct wit *w, enum wit_side side)
{
	struct header h = {
		.out = out, .a = arena_new(), .w = w, .side = side
	};

	h.name = wit_snake(h.a, w->name);
	h.upper = upper(&h, w->name);
	put_head(&h);
	put_types(&h);
	for (size_t i = 0; i < w->func_count; i++)
		if (side == WIT_CLIENT)
			put_client_func(&h, &w->funcs[i]);
		else
			put_server_func(&h, &w->funcs[i]);
	buf_puts(out, "#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
	arena_free(h.a);
}
