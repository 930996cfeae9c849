#include "diag_impl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "mem.h"

static json_t *count_json(size_t n)
{
	return json_integer((json_int_t)n);
}

static void put_span(json_t *to, struct span at)
{
	if (at.src != NULL)
		json_object_set_new(to, "path", json_text_string(at.src->path));
	if (at.line == 0)
		return;
	json_object_set_new(to, "line", count_json(at.line));
	json_object_set_new(to, "column", count_json(at.col));
	json_object_set_new(to, "length", count_json(at.len));
}

static json_t *note_json(const struct diag_note *note, const char *key)
{
	json_t *out = json_object();

	put_span(out, note->at);
	json_object_set_new(out, key, json_text_string(note->text));
	return out;
}

static json_t *diag_json(const struct diag *d)
{
	json_t *out = json_object(), *related = json_array();
	size_t i;

	json_object_set_new(out, "code", json_text_string(d->kind->code));
	json_object_set_new(out, "severity",
	    json_text_string(severity_name(d->kind->severity)));
	json_object_set_new(out, "message", json_text_string(d->message));
	put_span(out, d->at);
	if (d->label != NULL)
		json_object_set_new(out, "label", json_text_string(d->label));
	if (d->help != NULL)
		json_object_set_new(out, "help", json_text_string(d->help));
	for (i = 0; i < d->note_count; i++)
		json_array_append_new(
		    related, note_json(&d->notes[i], "message"));
	json_object_set_new(out, "related", related);
	if (d->has_fix)
		json_object_set_new(out, "fix", note_json(&d->fix, "replace"));
	return out;
}

static json_t *list_json(
    const struct diags *list, json_t *(*row)(const struct diag *d))
{
	const struct diag **sorted = diags_sorted(list);
	json_t *out = json_array();
	size_t i;

	for (i = 0; i < list->count; i++)
		json_array_append_new(out, row(sorted[i]));
	free(sorted);
	return out;
}

void diags_print_json(const struct diags *list, FILE *to)
{
	json_t *out = json_object();

	json_object_set_new(out, "schema", json_string("azoth.check/1"));
	json_object_set_new(out, "errors", count_json(diags_errors(list)));
	json_object_set_new(out, "warnings", count_json(diags_warnings(list)));
	json_object_set_new(out, "diagnostics", list_json(list, diag_json));
	json_text_print(to, out);
}

/* SARIF 2.1.0: rules are the catalogue, results point into it by id. */
static json_t *location_json(struct span at)
{
	json_t *region = NULL;

	if (at.line != 0)
		region = json_pack("{s:I,s:I,s:I}", "startLine",
		    (json_int_t)at.line, "startColumn", (json_int_t)at.col,
		    "endColumn", (json_int_t)(at.col + (at.len ? at.len : 1)));
	return json_pack("{s:{s:{s:o},s:o*}}", "physicalLocation",
	    "artifactLocation", "uri",
	    json_text_string(at.src != NULL ? at.src->path : "azoth"), "region",
	    region);
}

static json_t *result_json(const struct diag *d)
{
	struct buf text = { 0 };
	json_t *out;

	buf_puts(&text, d->message);
	if (d->help != NULL)
		buf_printf(&text, "\nhelp: %s", d->help);
	out = json_pack("{s:s,s:s,s:{s:o},s:[o]}", "ruleId", d->kind->code,
	    "level", severity_name(d->kind->severity), "message", "text",
	    json_text_string(text.at), "locations", location_json(d->at));
	buf_fini(&text);
	return out;
}

static json_t *rules_json(void)
{
	json_t *out = json_array();
	const struct diag_kind *kinds;
	size_t i, count;

	kinds = diag_kind_table(&count);
	for (i = 0; i < count; i++)
		json_array_append_new(
		    out, json_pack("{s:s,s:{s:s},s:{s:s}}", "id", kinds[i].code,
			     "shortDescription", "text", kinds[i].title, "help",
			     "text", kinds[i].text));
	return out;
}

void diags_print_sarif(const struct diags *list, FILE *to)
{
	json_t *run = json_pack("{s:{s:{s:s,s:o}},s:o,s:s}", "tool", "driver",
	    "name", "azoth", "rules", rules_json(), "results",
	    list_json(list, result_json), "columnKind", "unicodeCodePoints");

	json_text_print(to, json_pack("{s:s,s:s,s:[o]}", "$schema",
				"https://json.schemastore.org/sarif-2.1.0.json",
				"version", "2.1.0", "runs", run));
}
