#include "cli.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "diag.h"
#include "exit.h"
#include "fileio.h"
#include "mem.h"
#include "templates.h"

#define NAME_MARK "@NAME@"

enum { TEMPLATES_MAX = 16, DIR_MODE = 0755 };

static int list_templates(const struct cli *cli)
{
	size_t count;
	const struct template *t = template_table(&count);

	if (cli->json)
		printf("{\"schema\":\"azoth.new/1\",\"templates\":[");
	for (size_t i = 0; i < count; i++) {
		if (cli->json)
			printf("%s{\"name\":\"%s\",\"summary\":\"%s\"}",
			    i ? "," : "", t[i].name, t[i].summary);
		else
			printf("%-16s %s\n", t[i].name, t[i].summary);
	}
	if (cli->json)
		puts("]}");
	return EXIT_DONE;
}

static const struct template *find_template(const char *name)
{
	const char *names[TEMPLATES_MAX];
	size_t count;
	const struct template *t = template_table(&count);
	char help[96] = "`azoth new --list` lists them";

	for (size_t i = 0; i < count && i < TEMPLATES_MAX; i++) {
		if (strcmp(t[i].name, name) == 0)
			return &t[i];
		names[i] = t[i].name;
	}
	const char *near = diag_nearest(name, names, count);
	if (near)
		snprintf(help, sizeof help, "did you mean `%s`?", near);
	cli_error(NULL, help, "no template is named `%s`", name);
	return NULL;
}

/* A valid system name out of the folder's: lower case, digits and single
 * dashes, beginning with a letter. */
static char *project_name(const char *dir)
{
	struct buf out = { 0 };
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	size_t first = len;
	while (first > 0 && dir[first - 1] != '/')
		first--;
	for (size_t i = first; i < len && out.len < AZ_NAME_MAX; i++) {
		int c = tolower((unsigned char)dir[i]);
		if (islower(c) || (out.len && isdigit(c)))
			buf_putc(&out, (char)c);
		else if (out.len && out.at[out.len - 1] != '-')
			buf_putc(&out, '-');
	}
	while (out.len && out.at[out.len - 1] == '-')
		out.at[--out.len] = 0;
	if (out.len == 0)
		buf_puts(&out, "hello");
	return buf_take(&out);
}

/* Is the folder absent, or there without anything in it? */
static bool is_free(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	bool empty = true;

	if (!d)
		return errno == ENOENT;
	while (empty && (e = readdir(d)))
		empty =
		    strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(d);
	return empty;
}

static bool write_file(
    const char *dir, const struct template_file *file, const char *name)
{
	size_t mark = strlen(NAME_MARK);
	const char *at = file->text, *hit;
	struct buf text = { 0 };
	char *path = xasprintf("%s/%s", dir, file->path);
	char *slash = strrchr(path, '/');

	while ((hit = memmem(at, (size_t)(file->end - at), NAME_MARK, mark))) {
		buf_add(&text, at, (size_t)(hit - at));
		buf_puts(&text, name);
		at = hit + mark;
	}
	buf_add(&text, at, (size_t)(file->end - at));
	*slash = 0;
	bool ok = file_make_dirs(path, DIR_MODE);
	*slash = '/';
	ok = ok && file_write(path, text.at, text.len, (mode_t)file->mode);
	buf_fini(&text);
	free(path);
	return ok;
}

static int write_project(const struct template *t, const char *dir)
{
	char *name = project_name(dir);
	int code = EXIT_DONE;

	for (const struct template_file *f = t->files; f->path; f++) {
		if (write_file(dir, f, name))
			continue;
		cli_error(NULL, NULL, "cannot write `%s/%s`: %s", dir, f->path,
		    strerror(errno));
		code = EXIT_HOST;
		break;
	}
	free(name);
	return code;
}

int verb_new(const struct cli *cli)
{
	const char *wanted = cli_value(cli, "template");

	if (cli_value(cli, "list"))
		return list_templates(cli);
	if (cli->arg_count == 0) {
		cli_error(NULL, "usage: azoth new [-t NAME] DIR",
		    "new needs the project's folder");
		return EXIT_USAGE;
	}
	const char *dir = cli->args[0];
	const struct template *t = find_template(wanted ? wanted : "hello-c");
	if (!t)
		return EXIT_USAGE;
	if (!is_free(dir)) {
		cli_error(NULL, "choose a name that is not taken",
		    "`%s` is not an empty folder", dir);
		return EXIT_INPUT;
	}
	int code = write_project(t, dir);
	if (code != EXIT_DONE)
		return code;
	if (!cli->quiet)
		printf("%s: a new project from %s\n"
		       "next: cd %s && make\n"
		       "      azoth build\n"
		       "      azoth run\n",
		    dir, t->name, dir);
	return EXIT_DONE;
}
