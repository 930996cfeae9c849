/* `supervision`. */
#include "manifest_part.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_fix.h"

static const char ROOT_NAME[] = "root";

/* A tree while it is filled. */
struct tree {
	struct manifest *m;
	struct diags *list;
	const struct yaml_node **place; /* of each module in the tree */
	size_t groups_open;             /* above what is being filled */
	bool full;                      /* reported */
	bool broken; /* parts of it are wrong: reported by their shape */
};

static struct manifest_node *add_node(struct tree *t, size_t parent)
{
	struct manifest *m = t->m;

	m->nodes =
	    arena_push(m->arena, m->nodes, &m->node_count, sizeof(*m->nodes));
	m->nodes[m->node_count - 1] =
	    (struct manifest_node){ .parent = parent };
	return &m->nodes[m->node_count - 1];
}

static void fill_policy(const struct part *p, struct manifest_node *n)
{
	struct part intensity = part_of(p, "intensity");
	struct part backoff = part_of(p, "backoff");
	const char *range = part_text(&backoff, NULL);
	uint64_t count = 0;

	n->group = true;
	n->strategy = part_word(p, "strategy", NULL);
	if (!value_rate(part_text(&intensity, NULL), &count, &n->period))
		(void)value_rate(intensity.field->fallback, &count, &n->period);
	n->intensity = (uint32_t)count;
	if (range != NULL)
		(void)value_range(range, &n->backoff_min, &n->backoff_max);
}

static void report_twice(struct tree *t, const struct part *list, size_t item,
    const struct yaml_node *first)
{
	const struct yaml_node *again = list->node->items[item];
	struct diag *d = diag_add(t->list, "AZ0501", again->at,
	    "module `%s` has two supervisors", again->text);

	diag_label(d, "again here");
	diag_also(d, first->at, "first here");
	diag_help(d, "remove one of the two");
	fix_remove(d, list->node, item);
}

static void fill_module_node(
    struct tree *t, const struct part *p, size_t item, size_t parent)
{
	const struct yaml_node *node = p->node->items[item];
	struct manifest_end end;
	struct manifest_node *n;
	const char *near;
	size_t i;

	if (!part_module(p, "the supervision tree", node, 0, &end)) {
		/* It was meant, so it is no orphan. */
		near = part_near_module(t->m, node->text);
		if (near != NULL && manifest_find_module(t->m, near, &i) &&
		    t->place[i] == NULL)
			t->place[i] = node;
		return;
	}
	i = end.module_index;
	if (t->place[i] != NULL && strcmp(t->place[i]->text, node->text) == 0)
		report_twice(t, p, item, t->place[i]);
	t->place[i] = node;
	n = add_node(t, parent);
	n->name = end.module;
	n->module_index = i;
}

static void fill_children(struct tree *t, struct part p, size_t parent);

static void check_group_name(struct tree *t, const struct manifest_string *name)
{
	struct diag *d;
	char *good;
	size_t i;

	/* The last node is the group itself. */
	for (i = 0; i + 1 < t->m->node_count; i++)
		if (t->m->nodes[i].group &&
		    strcmp(t->m->nodes[i].name.text, name->text) == 0)
			break;
	if (i + 1 == t->m->node_count)
		return;
	d = diag_add(t->list, "AZ0505", name->at,
	    i == 0 ? "the name `%s` is that of the whole tree"
		   : "two groups are named `%s`",
	    name->text);
	diag_label(d, "messages could not tell them apart");
	if (i != 0)
		diag_also(d, t->m->nodes[i].name.at, "the first one");
	good = xasprintf("%s-2", name->text);
	diag_help(d, "rename it to `%s`", good);
	diag_fix(d, name->at, good);
	free(good);
}

static void fill_group(
    struct tree *t, struct part p, const struct yaml_node *key, size_t parent)
{
	struct manifest_node *n = add_node(t, parent);
	size_t self = t->m->node_count - 1;
	struct diag *d;

	n->name = node_string(key);
	fill_policy(&p, n);
	check_group_name(t, &n->name);
	if (++t->groups_open == AZ_DEPTH_MAX + 1) {
		d = diag_add(t->list, "AZ0117", key->at,
		    "group `%s` is nested %zu deep", key->text, t->groups_open);
		diag_label(d, "at most %d are allowed", AZ_DEPTH_MAX);
		diag_help(d, "move its children one group up");
	}
	fill_children(t, part_of(&p, "children"), self);
	t->groups_open--;
}

static void report_full(struct tree *t, const struct yaml_node *at)
{
	struct diag *d = diag_add(t->list, "AZ0117", at->at,
	    "the supervision tree has too many groups and modules");

	diag_label(d, "at most %d are allowed", AZ_NODES_MAX);
	t->full = true;
}

static void fill_children(struct tree *t, struct part p, size_t parent)
{
	size_t i, count = part_count(&p, YAML_LIST);
	struct part child = p;

	t->broken |= count == 0;
	for (i = 0; i < count && !t->full; i++) {
		child.node = p.node->items[i];
		child.field = p.field->children;
		if (t->m->node_count >= AZ_NODES_MAX) {
			report_full(t, child.node);
		} else if (child.node->kind == YAML_SCALAR) {
			fill_module_node(t, &p, i, parent);
		} else if (child.node->kind == YAML_MAP &&
			   child.node->count == 1) {
			const struct yaml_pair *group = child.node->pairs;

			child.node = group->value;
			child.field = field_group();
			fill_group(t, child, group->key, parent);
		} else {
			t->broken = true;
		}
	}
}

static void report_orphans(struct tree *t, const struct yaml_node *children)
{
	for (size_t i = 0; i < t->m->module_count; i++) {
		const struct manifest_string *name = &t->m->modules[i].name;
		struct diag *d;

		if (t->place[i] != NULL)
			continue;
		d = diag_add(t->list, "AZ0502", name->at,
		    "module `%s` is not in the supervision tree", name->text);
		diag_label(d, "nobody starts this module");
		diag_help(d,
		    "add `%s` to a `children` list, or remove `supervision` "
		    "to accept the default tree",
		    name->text);
		fix_append(d, children, name->text);
	}
}

/* Without `supervision` all modules are children of the root. It restarts
 * those whose own `restart` says so, and gives up as a written one would. */
static void default_tree(struct tree *t, const struct part *p)
{
	struct manifest_node *root = add_node(t, 0);
	bool restarts = false;

	for (size_t i = 0; i < t->m->module_count; i++)
		restarts |= t->m->modules[i].restart != AZ_RESTART_TEMPORARY;
	root->group = true;
	root->name.text = ROOT_NAME;
	if (restarts)
		fill_policy(p, root);
	for (size_t i = 0; i < t->m->module_count; i++) {
		struct manifest_node *n = add_node(t, 0);

		n->name = t->m->modules[i].name;
		n->module_index = i;
	}
}

void fill_supervision(struct part top)
{
	struct part p = part_of(&top, "supervision");
	struct part children = part_of(&p, "children");
	struct tree t = { .m = top.m, .list = top.list, .groups_open = 1 };
	struct manifest_node *root;

	if (p.node == NULL) {
		default_tree(&t, &p);
		return;
	}
	t.place =
	    arena_alloc(top.m->arena, top.m->module_count * sizeof(*t.place));
	root = add_node(&t, 0);
	root->name.text = ROOT_NAME;
	fill_policy(&p, root);
	root->escalate = part_word(&p, "escalate", NULL);
	fill_children(&t, children, 0);
	if (!t.broken)
		report_orphans(&t, children.node);
}
