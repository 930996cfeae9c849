/* graph_layout: where the nodes, groups and edges of a graph go, in pixels.
 *
 * Time goes from left to right: who acts stands left of whom it makes act,
 * but for circles. Each group has lanes of its own, so that groups do not
 * overlap and hold nothing that is not theirs. The same graph is always laid
 * out the same.
 */
#ifndef BUILDER_GRAPH_LAYOUT_H
#define BUILDER_GRAPH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct graph;

struct layout_box {
	int x, y, w, h;
};

/* A node, or where a long edge passes. */
struct layout_item {
	struct layout_box at;
	size_t rank, group;
};

/* An edge: the items that it passes, from left to right. Edges of one channel
 * that go the same way share what they can. */
struct layout_line {
	size_t *items;
	size_t count;
	bool backward; /* the edge leads from right to left */
};

struct layout {
	struct arena *arena;
	struct layout_item *items; /* first those of the nodes */
	size_t item_count;
	struct layout_line *lines; /* of each edge */
	struct layout_box *groups; /* group 0: everything */
	int *columns;              /* where each rank starts, then its end */
	size_t ranks;
};

enum {
	LAYOUT_CHAR = 8, /* width of a letter, of names and of notes */
	LAYOUT_NOTE_CHAR = 7,
	LAYOUT_HEADER = 24, /* above what is in a group */
	LAYOUT_PAD = 12,
	LAYOUT_GAP = 52, /* between columns */
	LAYOUT_NODES_MAX = 1000,
};

/* Columns by who makes whom act; or boxes, for a graph without edges. False:
 * too large to look at. layout_fini ends it either way. */
bool layout_layers(struct layout *l, const struct graph *g);
bool layout_boxes(struct layout *l, const struct graph *g);
void layout_fini(struct layout *l);

/* The item at which a line passes a column; SIZE_MAX: none. */
size_t layout_passes(const struct layout *l, size_t line, size_t rank);
/* Does an earlier line go from the item before this one to it, too? */
bool layout_shares(const struct layout *l, size_t line, size_t piece);

/* The size of a node's box, and of what is written in it alone. */
void layout_measure(struct layout_box *out, const struct graph *g, size_t node);
int layout_text_height(const struct graph *g, size_t node);
/* Characters of UTF-8 text. */
int layout_length(const char *text);

#endif
