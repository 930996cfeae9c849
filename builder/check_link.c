/* The group of a module: what `link` names, and the module itself. */
#include <stdio.h>
#include <stdlib.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "check_impl.h"
#include "exit.h"
#include "fileio.h"
#include "manifest.h"
#include "manifest_value.h"
#include "wasm.h"
#include "wasm_link.h"

/* A group while it is checked. files and members have one more than there
 * are links: the module itself comes last. */
struct group {
	const struct subject *s;
	const struct checked_file **files;
	struct link_member *members;
	size_t count;
};

/* Where the manifest names a member's file. */
static const struct manifest_string *place_of(const struct group *g, size_t n)
{
	const struct manifest_module *module = g->s->module;

	if (n < module->link_count)
		return &module->links[n].path;
	return module->source.text != NULL ? &module->source : &module->package;
}

/* Can it be linked? When no tool judged its types, as far as we know. */
static bool is_good(const struct checked *c, const struct checked_file *file)
{
	return file != NULL && file->wasm != NULL &&
	       (file->types_good || file->types_later || c->types != EXIT_DONE);
}

static bool open_members(struct checked *c, struct group *g)
{
	const struct manifest_module *module = g->s->module;
	bool good = is_good(c, g->files[module->link_count]);

	for (size_t i = 0; i < module->link_count; i++) {
		const struct manifest_link *link = &module->links[i];
		struct subject s = *g->s;
		char *what;

		if (link->path.text == NULL || link->path.text[0] == '\0') {
			good = false;
			continue;
		}
		what = xasprintf("the file of `%s` in module `%s`",
		    link->name.text, module->name.text);
		s.what = what;
		s.path = link->path.text;
		s.at = link->path.at;
		g->files[i] = check_open(c, &s, manifest_resolve(s.m, s.path));
		good &= is_good(c, g->files[i]);
		g->members[i].name = link->name.text;
		free(what);
	}
	for (size_t i = 0; good && i < g->count; i++)
		g->members[i].module = g->files[i]->wasm;
	return good;
}

static bool imports_from(const struct wasm_module *m, const char *name)
{
	for (uint32_t i = 0; i < m->import_count; i++)
		if (wasm_is_text(m->imports[i].module, name))
			return true;
	return false;
}

static void warn_unused(const struct group *g)
{
	for (size_t i = 0; i + 1 < g->count; i++) {
		const struct manifest_string *name =
		    &g->s->module->links[i].name;
		bool used = false;
		struct diag *d;

		for (size_t n = i + 1; n < g->count; n++)
			used |= imports_from(g->members[n].module, name->text);
		if (used)
			continue;
		d = diag_add(g->s->list, "AZ0322", name->at,
		    "module `%s` links to `%s`, and nothing imports from it",
		    g->s->module->name.text, name->text);
		diag_label(d, "not imported from");
		diag_help(
		    d, "delete it, or give it the name that imports have");
	}
}

/* The member that an import names, or the count of them. */
static size_t find_member(const struct group *g, struct wasm_bytes name)
{
	size_t i = 0;

	while (i + 1 < g->count && !wasm_is_text(name, g->members[i].name))
		i++;
	return i + 1 < g->count ? i : g->count;
}

static char *text_of(struct wasm_bytes bytes)
{
	return xstrndup((const char *)bytes.at, bytes.len);
}

/* The export whose name is nearest; NULL, or to be freed. */
static char *near_export(const struct wasm_module *m, struct wasm_bytes name)
{
	struct arena *a = arena_new();
	const char **names = arena_alloc(a, m->export_count * sizeof(*names));
	char *wanted = text_of(name), *found = NULL;
	const char *near;

	for (uint32_t i = 0; i < m->export_count; i++)
		names[i] = arena_strndup(a, (const char *)m->exports[i].name.at,
		    m->exports[i].name.len);
	near = diag_nearest(wanted, names, m->export_count);
	if (near != NULL)
		found = xstrdup(near);
	free(wanted);
	arena_free(a);
	return found;
}

/* No member in front of it has the name. */
static void help_no_member(const struct group *g, struct diag *d,
    const struct wasm_import *import, size_t wanted_by)
{
	size_t there = find_member(g, import->module);
	const struct manifest_module *module = g->s->module;
	char *name = text_of(import->module);
	const char **names = xcalloc(module->link_count, sizeof(*names));
	const char *near;

	for (size_t i = 0; i < module->link_count; i++)
		names[i] = module->links[i].name.text;
	near = diag_nearest(name, names, module->link_count);
	if (there < g->count && there == wanted_by)
		diag_help(d, "a module cannot import from itself");
	else if (there < g->count)
		diag_help(d,
		    "write `%s` above `%s`: a module imports from those that "
		    "stand before it",
		    name, module->links[wanted_by].name.text);
	else if (near != NULL)
		diag_help(d, "`link` has `%s`", near);
	else if (!name_valid_import(name))
		diag_help(d, "no module in `link` can have that name");
	else
		diag_help(d,
		    "add the module that has it: `link: { %s: "
		    "FILE.wasm }`",
		    name);
	free(names);
	free(name);
}

static void help_import(
    const struct group *g, struct diag *d, const struct link_error *e)
{
	const struct wasm_import *import =
	    &g->members[e->member].module->imports[e->import];
	size_t from = find_member(g, import->module);
	char *near = NULL;

	if (from >= e->member) {
		help_no_member(g, d, import, e->member);
		return;
	}
	diag_also(d, place_of(g, from)->at, "this is where it imports from");
	if (e->fault == LINK_INCOMPATIBLE) {
		diag_help(d, "build both modules from the same declarations");
		return;
	}
	near = near_export(g->members[from].module, import->name);
	if (near != NULL)
		diag_help(d, "`%s` exports `%s`", g->members[from].name, near);
	else
		diag_help(d, "export it from `%s`", g->members[from].name);
	free(near);
}

static void report_refused(const struct group *g, const struct link_error *e)
{
	static const char *const codes[] = {
		[LINK_UNKNOWN] = "AZ0320",
		[LINK_INCOMPATIBLE] = "AZ0321",
		[LINK_HOST_MEMORY] = "AZ0323",
		[LINK_LIMIT] = "AZ0323",
	};
	const struct manifest_string *place = place_of(g, e->member);
	struct diag *d = diag_add(g->s->list, codes[e->fault], place->at,
	    "`%s` cannot be linked: %s", place->text, e->text);

	diag_label(d, "cannot be linked");
	if (e->import != UINT32_MAX)
		help_import(g, d, e);
	else if (e->fault == LINK_HOST_MEMORY)
		diag_help(d, "let it import the memory that the main module "
			     "uses");
}

/* What was not judged of a member is judged now. */
static bool has_good_types(
    struct checked *c, const struct group *g, struct checked_file *linked)
{
	struct link_error refused = { .fault = LINK_LIMIT,
		.member = g->count - 1,
		.import = UINT32_MAX };
	struct wasm_error error;
	bool good = true;

	for (size_t i = 0; i < g->count; i++)
		good &= !g->files[i]->types_later;
	linked->types_good = good;
	if (check_types(&error, c, g->s->cache, linked))
		return true;
	snprintf(refused.text, sizeof(refused.text),
	    "together they are malformed: %s", error.text);
	report_refused(g, &refused);
	return false;
}

/* The modules that imports may name though no member has the name: those of
 * the system, and call channels. */
static const char *const *host_names(struct arena *a, const struct manifest *m)
{
	const char **names =
	    arena_alloc(a, (2 * m->channel_count + 3) * sizeof(*names));
	size_t n = 0;

	names[n++] = AZ_WASI_MODULE;
	names[n++] = AZ_NATIVE_MODULE;
	for (size_t i = 0; i < m->channel_count; i++) {
		const char *name = m->channels[i].name.text;

		if (m->channels[i].type != AZ_CHANNEL_CALL)
			continue;
		names[n++] = name;
		names[n++] = arena_printf(a, AZ_IMPORT_HANDLE "%s", name);
	}
	return names;
}

/* Link them; the result is like a file that was read. */
static const struct checked_file *link_files(
    struct checked *c, const struct group *g)
{
	struct arena *a = arena_new();
	const struct link_options options = {
		.host = host_names(a, g->s->m),
		.pages = (uint32_t)(g->s->module->memory / AZ_WASM_PAGE),
	};
	struct checked_file *linked = &c->linked[c->linked_count];
	struct wasm_error ignored;
	struct link_error error;
	int linking =
	    wasm_link(&linked->bytes, g->members, g->count, &options, &error);

	arena_free(a);
	if (linking != 0) {
		buf_fini(&linked->bytes);
		report_refused(g, &error);
		return NULL;
	}
	c->linked_count++;
	linked->path = xstrdup(g->files[g->count - 1]->path);
	file_sha256(linked->sha256, linked->bytes.at, linked->bytes.len);
	linked->wasm = wasm_parse(
	    (const uint8_t *)linked->bytes.at, linked->bytes.len, &ignored);
	return has_good_types(c, g, linked) ? linked : NULL;
}

const struct checked_file *check_link(
    struct checked *c, const struct subject *s, const struct checked_file *file)
{
	size_t count = s->module->link_count + 1;
	struct group g = { .s = s,
		.files = xcalloc(count, sizeof(*g.files)),
		.members = xcalloc(count, sizeof(*g.members)),
		.count = count };
	const struct checked_file *linked = NULL;

	g.files[count - 1] = file;
	if (open_members(c, &g))
		linked = link_files(c, &g);
	if (linked != NULL)
		warn_unused(&g);
	free(g.files);
	free(g.members);
	return linked;
}
