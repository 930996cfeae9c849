/* azoth explain: a code of the catalogue, or a key of the manifest. */
#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "diag.h"
#include "exit.h"
#include "json_text.h"
#include "manifest_table.h"
#include "mem.h"
#include "schema.h"

static const char *severity_of(const struct diag_kind *kind)
{
	return kind->severity == SEV_ERROR ? "error" : "warning";
}

/* The list as {"schema":...,NAME:[...]}, when that is wanted. */
static void print_list(bool json, const char *name, json_t *list)
{
	json_t *out =
	    json_pack("{s:s,s:o}", "schema", "azoth.explain/1", name, list);

	if (json)
		json_text_print(stdout, out);
	else
		json_decref(out);
}

static void print_kind(const struct diag_kind *kind, bool json)
{
	const char *severity = severity_of(kind);
	json_t *out;

	if (!json) {
		printf("%s[%s]: %s\n\n%s\n", severity, kind->code, kind->title,
		    kind->text);
		return;
	}
	out = json_pack("{s:s,s:s,s:s,s:s,s:s}", "schema", "azoth.explain/1",
	    "code", kind->code, "severity", severity, "title", kind->title,
	    "text", kind->text);
	json_text_print(stdout, out);
}

static void print_kinds(bool json)
{
	const struct diag_kind *kinds;
	json_t *codes = json_array();
	size_t i, count;

	kinds = diag_kind_table(&count);
	for (i = 0; i < count; i++) {
		const struct diag_kind *kind = &kinds[i];

		if (!json)
			printf("%s  %-8s%s\n", kind->code, severity_of(kind),
			    kind->title);
		else
			json_array_append_new(codes,
			    json_pack("{s:s,s:s,s:s}", "code", kind->code,
				"severity", severity_of(kind), "title",
				kind->title));
	}
	print_list(json, "codes", codes);
}

static void collect_key(const struct field *f, const char *path, void *arg)
{
	if (f->type != FIELD_LATER)
		json_array_append_new(arg, json_string(path));
}

static void print_keys(bool json)
{
	json_t *keys = json_array();

	if (json)
		field_walk(field_root(), "", collect_key, keys);
	else
		schema_print_paths(stdout);
	print_list(json, "keys", keys);
}

struct near_arg {
	const char *names[512];
	size_t count;
};

static void collect_path(const struct field *f, const char *path, void *arg)
{
	struct near_arg *near = arg;

	if (f->type != FIELD_LATER &&
	    near->count < sizeof(near->names) / sizeof(near->names[0]))
		near->names[near->count++] = xstrdup(path);
}

static int report_unknown(const char *what)
{
	struct near_arg near = { .count = 0 };
	const struct diag_kind *kinds;
	const char *found;
	char *help;
	size_t i, count;

	field_walk(field_root(), "", collect_path, &near);
	found = diag_nearest(what, near.names, near.count);
	kinds = diag_kind_table(&count);
	for (i = 0; found == NULL && i < count; i++)
		found = diag_nearest(what, &kinds[i].code, 1);
	help = found != NULL
		   ? xasprintf("azoth explain %s", found)
		   : xstrdup("azoth explain codes, azoth explain keys");
	cli_error(NULL, help, "`%s` is neither a code nor a key", what);
	free(help);
	for (i = 0; i < near.count; i++)
		free((char *)near.names[i]);
	return EXIT_USAGE;
}

/* Codes are found in any case. */
static const struct diag_kind *find_kind(const char *what)
{
	const struct diag_kind *kinds;
	size_t i, count;

	kinds = diag_kind_table(&count);
	for (i = 0; i < count; i++)
		if (strcasecmp(kinds[i].code, what) == 0)
			return &kinds[i];
	return NULL;
}

int verb_explain(const struct cli *cli)
{
	const char *what = cli->args[0];
	const struct diag_kind *kind = find_kind(what);
	const struct field *f = field_find(what);

	if (strcmp(what, "codes") == 0)
		print_kinds(cli->json);
	else if (strcmp(what, "keys") == 0)
		print_keys(cli->json);
	else if (strcmp(what, "table") == 0)
		schema_print_markdown(stdout);
	else if (kind != NULL)
		print_kind(kind, cli->json);
	else if (f != NULL)
		schema_explain(stdout, f, what, cli->json);
	else
		return report_unknown(what);
	return EXIT_DONE;
}
