/* graph: a view of a system as nodes, edges and nested groups, for drawing.
 *
 * A channel is a node of its own: its edges lead from the modules that act
 * through it to those that they make act. A device has an edge from its driver
 * and from each who shares its memory; a network from its users, and to its
 * stack.
 * Memory: all of it dies with the graph, texts included.
 */
#ifndef BUILDER_GRAPH_H
#define BUILDER_GRAPH_H

#include <stdbool.h>
#include <stddef.h>

#include "abi/index.h"

struct arena;
struct buf;
struct manifest;

enum graph_view { GRAPH_CHANNELS, GRAPH_SUPERVISION, GRAPH_AUTHORITY };

/* A device or network is no channel here: it is what lies outside. */
enum graph_kind {
	NODE_MODULE,
	NODE_CHANNEL,
	NODE_RIGHT,
	NODE_DEVICE,
	NODE_NETWORK,
};

/* How channels and edges are drawn: an enum az_channel_type, or: */
enum graph_style { STYLE_NONE = 0, STYLE_HOLDS = AZ_CHANNEL_DEVICE + 1 };

struct graph_node {
	enum graph_kind kind;
	unsigned style; /* of a channel */
	const char *name, *note;
	size_t group;
};

struct graph_edge {
	size_t from, to;
	unsigned style;
	bool head; /* an arrow at its end */
};

/* Group 0 is the whole; parents stand before their children. */
struct graph_group {
	const char *name, *note;
	size_t parent;
};

struct graph {
	struct arena *arena;
	enum graph_view view;
	const char *name; /* of the system */
	struct graph_node *nodes;
	size_t node_count;
	struct graph_edge *edges;
	size_t edge_count;
	struct graph_group *groups;
	size_t group_count;
	/* The tree of the supervision view in the order of start. */
	const struct manifest *m;
};

void graph_init(
    struct graph *g, const struct manifest *m, enum graph_view view);
void graph_fini(struct graph *g);

/* The innermost group that holds groups a and b. */
size_t graph_common_group(const struct graph *g, size_t a, size_t b);

/* Words for people and for other programs. */
void graph_text(struct buf *out, const struct graph *g);
void graph_mermaid(struct buf *out, const struct graph *g);
void graph_dot(struct buf *out, const struct graph *g);
/* A drawing; false: it would be too large to look at. */
bool graph_svg(struct buf *out, const struct graph *g);

#endif
