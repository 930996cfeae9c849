#include "check.h"
#include "check_impl.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/image.h"
#include "abi/layout.h"
#include "cache.h"
#include "exit.h"
#include "fileio.h"
#include "manifest.h"
#include "manifest_value.h"
#include "signing.h"
#include "sigs.h"
#include "wasm.h"
#include "yaml_tree.h"

enum { SHA256_SIZE = 32, DIGEST_PREFIX = 7 /* "sha256:" */ };

char *check_package_dir(void)
{
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (len < 0)
		return xstrdup("packages");
	exe[len] = '\0';
	slash = strrchr(exe, '/');
	*slash = '\0';
	return xasprintf("%s/../share/azoth/packages", exe);
}

char *check_interface_path(const struct manifest *m, const char *path)
{
	static const char ours[] = "azoth/";
	char *dir, *full;

	if (strncmp(path, ours, sizeof(ours) - 1) != 0)
		return manifest_resolve(m, path);
	dir = check_package_dir();
	full = xasprintf("%s/../sdk/%s", dir, path + sizeof(ours) - 1);
	free(dir);
	return full;
}

const struct yaml_pair *subject_key(const struct subject *s, const char *key)
{
	const struct yaml_node *modules = yaml_get(s->m->tree, "modules");

	return yaml_find(yaml_get(modules, s->module->name.text), key);
}

/* NAME@MAJOR is the file NAME-MAJOR.wasm. */
static char *module_path(
    const struct manifest *m, const struct manifest_module *module)
{
	char *dir, *path;
	uint64_t major;
	size_t len;

	if (module->source.text != NULL)
		return module->source.text[0] != '\0'
			   ? manifest_resolve(m, module->source.text)
			   : NULL;
	if (module->package.text == NULL ||
	    !value_package(module->package.text, &len, &major))
		return NULL;
	dir = check_package_dir();
	path = xasprintf("%s/%.*s-%llu.wasm", dir, (int)len,
	    module->package.text, (unsigned long long)major);
	free(dir);
	return path;
}

static void report_unreadable(
    const struct subject *s, const char *full, int error)
{
	struct diag *d;

	if (error == EFBIG) {
		d = diag_add(s->list, "AZ0115", s->at,
		    "`%s` is larger than %d MiB", s->path, AZ_IMAGE_MAX >> 20);
		diag_help(d, "put large data into `files`");
		return;
	}
	d = report_absent(s->list, s->what, s->path, full, s->at, error);
	if (error == ENOENT && s->module->source.text != NULL &&
	    s->module->build.text != NULL)
		diag_help(d, "run `%s`", s->module->build.text);
}

/* A text file with the name of a module is a common slip. */
static bool is_text_format(const struct buf *bytes)
{
	size_t i = 0;

	while (i < bytes->len && strchr(" \t\r\n", bytes->at[i]) != NULL)
		i++;
	return i < bytes->len && (bytes->at[i] == '(' || bytes->at[i] == ';');
}

static void report_refused(const struct subject *s, const struct wasm_error *e,
    const struct buf *bytes)
{
	static const char *const codes[] = {
		[WASM_MALFORMED] = "AZ0106",
		[WASM_OUTSIDE_PROFILE] = "AZ0107",
		[WASM_COMPONENT] = "AZ0303",
	};
	static const char *const words[] = {
		[WASM_MALFORMED] = "is malformed",
		[WASM_OUTSIDE_PROFILE] = "is outside profile 1",
		[WASM_COMPONENT] = "is",
	};
	struct diag *d = diag_add(s->list, codes[e->fault], s->at,
	    "`%s` %s%s %s", s->path, words[e->fault],
	    e->fault == WASM_COMPONENT ? "" : ":", e->text);

	diag_label(d, "at byte %zu of this file", e->offset);
	if (e->fault == WASM_MALFORMED && is_text_format(bytes))
		diag_help(d, "this is WebAssembly text: wat2wasm %s", s->path);
	else if (e->help[0] != '\0')
		diag_help(d, "%s", e->help);
	else if (e->fault == WASM_COMPONENT)
		diag_help(d, "build with `-target wasm32-wasip1`");
}

static void check_digest(const struct subject *s, const uint8_t sha256[32])
{
	const struct manifest_string *digest = &s->module->digest;
	char hex[2 * SHA256_SIZE + 1];
	struct diag *d;

	if (digest->text == NULL || !value_digest(digest->text))
		return;
	file_hex(hex, sha256, SHA256_SIZE);
	if (strcmp(digest->text + DIGEST_PREFIX, hex) == 0)
		return;
	d = diag_add(s->list, "AZ0603", digest->at,
	    "`%s` is not the file that `digest` pins", s->path);
	diag_label(d, "its digest is another one");
	diag_help(d, "review the file, then write `sha256:%s`", hex);
}

static const struct wasm_export *find_export(
    const struct wasm_module *w, const char *name)
{
	for (uint32_t i = 0; i < w->export_count; i++)
		if (wasm_is_text(w->exports[i].name, name))
			return &w->exports[i];
	return NULL;
}

static void report_no_entry(const struct subject *s)
{
	struct diag *d = diag_add(
	    s->list, "AZ0308", s->at, "`%s` does not export `_start`", s->path);

	diag_label(d, "cannot be started");
	if (find_export(s->wasm, "_initialize") != NULL)
		diag_help(d, "this is a reactor: make it the `server` of a "
			     "channel, or link a command, without "
			     "`-mexec-model=reactor`");
	else
		diag_help(d, "link it as a program with `main`, or "
			     "with `-Wl,--export=_start`");
}

static void report_program(
    const struct subject *s, const struct manifest_channel *served)
{
	struct diag *d = diag_add(s->list, "AZ0317", s->at,
	    "`%s` exports `_start`, and module `%s` is the server of channel "
	    "`%s`",
	    s->path, s->module->name.text, served->name.text);

	diag_label(d, "a program runs once and serves nobody");
	diag_also(d, served->owner.module.at, "the server");
	diag_help(d, "link it with `-mexec-model=reactor`, without `main`");
}

static void check_entry_type(
    const struct subject *s, const struct wasm_export *e, const char *name)
{
	const struct wasm_type *type =
	    e->kind == WASM_FUNC ? wasm_func_type(s->wasm, e->index) : NULL;
	struct diag *d;

	if (type != NULL && type->param_count == 0 && type->result_count == 0)
		return;
	d = diag_add(s->list, "AZ0308", s->at,
	    "`%s` of `%s` is not a function without parameters and results",
	    name, s->path);
	diag_label(d, "cannot be started");
	diag_help(d, "declare it `void %s(void)`", name);
}

/* A program has `_start`. A server has none, and perhaps `_initialize`. */
static void check_entry(const struct subject *s)
{
	const struct wasm_export *start = find_export(s->wasm, "_start");
	const struct wasm_export *init = find_export(s->wasm, "_initialize");
	const struct manifest_channel *served = channel_served(s->m, s->module);

	if (served != NULL && start != NULL)
		report_program(s, served);
	else if (served != NULL && init != NULL)
		check_entry_type(s, init, "_initialize");
	else if (start == NULL && !s->m->channels_known)
		; /* It may be the server of one that is wrong. */
	else if (served == NULL && start == NULL)
		report_no_entry(s);
	else if (served == NULL)
		check_entry_type(s, start, "_start");
}

static uint64_t memory_needed(const struct wasm_module *w)
{
	return w->memory_count != 0
		   ? (uint64_t)w->memories[0].min * AZ_WASM_PAGE
		   : 0;
}

static void check_memory(const struct subject *s)
{
	uint64_t needed = memory_needed(s->wasm);
	const struct manifest_module *module = s->module;
	bool written = module->memory_at.line != 0;
	char *needs, *has;
	struct diag *d;

	if (needed <= module->memory)
		return;
	needs = value_size_text(needed);
	has = value_size_text(module->memory);
	d = diag_add(s->list, "AZ0402",
	    written ? module->memory_at : module->name.at,
	    "module `%s` starts with %s of memory, more than its limit of %s",
	    module->name.text, needs, has);
	diag_label(
	    d, written ? "too little" : "the default of %s is too little", has);
	diag_help(d, "write `memory: %s`", needs);
	if (written)
		diag_fix(d, module->memory_at, needs);
	free(needs);
	free(has);
}

struct checked_file *check_find(const struct checked *c, const char *path)
{
	size_t i;

	for (i = 0; i < c->file_count; i++)
		if (strcmp(c->files[i].path, path) == 0)
			return &c->files[i];
	return NULL;
}

/* An earlier file with the bytes of this one; NULL. */
static const struct checked_file *find_twin(
    const struct checked *c, const struct checked_file *file)
{
	size_t i;

	for (i = 0; i < c->file_count && &c->files[i] != file; i++)
		if (memcmp(c->files[i].sha256, file->sha256, SHA256_SIZE) == 0)
			return &c->files[i];
	return NULL;
}

static bool has_global_elements(const struct wasm_module *w)
{
	for (uint32_t i = 0; i < w->elem_count; i++)
		for (uint32_t n = 0; n < w->elems[i].count; n++)
			if (w->elems[i].items[n].kind == WASM_GLOBAL_GET)
				return true;
	return false;
}

/* Parse the file and judge its types, unless its twin was. */
static void read_module(
    struct checked *c, struct checked_file *file, const struct subject *s)
{
	const struct checked_file *twin = find_twin(c, file);
	struct wasm_error error = { 0 };

	if (twin != NULL && twin->wasm != NULL) {
		file->wasm = twin->wasm;
		file->wasm_shared = true;
		file->types_good = twin->types_good;
	} else {
		file->wasm = wasm_parse(
		    (const uint8_t *)file->bytes.at, file->bytes.len, &error);
	}
	if (file->wasm == NULL) {
		report_refused(s, &error, &file->bytes);
		return;
	}
	file->types_later = has_global_elements(file->wasm);
	if (!file->types_later && !check_types(&error, c, s->cache, file))
		report_refused(s, &error, &file->bytes);
}

const struct checked_file *check_open(
    struct checked *c, const struct subject *s, char *path)
{
	struct checked_file *file = check_find(c, path);

	if (file != NULL) {
		free(path);
		return file;
	}
	file = &c->files[c->file_count];
	*file = (struct checked_file){ .path = path };
	if (!file_read(&file->bytes, path, AZ_IMAGE_MAX)) {
		report_unreadable(s, path, errno);
		buf_fini(&file->bytes);
		free(path);
		return NULL;
	}
	file_sha256(file->sha256, file->bytes.at, file->bytes.len);
	c->file_count++;
	read_module(c, file, s);
	return file;
}

/* What is wrong with `link` is reported; what it would satisfy is unknown. */
static bool has_wrong_link(const struct subject *s)
{
	const struct yaml_pair *link = subject_key(s, "link");

	return link != NULL && (link->value->kind != YAML_MAP ||
				   link->value->count != s->module->link_count);
}

/* More than stubs exist for. */
static void check_stubs(const struct subject *s)
{
	struct sigs sigs;
	struct diag *d;

	if (sigs_init(&sigs, s->wasm) == 0) {
		sigs_fini(&sigs);
		return;
	}
	d = diag_add(s->list, "AZ0107", s->at,
	    "`%s` is outside profile 1: its function types, times its %u "
	    "tables, are more than %u",
	    s->path, s->wasm->table_count, AZ_SIG_MAX);
	diag_label(d, "cannot be built");
}

static const struct checked_file *check_module(
    struct checked *c, struct subject *s)
{
	const struct manifest_module *module = s->module;
	const struct manifest_string *name =
	    module->source.text != NULL ? &module->source : &module->package;
	char *path = module_path(s->m, module), *what;
	const struct checked_file *file;

	if (path == NULL)
		return NULL;
	what = xasprintf("the %s of module `%s`",
	    module->source.text != NULL ? "source" : "package",
	    module->name.text);
	s->what = what;
	s->path = name->text;
	s->at = name->at;
	file = check_open(c, s, path);
	free(what);
	if (file == NULL)
		return NULL;
	check_digest(s, file->sha256);
	if (has_wrong_link(s))
		return NULL;
	if (file->wasm != NULL && module->link_count > 0)
		file = check_link(c, s, file);
	s->wasm = file != NULL ? file->wasm : NULL;
	if (s->wasm == NULL)
		return file;
	check_entry(s);
	check_memory(s);
	check_stubs(s);
	check_imports(s);
	return file;
}

void check_manifest(struct checked *out, struct manifest *m, struct diags *list)
{
	struct signing keys = { 0 };
	struct cache cache;
	struct subject s = { .m = m, .list = list, .cache = &cache };
	size_t i, files = m->module_count;

	for (i = 0; i < m->module_count; i++)
		files += m->modules[i].link_count;
	*out = (struct checked){ 0 };
	out->files = xcalloc(files, sizeof(*out->files));
	out->linked = xcalloc(m->module_count, sizeof(*out->linked));
	out->modules = xcalloc(m->module_count, sizeof(*out->modules));
	cache_open(&cache);
	for (i = 0; i < m->module_count; i++) {
		s.module = &m->modules[i];
		out->modules[i] = check_module(out, &s);
	}
	cache_close(&cache);
	check_interfaces(out, m, list);
	check_channels(out, m, list);
	check_drivers(m, list);
	check_windows(out, m, list);
	check_order(m, list);
	check_claims(m, list);
	check_life(m, list);
	check_paths(m, list);
	(void)signing_read(&keys, m, false, list);
	signing_fini(&keys);
	check_sums(m, list);
}

static void files_fini(struct checked_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!files[i].wasm_shared)
			wasm_free(files[i].wasm);
		buf_fini(&files[i].bytes);
		free(files[i].path);
	}
	free(files);
}

void checked_fini(struct checked *c)
{
	files_fini(c->linked, c->linked_count);
	files_fini(c->files, c->file_count);
	free(c->modules);
	*c = (struct checked){ 0 };
}
