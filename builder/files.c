#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/index.h"
#include "fileio.h"
#include "verify/text.h"

struct walk {
	struct file_tree *tree;
	struct span at;
	struct diags *list;
};

static bool refuse(
    struct walk *w, const char *code, const char *path, const char *reason)
{
	struct diag *d =
	    diag_add(w->list, code, w->at, "`%s` cannot be packed", path);

	diag_label(d, "%s", reason);
	return false;
}

static bool name_fits(const char *name)
{
	size_t len = strlen(name);

	return len <= AZ_PATH_MAX && text_is_utf8(name, len) &&
	       text_is_plain(name, len);
}

static bool take_link(struct walk *w, struct file_entry *e, off_t size)
{
	struct arena *arena = w->tree->arena;
	char *target = arena_alloc(arena, (size_t)size + 2);
	ssize_t len = readlink(e->path, target, (size_t)size + 1);

	if (len < 0)
		return refuse(w, "AZ0205", e->path, strerror(errno));
	if (len == 0 || len > size || !name_fits(target))
		return refuse(w, "AZ0209", e->path,
		    "the target of this link is no UTF-8 path");
	e->kind = AZ_FILE_SYMLINK;
	e->target = target;
	return true;
}

static bool take_file(struct walk *w, struct file_entry *e)
{
	struct buf *contents = &w->tree->contents;

	e->kind = AZ_FILE_REGULAR;
	e->off = contents->len;
	if (!file_read(contents, e->path, AZ_BLOB_MAX - contents->len))
		return refuse(w, "AZ0205", e->path,
		    errno == EFBIG ? "the folder holds more than 1 GiB"
				   : strerror(errno));
	e->size = contents->len - e->off;
	return true;
}

/* Fill in kind and contents of the entry, whose name and path are known. */
static bool take_entry(struct walk *w, struct file_entry *e)
{
	struct stat st;

	if (!name_fits(e->name))
		return refuse(w, "AZ0209", e->path,
		    "its name is not UTF-8, or holds a control character");
	if (lstat(e->path, &st) != 0)
		return refuse(w, "AZ0205", e->path, strerror(errno));
	if (S_ISLNK(st.st_mode))
		return take_link(w, e, st.st_size);
	if (S_ISREG(st.st_mode))
		return take_file(w, e);
	if (!S_ISDIR(st.st_mode))
		return refuse(w, "AZ0209", e->path,
		    "only files, folders and symbolic links can be packed");
	e->kind = AZ_FILE_DIR;
	return true;
}

static int order_names(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x, *y);
}

/* The names in a folder, sorted by their bytes; NULL when unreadable. */
static char **list_folder(struct arena *arena, const char *path, size_t *count)
{
	DIR *dir = opendir(path);
	char **names = NULL;
	struct dirent *entry;

	*count = 0;
	if (dir == NULL)
		return NULL;
	names = arena_alloc(arena, sizeof(*names));
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		names = arena_push(
		    arena, *count ? names : NULL, count, sizeof(*names));
		names[*count - 1] = arena_strdup(arena, entry->d_name);
	}
	closedir(dir);
	qsort(names, *count, sizeof(*names), order_names);
	return names;
}

static bool walk_folder(struct walk *w, uint32_t parent)
{
	struct file_tree *tree = w->tree;
	const char *folder = tree->entries[parent].path;
	size_t count;
	char **names = list_folder(tree->arena, folder, &count);
	bool done = true;

	if (names == NULL)
		return refuse(w, "AZ0205", folder, strerror(errno));
	for (size_t i = 0; i < count; i++) {
		struct file_entry *e;

		if (tree->count == AZ_FILES_MAX)
			return refuse(
			    w, "AZ0117", folder, "more than 65536 entries");
		tree->entries = arena_push(tree->arena, tree->entries,
		    &tree->count, sizeof(*tree->entries));
		e = &tree->entries[tree->count - 1];
		e->name = names[i];
		e->path = arena_printf(tree->arena, "%s/%s", folder, names[i]);
		e->parent = parent;
		done = take_entry(w, e) && done;
	}
	return done;
}

bool file_tree_read(
    struct file_tree *out, const char *path, struct span at, struct diags *list)
{
	struct walk w = { out, at, list };
	struct stat st;
	bool done = true;

	memset(out, 0, sizeof(*out));
	out->arena = arena_new();
	if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
		diag_add(list, "AZ0205", at, "`%s` is not a folder", path);
		return false;
	}
	out->entries =
	    arena_push(out->arena, NULL, &out->count, sizeof(*out->entries));
	out->entries[0] = (struct file_entry){ .name = "",
		.path = arena_strdup(out->arena, path),
		.kind = AZ_FILE_DIR };
	/* Folders are appended while this runs: breadth first. */
	for (size_t i = 0; i < out->count; i++)
		if (out->entries[i].kind == AZ_FILE_DIR)
			done = walk_folder(&w, (uint32_t)i) && done;
	return done;
}

void file_tree_fini(struct file_tree *tree)
{
	if (tree->arena != NULL)
		arena_free(tree->arena);
	buf_fini(&tree->contents);
	memset(tree, 0, sizeof(*tree));
}
