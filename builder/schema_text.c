#include "schema.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"

static char *number_text(uint64_t n)
{
	return xasprintf("%llu", (unsigned long long)n);
}

/* "64KiB to 4095MiB, a multiple of 64KiB", or empty: the caller frees it. */
static char *bounds_text(const struct field *f)
{
	char *(*text)(uint64_t n) = number_text;
	char *low, *high, *granule, *out;

	if (f->type == FIELD_LATER || f->max == 0)
		return xstrdup("");
	if (f->type == FIELD_TEXT || f->type == FIELD_PATH ||
	    f->type == FIELD_MOUNT || f->type == FIELD_STDIN ||
	    f->type == FIELD_NAME || f->type == FIELD_PACKAGE ||
	    f->type == FIELD_POWER || f->type == FIELD_RIGHT ||
	    f->type == FIELD_PLACE || f->type == FIELD_CHILD)
		return xasprintf(
		    "at most %llu bytes", (unsigned long long)f->max);
	if (f->type == FIELD_LIST || f->type == FIELD_NAMED)
		return xasprintf("%s%llu entries",
		    f->min != 0 ? "1 to " : "at most ",
		    (unsigned long long)f->max);
	if (f->type == FIELD_RATE)
		return xasprintf(
		    "1 in 1ms to %llu in 1h", (unsigned long long)f->max);
	if (f->type == FIELD_STATE)
		return xasprintf("v1 to v%llu", (unsigned long long)f->max);
	if (f->type == FIELD_SIZE)
		text = value_size_text;
	else if (f->type == FIELD_DURATION || f->type == FIELD_CPU ||
		 f->type == FIELD_RANGE)
		text = value_duration_text;
	low = text(f->min);
	high = text(f->max);
	granule = text(f->granule);
	out = xasprintf("%s to %s%s%s%s", low, high,
	    f->granule != 0 ? ", a multiple of " : "",
	    f->granule != 0 ? granule : "",
	    f->power_of_two ? ", a power of two" : "");
	free(low);
	free(high);
	free(granule);
	return out;
}

/* What values look like: the words, or the type's name. */
static char *type_text(const struct field *f)
{
	const char *const *w;
	struct buf b = { 0 };

	for (w = f->words; w != NULL && *w != NULL; w++)
		buf_printf(&b, "%s`%s`", b.len ? ", " : "", *w);
	if (b.len == 0)
		buf_puts(&b, field_type_name(f));
	return buf_take(&b);
}

/* The default, in backticks; empty without. The caller frees it. */
static char *default_text(const struct field *f)
{
	if (f->fallback == NULL)
		return xstrdup("");
	if (f->supervised == NULL)
		return xasprintf("`%s`", f->fallback);
	return xasprintf(
	    "`%s`, with `supervision` `%s`", f->fallback, f->supervised);
}

/* "call, ring": the types of map that have the key, with the words of type
 * (NULL: all have it). The caller frees it. */
static char *types_text(const struct field *f, const char *path)
{
	char *type = xasprintf(
	    "%.*s.type", (int)(strlen(path) - strlen(f->name) - 1), path);
	const struct field *t = f->types != 0 ? field_find(type) : NULL;
	struct buf b = { 0 };

	for (int i = 0; t != NULL && t->words[i] != NULL; i++)
		if ((f->types & 1u << i) != 0)
			buf_printf(
			    &b, "%s`%s`", b.len ? ", " : "", t->words[i]);
	free(type);
	return b.len != 0 ? buf_take(&b) : NULL;
}

/* In a cell a bar would end it. */
static void put_row(const struct field *f, const char *path, void *arg)
{
	FILE *to = arg;
	char *type = type_text(f), *bounds = bounds_text(f);
	char *fallback = default_text(f), *types = types_text(f, path);

	if (f->type == FIELD_LATER)
		fprintf(to, "| `%s` | | | | Not in this version. %s |\n", path,
		    f->help);
	else
		fprintf(to, "| `%s` | %s | %s | %s | %s%s%s%s |\n", path, type,
		    f->required ? "required" : fallback, bounds,
		    types != NULL ? "Of " : "", types != NULL ? types : "",
		    types != NULL ? ". " : "", f->help);
	free(type);
	free(bounds);
	free(fallback);
	free(types);
}

void schema_print_markdown(FILE *to)
{
	fputs("| key | type | default | bounds | meaning |\n"
	      "|---|---|---|---|---|\n",
	    to);
	field_walk(field_root(), "", put_row, to);
}

static void put_path(const struct field *f, const char *path, void *arg)
{
	if (f->type != FIELD_LATER)
		fprintf(arg, "%s\n", path);
}

void schema_print_paths(FILE *to)
{
	field_walk(field_root(), "", put_path, to);
}

static json_t *children_json(const struct field *f)
{
	json_t *keys = json_array();
	const struct field *child;

	for (child = f->children; child != NULL && child->name; child++)
		if (child->type != FIELD_LATER)
			json_array_append_new(keys, json_string(child->name));
	return keys;
}

static void explain_json(FILE *to, const struct field *f, const char *path)
{
	char *type = type_text(f), *bounds = bounds_text(f);
	json_t *out = json_pack("{s:s,s:s,s:s,s:b,s:s?,s:s,s:s?,s:s,s:b,s:o}",
	    "schema", "azoth.explain/1", "field", path, "type", type,
	    "required", f->required, "default", f->fallback, "bounds", bounds,
	    "example", f->example, "text", f->help, "supported",
	    f->type != FIELD_LATER, "keys", children_json(f));

	json_text_print(to, out);
	free(type);
	free(bounds);
}

static void put_line(FILE *to, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		fprintf(to, "  %-9s%s\n", name, value);
}

/* Words of a paragraph, broken before column 78. */
static void put_paragraph(FILE *to, const char *text)
{
	enum { WIDTH = 76 };
	size_t col = 0, len;

	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (col != 0 && col + 1 + len > WIDTH) {
			fputc('\n', to);
			col = 0;
		}
		fprintf(to, "%s%.*s", col ? " " : "  ", (int)len, text);
		col += len + 1;
	}
	fputc('\n', to);
}

static void explain_text(FILE *to, const struct field *f, const char *path)
{
	char *type = type_text(f), *bounds = bounds_text(f);
	char *fallback = default_text(f), *types = types_text(f, path);
	const struct field *child;

	fprintf(to, "%s\n", path);
	put_paragraph(to, f->help);
	if (f->type == FIELD_LATER) {
		fputs("  Not supported by this version of azoth.\n", to);
	} else {
		fputc('\n', to);
		put_line(to, "type", type);
		put_line(to, "of", types);
		put_line(to, "default",
		    f->required             ? "none: it must be written"
		    : f->supervised == NULL ? f->fallback
					    : fallback);
		put_line(to, "bounds", bounds);
		if (f->example != NULL)
			fprintf(to, "  %-9s%s%s%s\n", "example",
			    *f->name != '*' ? f->name : "",
			    *f->name != '*' ? ": " : "", f->example);
	}
	if (f->type == FIELD_MAP && f->children != NULL) {
		fputs("  keys     ", to);
		for (child = f->children; child->name != NULL; child++)
			if (child->type != FIELD_LATER)
				fprintf(to, "%s%s",
				    child == f->children ? "" : ", ",
				    child->name);
		fputc('\n', to);
	}
	free(type);
	free(bounds);
	free(fallback);
	free(types);
}

void schema_explain(
    FILE *to, const struct field *f, const char *path, bool json)
{
	if (json)
		explain_json(to, f, path);
	else
		explain_text(to, f, path);
}
