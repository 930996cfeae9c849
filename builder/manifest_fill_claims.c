/* `assert`. */
#include "manifest_part.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_right.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"

static const char WHO[] = "the assertion";

/* An entry of a map of the top level that a right names. */
static void report_no_entry(const struct part *p, const char *key,
    const struct yaml_node *node, const char *name)
{
	const struct yaml_node *map = yaml_get(p->m->tree, key);
	size_t i, count = map != NULL ? map->count : 0;
	const char **names = xcalloc(count, sizeof(*names)), *near;
	struct diag *d;
	char *good;

	for (i = 0; i < count; i++)
		names[i] = map->pairs[i].key->text;
	near = diag_nearest(name, names, count);
	d = diag_add(p->list, "AZ0202", node->at,
	    "the assertion names `%s`, which does not exist", node->text);
	diag_label(d, "no entry of `%s` has this name", key);
	if (near != NULL) {
		good = xasprintf(
		    "%.*s%s", (int)(name - node->text), node->text, near);
		diag_help(d, "write `%s`", good);
		diag_fix(d, node->at, good);
		free(good);
	} else {
		diag_help(
		    d, "remove this assertion, or add `%s` to `%s`", name, key);
	}
	free(names);
}

/* What a right of this kind names, in the top level's map `key`; the structures
 * hold only those entries that are right. */
static bool find_entry(const struct part *p, const struct yaml_node *node,
    const char *key, const char *name, struct manifest_right *out)
{
	const struct yaml_node *map = yaml_get(p->m->tree, key);

	if (map == NULL || map->kind != YAML_MAP ||
	    yaml_find(map, name) == NULL)
		report_no_entry(p, key, node, name);
	return right_find(p->m, out->kind, name, &out->index);
}

static bool fill_right(
    const struct part *p, const char *key, struct manifest_right *out)
{
	static const char *const maps[] = { [RIGHT_FILES] = "files",
		[RIGHT_CHANNEL] = "channels",
		[RIGHT_DEVICE] = "devices",
		[RIGHT_NETWORK] = "networks",
		[RIGHT_SECRET] = "secrets",
		[RIGHT_CONNECT] = NULL };
	const struct yaml_node *node = yaml_get(p->node, key);
	struct manifest_end end = { 0 };
	const char *name;
	bool found = true;

	if (node == NULL || node->kind != YAML_SCALAR ||
	    !right_parse(node->text, &out->kind, &name))
		return false;
	out->text = node_string(node);
	if (maps[out->kind] != NULL)
		found = find_entry(p, node, maps[out->kind], name, out);
	else if (name != NULL) {
		found = part_module(
		    p, WHO, node, (size_t)(name - node->text), &end);
		out->index = end.module_index;
	}
	return found;
}

static bool fill_never(struct part p, struct manifest_claim *c)
{
	bool known;

	c->modules = arena_alloc(p.m->arena, sizeof(*c->modules));
	known = part_module(&p, WHO, yaml_get(p.node, "from"), 0, c->modules);
	c->module_count = 1;
	return fill_right(&p, "to", &c->right) && known;
}

static bool fill_only(struct part p, struct manifest_claim *c)
{
	struct part modules = part_of(&p, "modules");
	size_t i, count = part_count(&modules, YAML_LIST);
	bool known = true;

	c->only = true;
	c->modules = arena_alloc(p.m->arena, count * sizeof(*c->modules));
	for (i = 0; i < count; i++)
		known &= part_module(&modules, WHO, modules.node->items[i], 0,
		    &c->modules[c->module_count++]);
	return fill_right(&p, "may", &c->right) && known;
}

/* Exactly one of the two. */
static bool check_kind(const struct part *p)
{
	const struct yaml_pair *never = yaml_find(p->node, "never");
	const struct yaml_pair *only = yaml_find(p->node, "only");
	struct diag *d;

	if (never != NULL && only != NULL) {
		d = diag_add(p->list, "AZ0109", only->key->at,
		    "an assertion has both `never` and `only`");
		diag_label(d, "one of them too many");
		diag_also(d, never->key->at, "the other one");
		diag_help(d, "write each as an item of its own");
	} else if (never == NULL && only == NULL && p->node->count == 0) {
		d = diag_add(p->list, "AZ0103", p->node->at,
		    "an assertion has neither `never` nor `only`");
		diag_help(d, "add `never: { from: MODULE, to: AUTHORITY }`");
	}
	return (never == NULL) != (only == NULL);
}

void fill_claims(struct part top)
{
	struct part p = part_of(&top, "assert"), item = p;
	size_t i, count = part_count(&p, YAML_LIST);
	struct manifest *m = top.m;

	m->claims = arena_alloc(m->arena, count * sizeof(*m->claims));
	item.field = p.field->children;
	for (i = 0; i < count; i++) {
		struct manifest_claim c = { 0 };

		item.node = p.node->items[i];
		if (item.node->kind != YAML_MAP || !check_kind(&item))
			continue;
		c.at = item.node->at;
		if (yaml_find(item.node, "only") != NULL
			? fill_only(part_of(&item, "only"), &c)
			: fill_never(part_of(&item, "never"), &c))
			m->claims[m->claim_count++] = c;
	}
}
