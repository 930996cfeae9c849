#include "manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest_fill.h"
#include "manifest_merge.h"
#include "manifest_shape.h"
#include "manifest_table.h"
#include "mem.h"
#include "yaml_tree.h"

/* A file being read, and the one that includes it. */
struct file {
	const struct file *parent;
	const char *path; /* from the manifest's folder */
	struct span at;   /* of the path in the parent */
};

struct loader {
	struct manifest *m;
	struct diags *list;
	struct yaml_node *root; /* merged so far */
	const char **seen;      /* included files already added */
	size_t seen_count;
	bool reads_files;
};

static void include_all(
    struct loader *l, const struct file *file, const struct yaml_node *tree);

/* Check one file's tree alone. */
static struct yaml_node *read_tree(struct loader *l, const struct source *src)
{
	struct yaml_node *tree = yaml_parse(l->m->arena, src, l->list);
	struct shape shape = { .list = l->list };

	if (tree == NULL)
		return NULL;
	shape_check(&shape, tree, field_root());
	return tree->kind == YAML_MAP ? tree : NULL;
}

/* A lexically clean path below the project's folder. */
static bool stays_inside(const char *path)
{
	size_t len;

	if (*path == '/' || *path == '\0')
		return false;
	for (; *path != '\0'; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if (len == 2 && path[0] == '.' && path[1] == '.')
			return false;
	}
	return true;
}

/* A symbolic link may also lead out. */
static bool really_inside(const struct manifest *m, const char *full)
{
	char *root = realpath(m->dir, NULL), *file = realpath(full, NULL);
	size_t len = root != NULL ? strlen(root) : 0;
	bool inside = root != NULL && file != NULL &&
		      strncmp(file, root, len) == 0 &&
		      (file[len] == '/' || strcmp(root, "/") == 0);

	free(root);
	free(file);
	return inside;
}

static void report_outside(struct loader *l, const struct yaml_node *path)
{
	struct diag *d = diag_add(l->list, "AZ0207", path->at,
	    "`%s` is not inside the project", path->text);

	diag_label(d, "leaves the manifest's folder");
	diag_help(d, "copy the file into the project");
}

static bool in_cycle(
    struct loader *l, const struct file *file, const struct yaml_node *path)
{
	const struct file *f;
	struct diag *d;

	for (f = file; f != NULL; f = f->parent) {
		if (strcmp(f->path, path->text) != 0)
			continue;
		d = diag_add(l->list, "AZ0204", path->at,
		    "`%s` includes itself", path->text);
		diag_label(d, "closes the circle");
		if (f->at.src != NULL && f->at.line != path->at.line)
			diag_also(d, f->at, "first included here");
		diag_help(d, "remove one of the two");
		return true;
	}
	return false;
}

static void report_unreadable(
    struct loader *l, const struct yaml_node *path, int error)
{
	const char *dir = l->m->dir;
	struct diag *d;

	if (error == EFBIG) {
		d = diag_add(l->list, "AZ0006", path->at,
		    "`%s` is larger than 1 MiB", path->text);
		diag_help(d, "split it");
		return;
	}
	d = diag_add(l->list, "AZ0205", path->at, "file `%s` %s", path->text,
	    error == ENOENT ? "does not exist" : strerror(error));
	diag_label(d, "included here");
	diag_help(d, "included files are searched in %s",
	    strcmp(dir, ".") == 0 ? "the manifest's folder" : dir);
}

static bool was_seen(struct loader *l, const char *path)
{
	size_t i;

	for (i = 0; i < l->seen_count; i++)
		if (strcmp(l->seen[i], path) == 0)
			return true;
	l->seen = arena_push(
	    l->m->arena, l->seen, &l->seen_count, sizeof(l->seen[0]));
	l->seen[l->seen_count - 1] = path;
	return false;
}

static void include_one(
    struct loader *l, const struct file *parent, const struct yaml_node *path)
{
	struct file file = { parent, path->text, path->at };
	struct source *src;
	struct yaml_node *tree;
	char *full;
	int error = ENOENT;

	if (!stays_inside(path->text)) {
		report_outside(l, path);
		return;
	}
	if (in_cycle(l, parent, path) || was_seen(l, path->text))
		return;
	src = xcalloc(1, sizeof(*src));
	diags_own(l->list, src);
	full = manifest_resolve(l->m, path->text);
	if (l->reads_files)
		error = source_load(src, full, SOURCE_MAX);
	if (error != 0) {
		report_unreadable(l, path, error);
	} else if (!really_inside(l->m, full)) {
		report_outside(l, path);
	} else if ((tree = read_tree(l, src)) != NULL) {
		merge_include(l->m->arena, l->root, tree, l->list);
		include_all(l, &file, tree);
	}
	free(full);
}

static void include_all(
    struct loader *l, const struct file *file, const struct yaml_node *tree)
{
	const struct yaml_node *paths = yaml_get(tree, "include");
	size_t i;

	if (paths == NULL || paths->kind != YAML_LIST)
		return;
	for (i = 0; i < paths->count && i < field_find("include")->max; i++)
		if (paths->items[i]->kind == YAML_SCALAR)
			include_one(l, file, paths->items[i]);
}

static void check_first_key(const struct yaml_node *tree, struct diags *list)
{
	const struct yaml_pair *p = yaml_find(tree, "azoth");
	struct diag *d;

	if (p == NULL || p == &tree->pairs[0])
		return;
	d = diag_add(
	    list, "AZ0113", p->key->at, "`azoth` must be the first key");
	diag_label(d, "comes after `%s`", tree->pairs[0].key->text);
	diag_help(d, "move this line to the top");
}

static void apply_profile(struct loader *l)
{
	const struct yaml_node *profiles = yaml_get(l->root, "profiles");
	const struct yaml_node *profile = yaml_get(profiles, l->m->profile);
	const char **names, *near = NULL;
	struct span at = { l->root->at.src, 0, 0, 0 };
	struct diag *d;
	size_t i;

	if (profile != NULL) {
		if (profile->kind == YAML_MAP)
			l->root = merge_profile(l->m->arena, l->root, profile);
		return;
	}
	d = diag_add(l->list, "AZ0206", at, "profile `%s` does not exist",
	    l->m->profile);
	if (profiles == NULL || profiles->kind != YAML_MAP) {
		diag_help(d, "the manifest has no `profiles`");
		return;
	}
	names = xcalloc(profiles->count, sizeof(*names));
	for (i = 0; i < profiles->count; i++)
		names[i] = profiles->pairs[i].key->text;
	near = diag_nearest(l->m->profile, names, profiles->count);
	if (near == NULL && profiles->count != 0)
		near = names[0];
	if (near != NULL)
		diag_help(d, "a profile named `%s` exists", near);
	free(names);
}

static struct manifest *manifest_new(const char *path, const char *profile)
{
	struct arena *a = arena_new();
	struct manifest *m = arena_alloc(a, sizeof(*m));
	const char *slash = strrchr(path, '/');

	m->arena = a;
	m->path = arena_strdup(a, path);
	m->profile = profile != NULL ? arena_strdup(a, profile) : NULL;
	if (slash == NULL)
		m->dir = ".";
	else
		m->dir = arena_strndup(
		    a, path, slash == path ? 1 : (size_t)(slash - path));
	return m;
}

static struct manifest *load_source(struct source *src, const char *path,
    const char *profile, bool reads_files, struct diags *list)
{
	struct manifest *m = manifest_new(path, profile);
	struct loader l = { .m = m, .list = list, .reads_files = reads_files };
	const char *slash = strrchr(path, '/');
	struct file file = { .path = slash != NULL ? slash + 1 : path };
	struct shape shape = { .list = list };
	struct yaml_node *tree = read_tree(&l, src);

	if (tree == NULL) {
		manifest_free(m);
		return NULL;
	}
	check_first_key(tree, list);
	l.root = map_copy(m->arena, tree);
	include_all(&l, &file, tree);
	check_profiles(l.root, list);
	if (profile != NULL)
		apply_profile(&l);
	shape_required(
	    &shape, l.root, (struct span){ src, 0, 0, 0 }, field_root());
	m->tree = l.root;
	manifest_fill(m, l.root, list);
	return m;
}

struct manifest *manifest_load(
    const char *path, const char *profile, struct diags *list)
{
	struct source *src = xcalloc(1, sizeof(*src));
	int error = source_load(src, path, SOURCE_MAX);
	struct diag *d;

	diags_own(list, src);
	if (error == 0)
		return load_source(src, path, profile, true, list);
	src->path = xstrdup(path);
	d = diag_add(list, error == EFBIG ? "AZ0006" : "AZ0205",
	    (struct span){ src, 0, 0, 0 },
	    error == EFBIG    ? "the manifest is larger than 1 MiB"
	    : error == ENOENT ? "the manifest does not exist"
			      : "the manifest cannot be read: %s",
	    strerror(error));
	diag_help(d, error == EFBIG ? "split it with `include`"
				    : "`azoth new` writes one");
	return NULL;
}

struct manifest *manifest_load_bytes(const char *path, const void *bytes,
    size_t len, const char *profile, struct diags *list)
{
	struct source *src = xcalloc(1, sizeof(*src));

	diags_own(list, src);
	source_from_bytes(src, path, bytes, len);
	if (len <= SOURCE_MAX)
		return load_source(src, path, profile, false, list);
	diag_add(list, "AZ0006", (struct span){ src, 0, 0, 0 },
	    "the manifest is larger than 1 MiB");
	return NULL;
}

void manifest_free(struct manifest *m)
{
	if (m != NULL)
		arena_free(m->arena);
}

static int compare_name(const void *key, const void *item)
{
	const struct manifest_module *const *module = item;

	return strcmp(key, (*module)->name.text);
}

bool manifest_find_module(
    const struct manifest *m, const char *name, size_t *index)
{
	const struct manifest_module **found =
	    m->module_count == 0 ? NULL
				 : bsearch(name, m->by_name, m->module_count,
				       sizeof(*m->by_name), compare_name);

	if (found != NULL)
		*index = (size_t)(*found - m->modules);
	return found != NULL;
}

char *manifest_resolve(const struct manifest *m, const char *path)
{
	if (*path == '/' || strcmp(m->dir, ".") == 0)
		return xstrdup(path);
	if (strcmp(m->dir, "/") == 0)
		return xasprintf("/%s", path);
	return xasprintf("%s/%s", m->dir, path);
}
