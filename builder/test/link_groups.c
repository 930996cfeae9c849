/* link_groups: link groups of modules, as many as the standard input names.
 *
 * A line of it, words between tabs:
 *	member NAME LABEL FILE   NAME, LABEL: empty for none
 *	exact NAME LABEL FILE    the same; nothing has grown for it
 *	link FILE PAGES          write the group's module; a new group begins
 *	start FILE PAGES         the same, and the module starts by itself
 * For each of these one line comes out: `ok`, or why there is no module.
 * Every member's functions are exported as LABEL.NAME, its init too where the
 * module does not start. PAGES are for several memories; empty for any.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "wasm.h"
#include "wasm_link.h"

enum { MEMBERS_MAX = 4096, WORDS = 4, FILE_MODE = 0666 };

static struct {
	struct link_member members[MEMBERS_MAX];
	struct buf files[MEMBERS_MAX];
	char *lines[MEMBERS_MAX]; /* the members' words point into them */
	size_t count;
	char error[512]; /* of this group */
} group;

static char *word(char **rest)
{
	char *w = strsep(rest, "\t");

	return w != NULL && *w != 0 ? w : NULL;
}

static void add_member(char *line, bool grown)
{
	size_t n = group.count++;
	struct link_member *m = &group.members[n];
	struct wasm_error error = { 0 };
	char *rest = line, *path;

	group.lines[n] = line;
	*m = (struct link_member){ .grown = grown };
	(void)word(&rest);
	m->name = word(&rest);
	m->label = word(&rest);
	path = word(&rest);
	if (path == NULL || !file_read(&group.files[n], path, FILE_SIZE_MAX))
		snprintf(error.text, sizeof(error.text), "cannot be read");
	else
		m->module = wasm_parse((const uint8_t *)group.files[n].at,
		    group.files[n].len, &error);
	if (m->module == NULL && group.error[0] == 0)
		snprintf(group.error, sizeof(group.error), "%s: %s",
		    path != NULL ? path : "", error.text);
}

static void end_group(void)
{
	for (size_t i = 0; i < group.count; i++) {
		wasm_free((struct wasm_module *)group.members[i].module);
		buf_fini(&group.files[i]);
		free(group.lines[i]);
	}
	group.count = 0;
	group.error[0] = 0;
}

static void link_group(char *line)
{
	struct link_options options = { .export_all = true,
		.export_inits = strncmp(line, "link", 4) == 0 };
	struct link_error error = { 0 };
	struct buf out = { 0 };
	char *rest = line, *path, *pages;

	(void)word(&rest);
	path = word(&rest);
	pages = word(&rest);
	options.pages = pages != NULL ? (uint32_t)atoi(pages) : 0;
	if (group.error[0] != 0)
		puts(group.error);
	else if (wasm_link(
		     &out, group.members, group.count, &options, &error) != 0)
		puts(error.text);
	else if (path == NULL || !file_write(path, out.at, out.len, FILE_MODE))
		puts("cannot be written");
	else
		puts("ok");
	fflush(stdout);
	buf_fini(&out);
	end_group();
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
		line[len - 1] = 0;
		if (strncmp(line, "link\t", 5) == 0 ||
		    strncmp(line, "start\t", 6) == 0) {
			link_group(line);
		} else if (group.count < MEMBERS_MAX) {
			add_member(line, strncmp(line, "exact", 5) != 0);
			line = NULL;
			size = 0;
		} else {
			return EXIT_USAGE;
		}
	}
	free(line);
	end_group();
	return EXIT_DONE;
}
