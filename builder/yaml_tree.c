#include "yaml_tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "diag_impl.h"
#include "mem.h"

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	const struct source *src;
	struct diags *list;
	unsigned depth;
};

/* Characters of one line between two marks. */
static struct span mark_span(
    const struct reader *r, yaml_mark_t from, yaml_mark_t to)
{
	struct span at = { r->src, (uint32_t)from.line + 1,
		(uint32_t)from.column + 1, 1 };

	if (to.line == from.line && to.column > from.column)
		at.len = (uint32_t)(to.column - from.column);
	else if (to.line > from.line)
		at.len = UINT32_MAX / 2; /* to the end of the line */
	return at;
}

static struct span event_span(const struct reader *r, const yaml_event_t *e)
{
	return mark_span(r, e->start_mark, e->end_mark);
}

/* The place of byte `at` of the source. */
static struct span byte_span(const struct source *src, size_t at)
{
	struct span span = { src, 1, 1, 1 };
	struct text_run line;
	size_t from, i;

	while (span.line < src->line_count && src->lines[span.line] <= at)
		span.line++;
	line = source_line(src, span.line);
	from = (size_t)(line.at - src->text);
	for (i = from; i < at && i < from + line.len; span.col++)
		i += text_step(src->text + i, src->len - i);
	return span;
}

static bool check_utf8(const struct source *src, struct diags *list)
{
	size_t i, n;
	struct diag *d;

	for (i = 0; i < src->len; i += n) {
		n = text_step(src->text + i, src->len - i);
		if (n > 1 || (unsigned char)src->text[i] < 0x80)
			continue;
		d = diag_add(list, "AZ0002", byte_span(src, i),
		    "byte %zu is not UTF-8: 0x%02x", i,
		    (unsigned char)src->text[i]);
		diag_label(d, "not UTF-8");
		diag_help(d, "convert the file: iconv -f latin1 -t utf-8");
		return false;
	}
	return true;
}

static bool tab_indents(const struct source *src, struct span at)
{
	struct text_run line = source_line(src, at.line);
	size_t i;

	for (i = 0; i < line.len && i < at.col; i++) {
		if (line.at[i] == '\t')
			return true;
		if (line.at[i] != ' ')
			return false;
	}
	return false;
}

/* What libyaml's terser messages mean for the writer of a manifest. */
static const char *problem_help(const char *problem)
{
	static const struct {
		const char *problem, *help;
	} rows[] = {
		{ "mapping values are not allowed in this context",
		    "put quotes round a text that holds `: `, or indent the "
		    "key "
		    "like its neighbours" },
		{ "did not find expected key",
		    "indent the key exactly like the keys above it" },
		{ "could not find expected ':'", "write `key: value`" },
		{ "found unexpected end of stream", "close the quote" },
		{ "did not find expected ',' or ']'",
		    "close the list with `]`" },
		{ "did not find expected ',' or '}'",
		    "close the map with `}`" },
		{ "found character that cannot start any token",
		    "put quotes round a text that starts with this character" },
		{ "control characters are not allowed",
		    "remove the character" },
		{ "found unknown escape character",
		    "use single quotes, in which a backslash is only itself" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].problem, problem) == 0)
			return rows[i].help;
	return NULL;
}

static void report_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem != NULL ? p->problem : "unknown";
	struct span at = mark_span(r, p->problem_mark, p->problem_mark);
	struct diag *d;

	if (p->error == YAML_READER_ERROR)
		at = byte_span(r->src, p->problem_offset);
	if (p->error != YAML_READER_ERROR && tab_indents(r->src, at)) {
		d = diag_add(
		    r->list, "AZ0003", at, "a tab is used for indentation");
		diag_label(d, "indented by a tab");
		diag_help(d, "use spaces: YAML forbids tabs here");
		return;
	}
	d = diag_add(
	    r->list, "AZ0001", at, "the YAML is not well formed: %s", problem);
	diag_label(d, "reading stopped here");
	if (p->context != NULL && p->context_mark.line != p->problem_mark.line)
		diag_also(d, mark_span(r, p->context_mark, p->context_mark),
		    "%s that starts here", p->context);
	if (problem_help(problem) != NULL)
		diag_help(d, "%s", problem_help(problem));
}

static bool next_event(struct reader *r, yaml_event_t *e)
{
	if (yaml_parser_parse(&r->parser, e))
		return true;
	report_syntax(r);
	return false;
}

static void refuse_magic(
    struct reader *r, struct span at, const char *what, const char *help)
{
	struct diag *d =
	    diag_add(r->list, "AZ0004", at, "%s are not allowed", what);

	diag_label(d, "refused here");
	diag_help(d, "%s", help);
}

static void check_properties(struct reader *r, const yaml_event_t *e,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct span at = mark_span(r, e->start_mark, e->start_mark);

	if (anchor != NULL) {
		at.len = 1 + (uint32_t)strlen((const char *)anchor);
		refuse_magic(r, at, "anchors",
		    "write the value out wherever it is needed");
	}
	if (tag != NULL)
		refuse_magic(r, at, "tags",
		    "remove the tag: each key has one type of its own");
}

static struct yaml_node *node_new(
    struct reader *r, enum yaml_kind kind, const yaml_event_t *e)
{
	struct yaml_node *node = arena_alloc(r->arena, sizeof(*node));

	node->kind = kind;
	node->at = event_span(r, e);
	node->text = "";
	node->last_line = (uint32_t)e->end_mark.line + 1;
	return node;
}

static struct yaml_node *read_scalar(struct reader *r, const yaml_event_t *e)
{
	struct yaml_node *node = node_new(r, YAML_SCALAR, e);
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	struct diag *d;

	check_properties(r, e, e->data.scalar.anchor, e->data.scalar.tag);
	node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if (memchr(text, '\0', len) != NULL) {
		d = diag_add(r->list, "AZ0001", node->at,
		    "a text holds a NUL character");
		diag_help(d, "remove the `\\0`");
		node->kind = YAML_BAD;
		return node;
	}
	node->text = arena_strndup(r->arena, text, len);
	return node;
}

static bool read_node(
    struct reader *r, yaml_event_t *e, struct yaml_node **out);

static bool read_list(
    struct reader *r, const yaml_event_t *start, struct yaml_node *list)
{
	struct yaml_node *item;
	yaml_event_t e;

	check_properties(r, start, start->data.sequence_start.anchor,
	    start->data.sequence_start.tag);
	list->flow =
	    start->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	for (;;) {
		if (!next_event(r, &e))
			return false;
		if (e.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (!read_node(r, &e, &item))
			return false;
		list->items = arena_push(r->arena, list->items, &list->count,
		    sizeof(list->items[0]));
		list->items[list->count - 1] = item;
	}
	list->last_line = (uint32_t)e.end_mark.line + 1;
	yaml_event_delete(&e);
	return true;
}

/* Whether a key can stay; if not, it has been reported. */
static bool check_key(struct reader *r, const struct yaml_node *key)
{
	struct diag *d;

	if (key->kind == YAML_BAD)
		return false;
	if (key->kind != YAML_SCALAR) {
		d = diag_add(
		    r->list, "AZ0104", key->at, "a key must be a plain text");
		diag_label(
		    d, "this is a %s", key->kind == YAML_LIST ? "list" : "map");
		diag_help(d, "write `key: value`");
		return false;
	}
	if (!key->quoted && strcmp(key->text, "<<") == 0) {
		refuse_magic(r, key->at, "merge keys",
		    "write the keys out, or use `include`");
		return false;
	}
	return true;
}

static bool read_map(
    struct reader *r, const yaml_event_t *start, struct yaml_node *map)
{
	struct yaml_node *key, *value;
	yaml_event_t e;

	check_properties(r, start, start->data.mapping_start.anchor,
	    start->data.mapping_start.tag);
	map->flow = start->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
	for (;;) {
		if (!next_event(r, &e))
			return false;
		if (e.type == YAML_MAPPING_END_EVENT)
			break;
		if (!read_node(r, &e, &key) || !next_event(r, &e) ||
		    !read_node(r, &e, &value))
			return false;
		if (!check_key(r, key))
			continue;
		map->pairs = arena_push(
		    r->arena, map->pairs, &map->count, sizeof(map->pairs[0]));
		map->pairs[map->count - 1] = (struct yaml_pair){ key, value };
	}
	map->last_line = (uint32_t)e.end_mark.line + 1;
	yaml_event_delete(&e);
	return true;
}

static bool check_depth(struct reader *r, const yaml_event_t *e)
{
	struct diag *d;

	if (r->depth < YAML_DEPTH_MAX)
		return true;
	d = diag_add(r->list, "AZ0006", event_span(r, e),
	    "nested deeper than %d levels", YAML_DEPTH_MAX);
	diag_label(d, "level %d", YAML_DEPTH_MAX + 1);
	diag_help(d, "write it flatter");
	return false;
}

static bool read_nested(
    struct reader *r, const yaml_event_t *e, struct yaml_node **out)
{
	bool done;

	if (!check_depth(r, e))
		return false;
	r->depth++;
	if (e->type == YAML_SEQUENCE_START_EVENT) {
		*out = node_new(r, YAML_LIST, e);
		done = read_list(r, e, *out);
	} else {
		*out = node_new(r, YAML_MAP, e);
		done = read_map(r, e, *out);
	}
	r->depth--;
	return done;
}

/* Reads the node that starts with *e, and deletes *e. */
static bool read_node(struct reader *r, yaml_event_t *e, struct yaml_node **out)
{
	bool done = true;

	if (e->type == YAML_ALIAS_EVENT) {
		refuse_magic(r, event_span(r, e), "aliases",
		    "write the value out wherever it is needed");
		*out = node_new(r, YAML_BAD, e);
	} else if (e->type == YAML_SCALAR_EVENT) {
		*out = read_scalar(r, e);
	} else {
		done = read_nested(r, e, out);
	}
	yaml_event_delete(e);
	return done;
}

static void check_directives(struct reader *r, const yaml_event_t *e)
{
	const yaml_tag_directive_t *tag =
	    e->data.document_start.tag_directives.start;

	if (e->data.document_start.version_directive != NULL ||
	    tag != e->data.document_start.tag_directives.end)
		refuse_magic(r, event_span(r, e), "directives",
		    "delete the lines that start with `%`");
}

/* The document's first event, or the end of the stream after reporting that
 * there is none. */
static bool open_document(struct reader *r, yaml_event_t *e)
{
	struct diag *d;

	do {
		if (!next_event(r, e))
			return false;
		if (e->type == YAML_DOCUMENT_START_EVENT)
			check_directives(r, e);
		if (e->type != YAML_STREAM_START_EVENT &&
		    e->type != YAML_DOCUMENT_START_EVENT)
			break;
		yaml_event_delete(e);
	} while (true);
	if (e->type != YAML_STREAM_END_EVENT)
		return true;
	yaml_event_delete(e);
	d = diag_add(r->list, "AZ0103", (struct span){ r->src, 0, 0, 0 },
	    "the manifest is empty");
	diag_help(d, "start with `azoth: 1`; `azoth new` writes an example");
	return false;
}

static bool close_document(struct reader *r)
{
	yaml_event_t e;
	struct diag *d;
	bool end;

	do {
		if (!next_event(r, &e))
			return false;
		end = e.type == YAML_STREAM_END_EVENT;
		if (e.type == YAML_DOCUMENT_START_EVENT) {
			d = diag_add(r->list, "AZ0005", event_span(r, &e),
			    "a second document starts here");
			diag_label(d, "only one is allowed");
			diag_help(d, "delete this line and all after it");
			end = true;
		}
		yaml_event_delete(&e);
	} while (!end);
	return true;
}

struct yaml_node *yaml_parse(
    struct arena *a, const struct source *src, struct diags *list)
{
	struct reader r = { .arena = a, .src = src, .list = list };
	struct yaml_node *root = NULL;
	yaml_event_t e;
	bool done;

	if (!check_utf8(src, list))
		return NULL;
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &r.parser, (const unsigned char *)src->text, src->len);
	done = open_document(&r, &e) && read_node(&r, &e, &root) &&
	       close_document(&r);
	yaml_parser_delete(&r.parser);
	return done ? root : NULL;
}

struct yaml_pair *yaml_find(const struct yaml_node *map, const char *key)
{
	size_t i;

	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (i = 0; i < map->count; i++)
		if (strcmp(map->pairs[i].key->text, key) == 0)
			return &map->pairs[i];
	return NULL;
}

struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
	struct yaml_pair *pair = yaml_find(map, key);

	return pair != NULL ? pair->value : NULL;
}

bool yaml_has_line(const struct yaml_node *map, const struct yaml_pair *pair)
{
	return !map->flow && map->count > 1 &&
	       (pair->value->kind == YAML_SCALAR || pair->value->flow) &&
	       pair->value->last_line == pair->key->at.line;
}

bool yaml_is_null(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->quoted &&
	       (node->text[0] == '\0' || strcmp(node->text, "~") == 0 ||
		   strcmp(node->text, "null") == 0);
}

static int compare_keys(const void *left, const void *right)
{
	const struct yaml_pair *const *a = left, *const *b = right;
	int order = strcmp((*a)->key->text, (*b)->key->text);

	return order != 0 ? order : *a < *b ? -1 : 1;
}

void yaml_duplicates(const struct yaml_node *map,
    void (*found)(const struct yaml_pair *first, const struct yaml_pair *again,
	void *arg),
    void *arg)
{
	const struct yaml_pair **sorted, *first;
	size_t i;

	if (map->kind != YAML_MAP || map->count < 2)
		return;
	sorted = xcalloc(map->count, sizeof(*sorted));
	for (i = 0; i < map->count; i++)
		sorted[i] = &map->pairs[i];
	qsort(sorted, map->count, sizeof(*sorted), compare_keys);
	first = sorted[0];
	for (i = 1; i < map->count; i++) {
		if (strcmp(first->key->text, sorted[i]->key->text) == 0)
			found(first, sorted[i], arg);
		else
			first = sorted[i];
	}
	free(sorted);
}
