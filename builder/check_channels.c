/* Call channels: what clients import against what servers export. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/image.h"
#include "manifest.h"
#include "wasm.h"
#include "yaml_fix.h"

/* A function that a client imports from a channel. */
struct use {
	const struct checked *checked;
	const struct manifest *m;
	struct diags *list;
	struct manifest_channel *channel;
	const struct manifest_module *client;
	const struct wasm_module *wasm; /* the client's */
	const struct wasm_import *import;
	bool handle;
};

static bool names_channel(
    const struct wasm_import *import, const char *name, bool *handle)
{
	static const char prefix[] = AZ_IMPORT_HANDLE;
	const size_t skip = sizeof(prefix) - 1;
	struct wasm_bytes module = import->module;
	bool derived =
	    module.len > skip && memcmp(module.at, prefix, skip) == 0;

	if (derived) {
		module.at += skip;
		module.len -= skip;
	}
	if (!wasm_is_text(module, name))
		return false;
	if (handle != NULL)
		*handle = derived;
	return true;
}

const struct manifest_channel *channel_of(
    const struct manifest *m, const struct wasm_import *import, bool *handle)
{
	for (size_t i = 0; i < m->channel_count; i++)
		if (names_channel(import, m->channels[i].name.text, handle))
			return &m->channels[i];
	return NULL;
}

const char *near_channel(const struct manifest *m, const char *name)
{
	const char **names = xcalloc(m->channel_count, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < m->channel_count; i++)
		names[i] = m->channels[i].name.text;
	near = diag_nearest(name, names, m->channel_count);
	free(names);
	return near;
}

const struct manifest_channel *channel_served(
    const struct manifest *m, const struct manifest_module *module)
{
	for (size_t i = 0; i < m->channel_count; i++)
		if (m->channels[i].type == AZ_CHANNEL_CALL &&
		    &m->modules[m->channels[i].owner.module_index] == module)
			return &m->channels[i];
	return NULL;
}

/* What the manifest says of a channel under a key. */
static const struct yaml_node *channel_key(
    const struct manifest *m, const struct manifest_channel *c, const char *key)
{
	const struct yaml_node *channels = yaml_get(m->tree, "channels");

	return yaml_get(yaml_get(channels, c->name.text), key);
}

const struct wasm_module *wasm_of(const struct checked *c, size_t module)
{
	return c->modules[module] != NULL ? c->modules[module]->wasm : NULL;
}

/* Where the manifest names a module's file. */
static struct manifest_string file_of(const struct manifest_module *module)
{
	return module->source.text != NULL ? module->source : module->package;
}

static bool is_client(const struct use *u)
{
	for (size_t i = 0; i < u->channel->peer_count; i++)
		if (&u->m->modules[u->channel->peers[i].module_index] ==
		    u->client)
			return true;
	return false;
}

static struct diag *start_report(
    const struct use *u, const char *code, const char *rest)
{
	struct manifest_string file = file_of(u->client);
	char *name = bytes_text(u->import->name);
	struct diag *d =
	    diag_add(u->list, code, file.at, "`%s` imports `%s.%s`, %s",
		file.text, u->channel->name.text, name, rest);

	free(name);
	return d;
}

static void report_no_client(const struct use *u)
{
	static const char *const words[] = {
		[AZ_CHANNEL_RING] = "which is a ring",
		[AZ_CHANNEL_SIGNAL] = "which is a signal",
	};
	const struct manifest_channel *c = u->channel;
	struct diag *d;

	if (c->type != AZ_CHANNEL_CALL) {
		d = start_report(u, "AZ0312", words[c->type]);
		diag_label(d, "cannot be called");
		diag_also(d, c->type_at, "the type of the channel");
		diag_help(
		    d, "use it through `azoth.channel(\"%s\")`", c->name.text);
		return;
	}
	d = start_report(u, "AZ0312", "a channel of others");
	diag_label(d, "module `%s` is no client of `%s`", u->client->name.text,
	    c->name.text);
	if (&u->m->modules[c->owner.module_index] == u->client) {
		diag_help(d, "it is the server: call the function itself");
		return;
	}
	diag_also(d, c->name.at, "the channel");
	diag_help(d, "add `%s` to its `clients`", u->client->name.text);
	fix_append(d, channel_key(u->m, c, "clients"), u->client->name.text);
}

static struct manifest_method *find_method(
    const struct manifest_channel *c, struct wasm_bytes name)
{
	for (size_t i = 0; i < c->method_count; i++)
		if (wasm_is_text(name, c->methods[i].name.text))
			return &c->methods[i];
	return NULL;
}

const struct wasm_export *find_function(
    const struct wasm_module *w, struct wasm_bytes name)
{
	for (uint32_t i = 0; i < w->export_count; i++)
		if (w->exports[i].kind == WASM_FUNC &&
		    w->exports[i].name.len == name.len &&
		    memcmp(w->exports[i].name.at, name.at, name.len) == 0)
			return &w->exports[i];
	return NULL;
}

/* The exported function whose name is nearest; NULL, or to be freed. */
static char *near_function(const struct wasm_module *w, struct wasm_bytes name)
{
	struct arena *a = arena_new();
	const char **names = arena_alloc(a, w->export_count * sizeof(*names));
	char *wanted = bytes_text(name), *found = NULL;
	const char *near;
	size_t count = 0;

	for (uint32_t i = 0; i < w->export_count; i++)
		if (w->exports[i].kind == WASM_FUNC)
			names[count++] = arena_strndup(a,
			    (const char *)w->exports[i].name.at,
			    w->exports[i].name.len);
	near = diag_nearest(wanted, names, count);
	if (near != NULL)
		found = xstrdup(near);
	free(wanted);
	arena_free(a);
	return found;
}

static void report_no_function(
    const struct use *u, const struct wasm_module *server)
{
	const struct manifest_module *owner =
	    &u->m->modules[u->channel->owner.module_index];
	char *near = near_function(server, u->import->name);
	char *name = bytes_text(u->import->name);
	struct diag *d =
	    start_report(u, "AZ0313", "which the server does not export");

	diag_label(d, "cannot be bound");
	diag_also(d, file_of(owner).at, "the server, `%s`", owner->name.text);
	if (near != NULL)
		diag_help(d, "the server exports `%s`", near);
	else
		diag_help(d,
		    "export it: `__attribute__((export_name(\"%s\")))`", name);
	free(near);
	free(name);
}

static void report_no_method(const struct use *u)
{
	const struct manifest_channel *c = u->channel;
	const char **names = xcalloc(c->method_count, sizeof(*names)), *near;
	char *name = bytes_text(u->import->name);
	struct diag *d =
	    start_report(u, "AZ0124", "which its interface does not have");

	for (size_t i = 0; i < c->method_count; i++)
		names[i] = c->methods[i].name.text;
	near = diag_nearest(name, names, c->method_count);
	diag_label(d, "cannot be bound");
	diag_also(d, c->interface.at, "the interface");
	if (near != NULL)
		diag_help(d, "the interface has `%s`", near);
	else
		diag_help(d,
		    "add it to `%s`, or build `%s` with the header of `azoth "
		    "bindings --client %s`",
		    c->interface.text, u->client->name.text, c->interface.text);
	free(names);
	free(name);
}

static void report_type(
    const struct use *u, const char *client, const char *server)
{
	const struct manifest_channel *c = u->channel;
	const struct manifest_module *owner =
	    &u->m->modules[c->owner.module_index];
	char *has = type_words(client), *wants = type_words(server);
	struct diag *d =
	    start_report(u, "AZ0314", "which has another type there");

	diag_label(d, "as %s", has);
	diag_also(d,
	    c->interface.text != NULL ? c->interface.at : file_of(owner).at,
	    "the %s has %s", c->interface.text != NULL ? "interface" : "server",
	    wants);
	diag_help(d, "build both from the same declarations%s",
	    u->handle ? "; the client's has the handle before the others" : "");
	free(has);
	free(wants);
}

/* What is too much for a gate, or NULL. */
static const char *beyond_gate(const struct wasm_type *type)
{
	uint32_t floats = 0;

	for (uint32_t i = 0; i < type->param_count; i++) {
		if (type->params[i] == AZ_FUNCREF ||
		    type->params[i] == AZ_EXTERNREF)
			return "a reference, which only its own module knows";
		floats +=
		    type->params[i] == AZ_F32 || type->params[i] == AZ_F64;
	}
	if (type->result_count > 1)
		return "more than one result";
	if (type->result_count == 1 && (type->results[0] == AZ_FUNCREF ||
					   type->results[0] == AZ_EXTERNREF))
		return "a reference, which only its own module knows";
	if (type->param_count - floats > AZ_METHOD_INTS_MAX)
		return "more than 6 integer parameters";
	return floats > AZ_METHOD_FLOATS_MAX ? "more than 8 float parameters"
					     : NULL;
}

static bool check_shape(const struct use *u)
{
	const char *beyond = beyond_gate(&u->wasm->types[u->import->type]);
	struct diag *d;

	if (beyond == NULL)
		return true;
	d = start_report(u, "AZ0315", "which no gate can call");
	diag_label(d, "%s", beyond);
	diag_help(d, "pass a record or a list in memory instead: an "
		     "`interface` makes it so");
	return false;
}

/* Without an interface, what clients import is what there is, and an i32 is
 * a status. */
static void add_method(const struct use *u, const char *type)
{
	struct manifest_channel *c = u->channel;
	struct manifest_method *method;

	if (c->interface.text != NULL ||
	    find_method(c, u->import->name) != NULL)
		return;
	c->methods = arena_push(
	    u->m->arena, c->methods, &c->method_count, sizeof(*c->methods));
	method = &c->methods[c->method_count - 1];
	*method = (struct manifest_method){ 0 };
	method->name.text = arena_strndup(
	    u->m->arena, (const char *)u->import->name.at, u->import->name.len);
	method->type = arena_strdup(u->m->arena, type);
	method->status = strcmp(strchr(type, ':'), ":i") == 0;
	method->idempotent = c->on_failure == AZ_CHANNEL_RETRY;
}

/* The type of the function that the interface has, or else the server: to be
 * freed. NULL after reporting that there is none. */
static char *offered_type(const struct use *u, const struct wasm_module *server)
{
	const struct manifest_channel *c = u->channel;
	const struct wasm_export *e = find_function(server, u->import->name);
	const struct manifest_method *method = find_method(c, u->import->name);

	if (method != NULL)
		return xstrdup(method->type);
	if (c->method_count != 0 && c->interface.text != NULL) {
		report_no_method(u);
		return NULL;
	}
	if (e != NULL)
		return type_text(wasm_func_type(server, e->index));
	report_no_function(u, server);
	return NULL;
}

static void check_against_server(
    const struct use *u, const struct wasm_module *server)
{
	char *type = offered_type(u, server), *wanted, *has;

	if (type == NULL)
		return;
	wanted = xasprintf("%s%s", u->handle ? "i" : "", type);
	has = type_text(&u->wasm->types[u->import->type]);
	if (strcmp(has, wanted) != 0)
		report_type(u, has, wanted);
	else if (check_shape(u))
		add_method(u, type);
	free(type);
	free(wanted);
	free(has);
}

static void check_use(const struct use *u)
{
	const struct wasm_module *server;

	if (u->channel->type != AZ_CHANNEL_CALL || !is_client(u)) {
		report_no_client(u);
		return;
	}
	server = wasm_of(u->checked, u->channel->owner.module_index);
	if (server != NULL)
		check_against_server(u, server);
}

static void check_client(struct use *u)
{
	for (uint32_t i = 0; i < u->wasm->import_count; i++) {
		u->import = &u->wasm->imports[i];
		if (u->import->kind != WASM_FUNC)
			continue;
		/* The manifest is ours to complete. */
		u->channel = (struct manifest_channel *)channel_of(
		    u->m, u->import, &u->handle);
		if (u->channel != NULL)
			check_use(u);
	}
}

/* Does the module import a function that needs this end? A window that is not
 * there is an error of its own, as are devices and sockets. */
static bool uses_end(
    const struct wasm_module *w, const struct manifest_channel *c)
{
	for (uint32_t i = 0; i < w->import_count; i++) {
		const struct wasm_import *import = &w->imports[i];

		if (c->type == AZ_CHANNEL_CALL
			? names_channel(import, c->name.text, NULL)
			: wasm_is_text(import->module, AZ_NATIVE_MODULE) &&
			      wasm_is_text(import->name, "channel"))
			return true;
	}
	return c->type != AZ_CHANNEL_CALL && c->type != AZ_CHANNEL_SIGNAL;
}

static void warn_unused(const struct manifest *m, struct diags *list,
    const struct manifest_channel *c, const struct manifest_end *end)
{
	bool call = c->type == AZ_CHANNEL_CALL;
	const struct yaml_node *peers =
	    channel_key(m, c, call ? "clients" : "readers");
	struct diag *d = diag_add(list, "AZ0316", end->module.at,
	    "module `%s` never uses channel `%s`", end->module.text,
	    c->name.text);

	if (call)
		diag_label(d, "imports nothing from `%s`", c->name.text);
	else
		diag_label(d, "never imports `azoth.channel`");
	if (end == &c->owner || c->peer_count == 1) {
		diag_help(d, "delete the channel `%s`", c->name.text);
		return;
	}
	diag_help(d, "delete `%s` here", end->module.text);
	for (size_t i = 0; peers != NULL && i < peers->count; i++)
		if (peers->items[i]->text == end->module.text)
			fix_remove(d, peers, i);
}

static void check_ends(const struct checked *checked, const struct manifest *m,
    struct diags *list, const struct manifest_channel *c)
{
	const struct wasm_module *w = wasm_of(checked, c->owner.module_index);

	if (c->type != AZ_CHANNEL_CALL && w != NULL && !uses_end(w, c))
		warn_unused(m, list, c, &c->owner);
	for (size_t i = 0; i < c->peer_count; i++) {
		w = wasm_of(checked, c->peers[i].module_index);
		if (w != NULL && !uses_end(w, c))
			warn_unused(m, list, c, &c->peers[i]);
	}
}

/* A call that fails traps the client: is that meant? */
static void warn_status(const struct manifest *m, struct diags *list,
    const struct manifest_channel *c, const struct manifest_method *method)
{
	const struct yaml_node *written = channel_key(m, c, "on_failure");
	struct diag *d = diag_add(list, "AZ0319", c->name.at,
	    "function `%s` of channel `%s` cannot report a failed server",
	    method->name.text, c->name.text);

	diag_label(d, "its clients trap when a call fails");
	diag_help(d, "let it return a status, or write `on_failure: trap`");
	if (written != NULL)
		diag_fix(d, written->at, "trap");
	else
		fix_add(d,
		    yaml_get(yaml_get(m->tree, "channels"), c->name.text),
		    "on_failure: trap");
}

static void check_status(const struct manifest *m, struct diags *list,
    const struct manifest_channel *c)
{
	if (c->on_failure == AZ_CHANNEL_TRAP)
		return;
	for (size_t i = 0; i < c->method_count; i++)
		if (!c->methods[i].status)
			warn_status(m, list, c, &c->methods[i]);
}

void check_channels(
    const struct checked *c, struct manifest *m, struct diags *list)
{
	struct use u = { .checked = c, .m = m, .list = list };

	for (size_t i = 0; i < m->module_count; i++) {
		u.client = &m->modules[i];
		u.wasm = wasm_of(c, i);
		if (u.wasm != NULL)
			check_client(&u);
	}
	for (size_t i = 0; i < m->channel_count; i++) {
		const struct manifest_channel *channel = &m->channels[i];

		check_ends(c, m, list, channel);
		check_status(m, list, channel);
	}
}
