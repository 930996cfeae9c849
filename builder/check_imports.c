#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/image.h"
#include "manifest.h"
#include "manifest_value.h"
#include "wasm.h"
#include "yaml_fix.h"
#include "yaml_tree.h"

struct call {
	const char *module, *name, *type;
	enum az_grant_kind grant; /* 0: none */
};

#define X(sym, module, name, type, grant) { module, name, type, grant },
static const struct call CALLS[] = { AZ_CALLS };
#undef X

static const char *const GRANT_NAMES[AZ_GRANT_KINDS] = {
	[AZ_GRANT_LOG] = "log",
	[AZ_GRANT_CLOCK] = "clock",
	[AZ_GRANT_RANDOM] = "random",
	[AZ_GRANT_FILES] = "files",
	[AZ_GRANT_POWER] = "power",
	[AZ_GRANT_RESET] = "power",
	[AZ_GRANT_DEVICE] = "device",
	[AZ_GRANT_LISTEN] = "listen",
	[AZ_GRANT_CONNECT] = "connect",
	[AZ_GRANT_SECRET] = "secret",
	[AZ_GRANT_OBSERVE] = "observe",
};

/* The line that grants it, as short as it goes. */
static const char *const GRANT_LINES[AZ_GRANT_KINDS] = {
	[AZ_GRANT_LOG] = "log: info",
	[AZ_GRANT_CLOCK] = "clock: 1ms",
	[AZ_GRANT_RANDOM] = "random: true",
	[AZ_GRANT_FILES] = "files: { NAME: /PATH }",
	[AZ_GRANT_POWER] = "power: [ halt ]",
	[AZ_GRANT_RESET] = "power: [ reset:MODULE ]",
	[AZ_GRANT_DEVICE] = "device: { NAME: { } }",
	[AZ_GRANT_LISTEN] = "listen: [ tcp/NETWORK:PORT ]",
	[AZ_GRANT_CONNECT] = "connect: [ tcp/NETWORK:HOST:PORT ]",
	[AZ_GRANT_SECRET] = "secret: [ NAME ]",
	[AZ_GRANT_OBSERVE] = "observe: true",
};

/* Calls that use a grant when it is there, though their column names none:
 * what they may do depends on their arguments. */
static const struct {
	enum az_call call;
	enum az_grant_kind grant;
} ALSO_USES[] = {
	{ AZ_CALL_FD_WRITE, AZ_GRANT_LOG },
	{ AZ_CALL_FD_PWRITE, AZ_GRANT_LOG },
	{ AZ_CALL_POLL_ONEOFF, AZ_GRANT_CLOCK },
	{ AZ_CALL_FD_READ, AZ_GRANT_FILES },
	{ AZ_CALL_FD_PRESTAT_GET, AZ_GRANT_FILES },
	{ AZ_CALL_FD_FILESTAT_GET, AZ_GRANT_FILES },
	{ AZ_CALL_DEVICE, AZ_GRANT_DEVICE },
	{ AZ_CALL_SOCK_ACCEPT, AZ_GRANT_LISTEN },
	{ AZ_CALL_SOCK_RECV, AZ_GRANT_LISTEN },
	{ AZ_CALL_SOCK_RECV_FROM, AZ_GRANT_LISTEN },
	{ AZ_CALL_FD_READ, AZ_GRANT_LISTEN },
	{ AZ_CALL_SOCK_CONNECT, AZ_GRANT_CONNECT },
	{ AZ_CALL_SOCK_SEND_TO, AZ_GRANT_CONNECT },
};

static const struct call *find_call(const struct wasm_import *import)
{
	size_t i;

	for (i = 0; i < AZ_CALL_COUNT; i++)
		if (wasm_is_text(import->name, CALLS[i].name) &&
		    wasm_is_text(import->module, CALLS[i].module))
			return &CALLS[i];
	return NULL;
}

static bool has_grant(const struct manifest_grants *g, enum az_grant_kind kind)
{
	switch (kind) {
	case AZ_GRANT_LOG:
		return g->log != 0;
	case AZ_GRANT_CLOCK:
		return g->clock != 0;
	case AZ_GRANT_RANDOM:
		return g->random;
	case AZ_GRANT_FILES:
		return g->mount_count != 0;
	case AZ_GRANT_POWER:
		return g->power != 0;
	case AZ_GRANT_RESET:
		return g->reset_count != 0;
	case AZ_GRANT_DEVICE:
		return g->held_count != 0;
	case AZ_GRANT_LISTEN:
		return g->listen_count != 0;
	case AZ_GRANT_CONNECT:
		return g->connect_count != 0;
	case AZ_GRANT_SECRET:
		return g->secret_count != 0;
	case AZ_GRANT_OBSERVE:
		return g->observe;
	default:
		return kind == 0;
	}
}

static const struct yaml_pair *grant_pair(
    const struct subject *s, enum az_grant_kind kind)
{
	const struct yaml_pair *grants = subject_key(s, "grants");

	return grants != NULL ? yaml_find(grants->value, GRANT_NAMES[kind])
			      : NULL;
}

/* `power` holds what it may do to the machine, and what to modules: the words
 * that stand there, if they are all right, say which of the two. */
static bool is_other_power(const struct subject *s,
    const struct yaml_node *words, enum az_grant_kind kind)
{
	const struct manifest_grants *g = &s->module->grants;
	size_t known = (size_t)__builtin_popcount(g->power) + g->reset_count;

	return (kind == AZ_GRANT_POWER || kind == AZ_GRANT_RESET) &&
	       words->kind == YAML_LIST && words->count == known &&
	       !has_grant(g, kind);
}

/* Whether the manifest speaks of the grant: one that is written and denied,
 * or written wrongly, is no oversight. */
static bool is_written(const struct subject *s, enum az_grant_kind kind)
{
	const struct yaml_pair *grant = grant_pair(s, kind);

	return grant != NULL && !is_other_power(s, grant->value, kind);
}

/* More than this says nothing. */
enum { NAME_SHOWN = 80 };

char *bytes_text(struct wasm_bytes bytes)
{
	size_t len = bytes.len < NAME_SHOWN ? bytes.len : NAME_SHOWN;

	return xasprintf("%.*s%s", (int)len, (const char *)bytes.at,
	    len < bytes.len ? "..." : "");
}

static char *near_call(const char *module, const char *name)
{
	const char *names[AZ_CALL_COUNT];
	const char *near;
	size_t i, count = 0;

	for (i = 0; i < AZ_CALL_COUNT; i++)
		if (strcmp(CALLS[i].module, module) == 0)
			names[count++] = CALLS[i].name;
	near = diag_nearest(name, names, count);
	return near != NULL ? xasprintf("%s.%s", module, near) : NULL;
}

static const char *foreign_help(const char *module)
{
	if (strcmp(module, "env") == 0)
		return "`env` holds what the linker did not find: link the "
		       "library that defines it";
	if (strcmp(module, "wasi_unstable") == 0)
		return "rebuild it with a toolchain for "
		       "`" AZ_WASI_MODULE "`";
	return "modules import from `" AZ_WASI_MODULE
	       "`, from `" AZ_NATIVE_MODULE
	       "`, from those in `link`, and from call channels";
}

static void help_native(struct diag *d)
{
	struct buf names = { 0 };
	char *text;

	for (size_t i = 0; i < AZ_CALL_COUNT; i++)
		if (strcmp(CALLS[i].module, AZ_NATIVE_MODULE) == 0)
			buf_printf(&names, "%s`%s`", names.len > 0 ? ", " : "",
			    CALLS[i].name);
	text = buf_take(&names);
	diag_help(d, "functions of `azoth` are %s", text);
	free(text);
}

static void report_unknown(
    const struct subject *s, const struct wasm_import *import)
{
	bool native = wasm_is_text(import->module, AZ_NATIVE_MODULE);
	bool wasi = wasm_is_text(import->module, AZ_WASI_MODULE);
	char *module = bytes_text(import->module);
	char *name = bytes_text(import->name);
	char *near =
	    near_call(native ? AZ_NATIVE_MODULE : AZ_WASI_MODULE, name);
	struct diag *d = diag_add(s->list, native ? "AZ0302" : "AZ0304", s->at,
	    "`%s` imports `%s.%s`, which does not exist", s->path, module,
	    name);

	diag_label(d, "cannot be linked");
	if (near != NULL && !(native || wasi))
		diag_help(d, "`%s` exists; %s", near, foreign_help(module));
	else if (near != NULL)
		diag_help(d, "`%s` exists", near);
	else if (wasi)
		diag_help(d, "it is not a function of WASI preview 1");
	else if (native)
		help_native(d);
	else if (near_channel(s->m, module) != NULL)
		diag_help(d, "a channel named `%s` exists",
		    near_channel(s->m, module));
	else
		diag_help(d, "%s", foreign_help(module));
	free(module);
	free(name);
	free(near);
}

/* What is not a function comes from another module only. */
static void report_object(
    const struct subject *s, const struct wasm_import *import)
{
	static const char *const kinds[] = { [WASM_TABLE] = "table",
		[WASM_MEMORY] = "memory",
		[WASM_GLOBAL] = "global" };
	static const char *const helps[] = {
		[WASM_TABLE] = "build it without --import-table",
		[WASM_MEMORY] = "build it without --import-memory",
		[WASM_GLOBAL] = "build it as a static module, without --pie "
				"or -shared",
	};
	char *module = bytes_text(import->module);
	char *name = bytes_text(import->name);
	struct diag *d = diag_add(s->list, "AZ0304", s->at,
	    "`%s` imports the %s `%s.%s`, which does not exist", s->path,
	    kinds[import->kind], module, name);

	diag_label(d, "cannot be linked");
	diag_help(d, "%s; or name the module that has it in `link`",
	    helps[import->kind]);
	free(module);
	free(name);
}

static char type_letter(uint8_t valtype)
{
	switch (valtype) {
	case AZ_I32:
		return 'i';
	case AZ_I64:
		return 'I';
	case AZ_F32:
		return 'f';
	case AZ_F64:
		return 'F';
	case AZ_FUNCREF:
		return 'r';
	default:
		return 'x';
	}
}

char *type_text(const struct wasm_type *type)
{
	struct buf b = { 0 };
	uint32_t i;

	for (i = 0; i < type->param_count; i++)
		buf_putc(&b, type_letter(type->params[i]));
	buf_putc(&b, ':');
	for (i = 0; i < type->result_count; i++)
		buf_putc(&b, type_letter(type->results[i]));
	return buf_take(&b);
}

char *type_words(const char *type)
{
	static const char *const words[] = { ['i'] = "i32",
		['I'] = "i64",
		['f'] = "f32",
		['F'] = "f64",
		['r'] = "funcref",
		['x'] = "externref" };
	const char *result = strchr(type, ':') + 1;
	struct buf b = { 0 };
	const char *p;

	buf_putc(&b, '(');
	for (p = type; *p != ':'; p++)
		buf_printf(
		    &b, "%s%s", p > type ? " " : "", words[(unsigned char)*p]);
	buf_puts(&b, ") -> ");
	buf_puts(&b, *result == '\0' ? "nothing" : "");
	for (p = result; *p != '\0'; p++)
		buf_printf(&b, "%s%s", p > result ? " " : "",
		    words[(unsigned char)*p]);
	return buf_take(&b);
}

static void check_type(const struct subject *s,
    const struct wasm_import *import, const struct call *call)
{
	char *type = type_text(&s->wasm->types[import->type]);
	char *has, *wants;
	struct diag *d;

	if (strcmp(type, call->type) != 0) {
		has = type_words(type);
		wants = type_words(call->type);
		d = diag_add(s->list, "AZ0307", s->at,
		    "`%s` imports `%s.%s` with the wrong type", s->path,
		    call->module, call->name);
		diag_label(d, "as %s", has);
		diag_help(d, "declare it as %s", wants);
		free(has);
		free(wants);
	}
	free(type);
}

/* The place where a grant belongs. */
static struct span grants_span(const struct subject *s)
{
	return s->module->grants.at.line != 0 ? s->module->grants.at
					      : s->module->name.at;
}

static void help_grant(
    struct diag *d, const struct subject *s, enum az_grant_kind kind)
{
	if (s->module->grants.at.line != 0)
		diag_help(d, "add to its grants: `%s`", GRANT_LINES[kind]);
	else
		diag_help(d, "add to the module: `grants: { %s }`",
		    GRANT_LINES[kind]);
}

static void report_ungranted(
    const struct subject *s, const struct call *call, enum az_grant_kind kind)
{
	/* Who has `power` may lack this part of it. */
	const char *grant = kind == AZ_GRANT_RESET ? GRANT_LINES[AZ_GRANT_RESET]
						   : GRANT_NAMES[kind];
	struct diag *d = diag_add(s->list, "AZ0301", grants_span(s),
	    "module `%s` imports `%s.%s` without the grant `%s`",
	    s->module->name.text, call->module, call->name, grant);

	diag_label(d, "`%s` is not granted", grant);
	help_grant(d, s, kind);
}

/* What a call of module `azoth` needs. A server has sock_connect from its C
 * library, whether it uses it or not. */
static enum az_grant_kind needed(
    const struct subject *s, const struct call *call)
{
	if (call != &CALLS[AZ_CALL_SOCK_CONNECT])
		return call->grant;
	return has_grant(&s->module->grants, AZ_GRANT_LISTEN)
		   ? 0
		   : AZ_GRANT_CONNECT;
}

/* What the imports of one module need and use. */
struct needs {
	bool used[AZ_GRANT_KINDS];
	/* WASI calls that the module lacks the grant for: the first one, and
	 * how many there are. */
	const struct call *lacking[AZ_GRANT_KINDS];
	size_t lacking_count[AZ_GRANT_KINDS];
};

static void note_lacking(const struct subject *s, struct needs *n,
    const struct call *call, enum az_grant_kind kind)
{
	if (kind == 0 || is_written(s, kind))
		return;
	if (n->lacking_count[kind]++ == 0)
		n->lacking[kind] = call;
}

static void note_call(
    const struct subject *s, struct needs *n, const struct call *call)
{
	size_t i;

	n->used[call->grant] = true;
	for (i = 0; i < sizeof(ALSO_USES) / sizeof(ALSO_USES[0]); i++)
		if (call == &CALLS[ALSO_USES[i].call])
			n->used[ALSO_USES[i].grant] = true;
	if (strcmp(call->module, AZ_WASI_MODULE) == 0)
		note_lacking(s, n, call, call->grant);
	else if (needed(s, call) != 0 && !is_written(s, needed(s, call)))
		report_ungranted(s, call, needed(s, call));
	if (call == &CALLS[AZ_CALL_FD_WRITE])
		note_lacking(s, n, call, AZ_GRANT_LOG);
}

static void warn_lacking(
    const struct subject *s, const struct needs *n, enum az_grant_kind kind)
{
	char *more =
	    n->lacking_count[kind] > 1
		? xasprintf(" and %zu more", n->lacking_count[kind] - 1)
		: xstrdup("");
	struct diag *d = diag_add(s->list, "AZ0311", grants_span(s),
	    "module `%s` imports `%s`%s without the grant `%s`",
	    s->module->name.text, n->lacking[kind]->name, more,
	    GRANT_NAMES[kind]);

	diag_label(d, "such calls fail with an errno");
	help_grant(d, s, kind);
	free(more);
}

/* Some of its words are used, and the first of this kind is not. */
static void warn_unused_power(const struct subject *s,
    const struct yaml_pair *power, enum az_grant_kind kind)
{
	const struct yaml_node *words = power->value;
	const char *module;
	struct diag *d;
	uint32_t op;
	size_t i = 0;

	while (i + 1 < words->count &&
	       (!value_power(words->items[i]->text, &op, &module) ||
		   (op != 0) != (kind == AZ_GRANT_POWER)))
		i++;
	d = diag_add(s->list, "AZ0310", words->items[i]->at,
	    "module `%s` never uses its grant `%s`", s->module->name.text,
	    words->items[i]->text);
	diag_label(d, "it never imports `azoth.%s`",
	    kind == AZ_GRANT_POWER ? "power" : "reset");
	diag_help(d, "delete `%s` here", words->items[i]->text);
	fix_remove(d, words, i);
}

static void warn_unused(const struct subject *s, enum az_grant_kind kind)
{
	const struct yaml_pair *grant = grant_pair(s, kind);
	const struct manifest_grants *g = &s->module->grants;
	struct diag *d;

	if (grant == NULL)
		return;
	if (g->power != 0 && g->reset_count != 0 &&
	    (kind == AZ_GRANT_POWER || kind == AZ_GRANT_RESET)) {
		warn_unused_power(s, grant, kind);
		return;
	}
	d = diag_add(s->list, "AZ0310", grant->key->at,
	    "module `%s` never uses its grant `%s`", s->module->name.text,
	    GRANT_NAMES[kind]);
	diag_label(d, "nothing it imports needs this");
	if (yaml_has_line(subject_key(s, "grants")->value, grant)) {
		diag_help(d, "delete this line");
		diag_fix(d, grant->key->at, "");
	} else {
		diag_help(d, "delete `%s` here", GRANT_NAMES[kind]);
	}
}

/* One that the manifest has and that is left out, having been reported. */
static bool is_wrong_channel(
    const struct manifest *m, const struct wasm_import *import)
{
	const struct yaml_node *channels = yaml_get(m->tree, "channels");
	char *name = bytes_text(import->module);
	bool found = channels != NULL && channels->kind == YAML_MAP &&
		     yaml_find(channels, name) != NULL;

	free(name);
	return found && !m->channels_known &&
	       !wasm_is_text(import->module, AZ_NATIVE_MODULE) &&
	       !wasm_is_text(import->module, AZ_WASI_MODULE);
}

void check_imports(const struct subject *s)
{
	const struct wasm_import *import;
	const struct call *call;
	struct needs n = { 0 };
	uint32_t i;
	int kind;

	for (i = 0; i < s->wasm->import_count; i++) {
		import = &s->wasm->imports[i];
		if (import->kind != WASM_FUNC) {
			report_object(s, import);
			continue;
		}
		/* Those of channels are compared with the server's exports. */
		if (channel_of(s->m, import, NULL) != NULL ||
		    is_wrong_channel(s->m, import))
			continue;
		call = find_call(import);
		if (call == NULL) {
			report_unknown(s, import);
			continue;
		}
		check_type(s, import, call);
		note_call(s, &n, call);
	}
	for (kind = 1; kind < AZ_GRANT_KINDS; kind++) {
		if (n.lacking_count[kind] != 0)
			warn_lacking(s, &n, kind);
		if (!n.used[kind] && has_grant(&s->module->grants, kind))
			warn_unused(s, kind);
	}
}
