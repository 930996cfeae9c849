/* The columns of nodes, and the pieces of edges between them. */
#include "graph_layers_impl.h"

#include <stdint.h>
#include <stdlib.h>

#include "graph.h"
#include "mem.h"

enum { ITEMS_MAX = 12000, BEND = 10 /* height of where an edge passes */ };

/* --- Ranks: columns ---------------------------------------------------- */

struct walk {
	const struct graph *g;
	struct layout *l;
	unsigned char *state; /* 0: not met, 1: above us, 2: done */
	size_t *done;         /* nodes, each behind those it leads to */
	size_t count;
};

static void visit(struct walk *w, size_t node)
{
	w->state[node] = 1;
	for (size_t i = 0; i < w->g->edge_count; i++) {
		const struct graph_edge *e = &w->g->edges[i];

		if (e->from != node)
			continue;
		if (w->state[e->to] == 1)
			w->l->lines[i].backward = true;
		else if (w->state[e->to] == 0)
			visit(w, e->to);
	}
	w->state[node] = 2;
	w->done[w->count++] = node;
}

static size_t left_of(const struct layers *s, size_t edge)
{
	const struct graph_edge *e = &s->g->edges[edge];

	return s->l->lines[edge].backward ? e->to : e->from;
}

static size_t right_of(const struct layers *s, size_t edge)
{
	const struct graph_edge *e = &s->g->edges[edge];

	return s->l->lines[edge].backward ? e->from : e->to;
}

/* Modules that nobody makes act go near to whom they make act. */
static void pull_right(struct layers *s, size_t node)
{
	size_t near = SIZE_MAX;

	for (size_t i = 0; i < s->g->edge_count; i++) {
		size_t right = right_of(s, i);

		if (right == node)
			return;
		if (left_of(s, i) == node && s->l->items[right].rank < near)
			near = s->l->items[right].rank;
	}
	if (near != SIZE_MAX)
		s->l->items[node].rank = near - 1;
}

static bool is_alone(const struct graph *g, size_t node)
{
	for (size_t i = 0; i < g->edge_count; i++)
		if (g->edges[i].from == node || g->edges[i].to == node)
			return false;
	return true;
}

/* Modules without channels fill the emptiest columns of their group. */
static void place_alone(struct layers *s, size_t node, size_t columns)
{
	size_t *used = xcalloc(columns, sizeof(*used)), best = 0;

	for (size_t i = 0; i < s->g->node_count; i++)
		if ((i < node || !is_alone(s->g, i)) &&
		    s->l->items[i].group == s->l->items[node].group &&
		    s->l->items[i].rank / 2 < columns)
			used[s->l->items[i].rank / 2]++;
	for (size_t i = 1; i < columns; i++)
		if (used[i] < used[best])
			best = i;
	s->l->items[node].rank = 2 * best;
	free(used);
}

static void spread_alone(struct layers *s)
{
	size_t columns = 1, alone = 0;

	for (size_t i = 0; i < s->g->node_count; i++) {
		alone += is_alone(s->g, i);
		if (s->l->items[i].rank / 2 + 1 > columns)
			columns = s->l->items[i].rank / 2 + 1;
	}
	while (s->g->edge_count == 0 && columns * columns < alone)
		columns++;
	for (size_t i = 0; i < s->g->node_count; i++)
		if (is_alone(s->g, i))
			place_alone(s, i, columns);
}

static void rank_nodes(struct layers *s)
{
	size_t nodes = s->g->node_count;
	struct walk w = { .g = s->g, .l = s->l };

	w.state = xcalloc(nodes, 1);
	w.done = xcalloc(nodes, sizeof(*w.done));
	for (size_t i = 0; i < nodes; i++)
		if (w.state[i] == 0)
			visit(&w, i);
	while (w.count-- > 0)
		for (size_t i = 0; i < s->g->edge_count; i++) {
			size_t left = left_of(s, i), right = right_of(s, i);
			size_t rank = s->l->items[left].rank + 1;

			if (left == w.done[w.count] &&
			    s->l->items[right].rank < rank)
				s->l->items[right].rank = rank;
		}
	for (size_t i = 0; i < nodes; i++)
		pull_right(s, i);
	spread_alone(s);
	free(w.state);
	free(w.done);
}

/* --- Edges: a bend in each column that they pass ------------------------ */

size_t ranks_add(struct layers *s, size_t rank, size_t group)
{
	struct layout *l = s->l;

	l->items =
	    arena_push(l->arena, l->items, &l->item_count, sizeof(*l->items));
	l->items[l->item_count - 1] = (struct layout_item){
		.at = { .h = BEND }, .rank = rank, .group = group
	};
	return l->item_count - 1;
}

size_t layout_passes(const struct layout *l, size_t line, size_t rank)
{
	const struct layout_line *e = &l->lines[line];
	size_t first = l->items[e->items[0]].rank;

	return rank >= first && rank - first < e->count ? e->items[rank - first]
							: SIZE_MAX;
}

bool layout_shares(const struct layout *l, size_t line, size_t piece)
{
	const struct layout_line *e = &l->lines[line];
	size_t rank = l->items[e->items[piece]].rank;

	for (size_t i = 0; i < line; i++)
		if (layout_passes(l, i, rank) == e->items[piece] &&
		    layout_passes(l, i, rank - 1) == e->items[piece - 1])
			return true;
	return false;
}

static void add_piece(struct layers *s, size_t left, size_t right)
{
	s->pieces = arena_push(
	    s->l->arena, s->pieces, &s->piece_count, sizeof(*s->pieces));
	s->pieces[s->piece_count - 1] = (struct piece){ left, right };
}

/* Do both edges leave, or both enter, one channel or right, the same way? */
static bool is_alike(const struct layers *s, size_t one, size_t other)
{
	const struct graph_edge *a = &s->g->edges[one];
	const struct graph_edge *b = &s->g->edges[other];
	bool leaves = s->g->nodes[a->from].kind != NODE_MODULE;

	return (leaves ? a->from == b->from : a->to == b->to) &&
	       s->l->lines[one].backward == s->l->lines[other].backward;
}

/* Where an edge passes a column: with an earlier one that is alike, or at a
 * bend of its own. */
static size_t bend(struct layers *s, size_t edge, size_t rank, size_t group)
{
	for (size_t i = 0; i < edge; i++) {
		size_t item = layout_passes(s->l, i, rank);

		if (item >= s->g->node_count && item != SIZE_MAX &&
		    s->l->items[item].group == group && is_alike(s, i, edge))
			return item;
	}
	return ranks_add(s, rank, group);
}

static bool cut_edge(struct layers *s, size_t edge)
{
	size_t left = left_of(s, edge), right = right_of(s, edge);
	size_t from = s->l->items[left].rank, to = s->l->items[right].rank;
	size_t group = graph_common_group(
	    s->g, s->l->items[left].group, s->l->items[right].group);
	struct layout_line *line = &s->l->lines[edge];

	if (s->l->item_count + (to - from) > ITEMS_MAX)
		return false;
	line->items =
	    arena_alloc(s->l->arena, (to - from + 1) * sizeof(*line->items));
	line->items[line->count++] = left;
	for (size_t rank = from + 1; rank < to; rank++)
		line->items[line->count++] = bend(s, edge, rank, group);
	line->items[line->count++] = right;
	for (size_t i = 1; i < line->count; i++)
		if (!layout_shares(s->l, edge, i))
			add_piece(s, line->items[i - 1], line->items[i]);
	return true;
}

bool ranks_make(struct layers *s)
{
	bool fits = true;

	rank_nodes(s);
	for (size_t i = 0; i < s->g->edge_count && fits; i++)
		fits = cut_edge(s, i);
	return fits;
}
