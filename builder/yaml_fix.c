#include "yaml_fix.h"

#include <stdlib.h>

#include "diag_impl.h"
#include "mem.h"

/* A scalar on one line, whose text is all that its span covers. */
static bool is_short(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->last_line == node->at.line &&
	       node->at.len != 0;
}

/* The place from the start of one to the end of another. */
static struct span span_over(struct span from, struct span to)
{
	from.len = to.col + to.len - from.col;
	return from;
}

/* The text of a place; to be freed. */
static char *span_text(struct span at)
{
	size_t from = source_offset(at.src, at.line, at.col);
	size_t to = source_offset(at.src, at.line, at.col + at.len);

	return xstrndup(at.src->text + from, to - from);
}

void fix_append(struct diag *d, const struct yaml_node *list, const char *item)
{
	const struct yaml_node *last;
	struct span at;
	char *text;

	if (list == NULL || list->kind != YAML_LIST || list->count == 0)
		return;
	last = list->items[list->count - 1];
	if (!is_short(last))
		return;
	at = last->at;
	/* A dash and a blank stand before an item of a block. */
	text = list->flow || at.col < 3
		   ? xasprintf(", %s", item)
		   : xasprintf("\n%*s- %s", (int)at.col - 3, "", item);
	at.col += at.len;
	at.len = 0;
	diag_fix(d, at, text);
	free(text);
}

/* In brackets: what is left of an item and its neighbour is the neighbour. */
static void keep_one(struct diag *d, struct span kept, struct span gone)
{
	struct span at =
	    kept.col < gone.col ? span_over(kept, gone) : span_over(gone, kept);
	char *text = span_text(kept);

	if (kept.line == gone.line)
		diag_fix(d, at, text);
	free(text);
}

void fix_remove(struct diag *d, const struct yaml_node *list, size_t item)
{
	const struct yaml_node *gone = list->items[item], *kept;

	if (list->count < 2 || !is_short(gone))
		return;
	kept = list->items[item == 0 ? 1 : item - 1];
	if (!list->flow)
		diag_fix(d, gone->at, "");
	else if (is_short(kept))
		keep_one(d, kept->at, gone->at);
}

void fix_move(
    struct diag *d, const struct yaml_node *list, size_t early, size_t late)
{
	struct span first = list->items[early]->at;
	struct span last = list->items[late]->at, rest = first;
	char *moved, *others, *text;

	if (!list->flow || !is_short(list->items[early]) ||
	    !is_short(list->items[late]) || first.line != last.line)
		return;
	/* All that stands in front of it, but for the comma behind that. */
	rest = span_over(first, list->items[late - 1]->at);
	if (!is_short(list->items[late - 1]))
		return;
	moved = span_text(last);
	others = span_text(rest);
	text = xasprintf("%s, %s", moved, others);
	diag_fix(d, span_over(first, last), text);
	free(moved);
	free(others);
	free(text);
}

void fix_add(struct diag *d, const struct yaml_node *map, const char *pair)
{
	struct span at;
	char *text;

	if (map->kind != YAML_MAP || map->count == 0)
		return;
	at = map->pairs[0].key->at;
	text = map->flow ? xasprintf("%s, ", pair)
			 : xasprintf("%s\n%*s", pair, (int)at.col - 1, "");
	at.len = 0;
	diag_fix(d, at, text);
	free(text);
}

void fix_delete(
    struct diag *d, const struct yaml_node *map, const struct yaml_pair *pair)
{
	size_t i = (size_t)(pair - map->pairs);
	const struct yaml_pair *kept;

	if (yaml_has_line(map, pair)) {
		diag_fix(d, pair->key->at, "");
		return;
	}
	if (!map->flow || map->count < 2 || !is_short(pair->value))
		return;
	kept = &map->pairs[i == 0 ? 1 : i - 1];
	if (is_short(kept->value) &&
	    kept->value->at.line == kept->key->at.line &&
	    pair->value->at.line == pair->key->at.line)
		keep_one(d, span_over(kept->key->at, kept->value->at),
		    span_over(pair->key->at, pair->value->at));
}
