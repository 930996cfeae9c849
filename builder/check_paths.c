#include "check_impl.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "abi/index.h"
#include "manifest.h"

/* The name in the folder of `full` that is nearest to its own; NULL, or to
 * be freed. */
static char *near_name(const char *full)
{
	const char *slash = strrchr(full, '/');
	char *dir = slash != NULL ? xstrndup(full, (size_t)(slash - full) + 1)
				  : xstrdup(".");
	const char *base = slash != NULL ? slash + 1 : full;
	struct arena *a = arena_new();
	const char **names = NULL, *near;
	struct dirent *entry;
	size_t count = 0;
	char *found = NULL;
	DIR *d = opendir(dir);

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		names = arena_push(a, names, &count, sizeof(names[0]));
		names[count - 1] = arena_strdup(a, entry->d_name);
	}
	if (d != NULL)
		closedir(d);
	near = diag_nearest(base, names, count);
	if (near != NULL)
		found = xstrdup(near);
	arena_free(a);
	free(dir);
	return found;
}

/* The folder part of a path as the manifest writes it. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return xstrdup("the manifest's folder");
	return xasprintf("`%.*s`", (int)(slash - path), path);
}

static void help_absent(
    struct diag *d, const char *path, const char *full, bool package)
{
	const char *slash = strrchr(path, '/');
	char *near = near_name(full), *folder = folder_of(path);
	int dir_len = slash != NULL ? (int)(slash - path) + 1 : 0;

	if (package && near != NULL)
		diag_help(d, "the packages of this azoth hold `%s`", near);
	else if (package)
		diag_help(d, "no package of this azoth has such a name");
	else if (near != NULL)
		diag_help(d, "a file `%.*s%s` exists", dir_len, path, near);
	else
		diag_help(d, "it was searched in %s", folder);
	free(near);
	free(folder);
}

static struct diag *report_kind(struct diags *list, const char *what,
    const char *path, struct span at, bool folder)
{
	struct diag *d = diag_add(list, "AZ0205", at, "%s, `%s`, is %s", what,
	    path, folder ? "not a folder" : "a folder");

	diag_label(d, "expected a %s", folder ? "folder" : "file");
	diag_help(
	    d, folder ? "name the folder that holds it" : "name a file in it");
	return d;
}

struct diag *report_absent(struct diags *list, const char *what,
    const char *path, const char *full, struct span at, int error)
{
	bool package = strchr(path, '@') != NULL;
	struct diag *d;

	if (error == EISDIR) {
		return report_kind(list, what, path, at, false);
	}
	if (error != ENOENT && error != ENOTDIR) {
		d = diag_add(list, "AZ0205", at, "%s, `%s`, cannot be read: %s",
		    what, path, strerror(error));
		diag_label(d, "cannot be read");
		return d;
	}
	d = diag_add(
	    list, "AZ0205", at, "%s, `%s`, does not exist", what, path);
	diag_label(d, "not found");
	help_absent(d, path, full, package);
	return d;
}

/* Frees full. */
static bool check_path(struct diags *list, const char *what,
    const struct manifest_string *path, char *full, bool folder)
{
	bool good = false;
	struct stat st;

	if (*path->text == '\0')
		; /* reported by its shape */
	else if (stat(full, &st) != 0)
		report_absent(list, what, path->text, full, path->at, errno);
	else if (S_ISDIR(st.st_mode) != folder)
		report_kind(list, what, path->text, path->at, folder);
	else
		good = true;
	free(full);
	return good;
}

bool check_file(const struct manifest *m, struct diags *list, const char *what,
    const struct manifest_string *path)
{
	return check_path(
	    list, what, path, manifest_resolve(m, path->text), false);
}

void check_paths(const struct manifest *m, struct diags *list)
{
	char *what;
	size_t i;

	for (i = 0; i < m->file_count; i++) {
		what = xasprintf("the folder `%s`", m->files[i].name.text);
		check_path(list, what, &m->files[i].path,
		    manifest_resolve(m, m->files[i].path.text), true);
		free(what);
	}
	for (i = 0; i < m->channel_count; i++) {
		if (m->channels[i].interface.text == NULL)
			continue;
		what = xasprintf(
		    "the interface of channel `%s`", m->channels[i].name.text);
		check_path(list, what, &m->channels[i].interface,
		    check_interface_path(m, m->channels[i].interface.text),
		    false);
		free(what);
	}
	for (i = 0; i < m->module_count; i++) {
		if (m->modules[i].stdin_kind != AZ_STDIN_FILE)
			continue;
		what = xasprintf("the standard input of module `%s`",
		    m->modules[i].name.text);
		check_file(m, list, what, &m->modules[i].stdin_path);
		free(what);
	}
}
