/* A tree as boxes in boxes, in rows; and the sizes of nodes. */
#include "graph_layout.h"

#include <string.h>

#include "graph.h"
#include "manifest.h"
#include "mem.h"

enum {
	ROW_WIDTH = 760,
	GAP = 14,
	NODE_PAD = 12,
	MODULE_WIDTH = 90, /* at least */
	EDGE_STEP = 13,    /* between edges at a side */
	NAME_HEIGHT = 34,
	NOTE_HEIGHT = 16,
};

int layout_length(const char *text)
{
	int count = 0;

	/* What is not the rest of a character of several bytes. */
	for (; *text != '\0'; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

int layout_text_height(const struct graph *g, size_t node)
{
	return NAME_HEIGHT + (g->nodes[node].note[0] != '\0' ? NOTE_HEIGHT : 0);
}

/* The edges at the side that has more of them. */
static int side_edges(const struct graph *g, size_t node)
{
	int left = 0, right = 0;

	for (size_t i = 0; i < g->edge_count; i++) {
		right += g->edges[i].from == node;
		left += g->edges[i].to == node;
	}
	return left > right ? left : right;
}

void layout_measure(struct layout_box *out, const struct graph *g, size_t node)
{
	const struct graph_node *n = &g->nodes[node];
	int name = LAYOUT_CHAR * layout_length(n->name);
	int note = LAYOUT_NOTE_CHAR * layout_length(n->note);
	int edges = EDGE_STEP * (side_edges(g, node) + 1);

	out->w = (name > note ? name : note) + 2 * NODE_PAD;
	out->h = layout_text_height(g, node);
	if (n->kind != NODE_MODULE)
		return;
	out->w = out->w < MODULE_WIDTH ? MODULE_WIDTH : out->w;
	out->h = out->h < edges ? edges : out->h;
}

struct boxes {
	struct layout *l;
	const struct graph *g;
	size_t *group; /* of each node of the tree */
};

static struct layout_box *box_of(const struct boxes *s, size_t node)
{
	const struct manifest_node *n = &s->g->m->nodes[node];

	return n->group ? &s->l->groups[s->group[node]]
			: &s->l->items[n->module_index].at;
}

static void place(const struct boxes *s, size_t node, int x, int y);

/* Children in rows from a corner on; the box grows round them. */
static void place_children(
    const struct boxes *s, size_t parent, struct layout_box *box)
{
	const struct manifest *m = s->g->m;
	int x = box->x + LAYOUT_PAD, y = box->y + LAYOUT_HEADER + GAP;
	int row = 0;

	for (size_t i = parent + 1; i < m->node_count; i++) {
		const struct layout_box *child = box_of(s, i);

		if (m->nodes[i].parent != parent)
			continue;
		place(s, i, x, y);
		if (x > box->x + LAYOUT_PAD &&
		    x + child->w > box->x + ROW_WIDTH) {
			x = box->x + LAYOUT_PAD;
			y += row + GAP;
			row = 0;
			place(s, i, x, y);
		}
		x += child->w + GAP;
		row = child->h > row ? child->h : row;
		if (x - GAP + LAYOUT_PAD > box->x + box->w)
			box->w = x - GAP + LAYOUT_PAD - box->x;
	}
	box->h = y + row + LAYOUT_PAD - box->y;
}

static void place(const struct boxes *s, size_t node, int x, int y)
{
	struct layout_box *box = box_of(s, node);
	const struct graph_group *group;

	box->x = x;
	box->y = y;
	if (!s->g->m->nodes[node].group)
		return;
	group = &s->g->groups[s->group[node]];
	box->w = LAYOUT_CHAR * (layout_length(group->name) + 2) +
		 LAYOUT_NOTE_CHAR * layout_length(group->note) + 2 * LAYOUT_PAD;
	place_children(s, node, box);
}

bool layout_boxes(struct layout *l, const struct graph *g)
{
	struct boxes s = { .l = l, .g = g };
	size_t groups = 0;

	*l = (struct layout){ .arena = arena_new() };
	if (g->m->node_count > LAYOUT_NODES_MAX)
		return false;
	l->item_count = g->node_count;
	l->items =
	    arena_alloc(l->arena, (g->node_count + 1) * sizeof(*l->items));
	l->groups = arena_alloc(l->arena, g->group_count * sizeof(*l->groups));
	s.group =
	    arena_alloc(l->arena, (g->m->node_count + 1) * sizeof(*s.group));
	for (size_t i = 0; i < g->node_count; i++)
		layout_measure(&l->items[i].at, g, i);
	for (size_t i = 0; i < g->m->node_count; i++)
		if (g->m->nodes[i].group)
			s.group[i] = groups++;
	if (g->m->node_count > 0)
		place(&s, 0, 0, 0);
	return true;
}
