/* graph_layers_impl: a layout by columns while it is made, for graph_layers.c
 * and graph_ranks.c alone.
 */
#ifndef BUILDER_GRAPH_LAYERS_IMPL_H
#define BUILDER_GRAPH_LAYERS_IMPL_H

#include "graph_layout.h"

/* A piece of an edge between neighbouring columns. */
struct piece {
	size_t left, right;
};

struct layers {
	const struct graph *g;
	struct layout *l;
	struct piece *pieces;
	size_t piece_count;
	size_t *order; /* items in their order from top to bottom */
	int *wish;     /* the middle that each item would like */
	int *top; /* of each group in each column: where its own items may be */
	int *low; /* of each group: where they end */
	int *mean, *own_mean; /* wishes of each group, and without its groups */
};

/* One more item; returns its number. */
size_t ranks_add(struct layers *s, size_t rank, size_t group);
/* Give every node its column, turn edges round that would lead back, and cut
 * edges into pieces. False: there are too many. */
bool ranks_make(struct layers *s);

#endif
