#include "bound.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "mem.h"
#include "verify/image.h"
#include "verify/x86_64/decode.h"

enum {
	SLOT = 8,
	SPARE = 2048, /* what task/domain leaves free at the top, at most */
};

/* A call: from a function, or from a type to all that it may mean. */
struct edge {
	uint32_t from, to; /* nodes */
	uint32_t depth;    /* of from's frame at the call */
};

/* Nodes are the functions, then the types. */
struct graph {
	const struct image_view *v;
	uint32_t count;
	struct edge *edges;
	size_t edge_count, edge_room;
	uint32_t *depth;   /* the most that each takes, with what it calls */
	uint32_t *waiting; /* its calls of what has no bound yet */
};

static void add_edge(
    struct graph *g, uint32_t from, uint32_t to, uint32_t depth)
{
	if (g->edge_count == g->edge_room) {
		g->edge_room = g->edge_room * 2 + 64;
		g->edges = xrealloc(g->edges, g->edge_room * sizeof(*g->edges));
	}
	g->edges[g->edge_count++] = (struct edge){ from, to, depth };
	g->waiting[from]++;
}

/* The node that a call's target stands for; count: none, a stub that leaves
 * the module's stack. */
static uint32_t node_at(const struct graph *g, int64_t target)
{
	const struct az_image_head *head = g->v->head;
	int64_t off = target - AZ_TEXT_BASE;

	if (off >= 0 && off < head->text.count)
		return (
		    uint32_t)(image_func_at(g->v, (uint32_t)off) - g->v->funcs);
	off = target - AZ_THUNK_BASE;
	if (off >= 0 && head->sigs.count > 0)
		return head->funcs.count +
		       (uint32_t)(off / AZ_THUNK_STRIDE) % head->sigs.count;
	return g->count;
}

/* Follow function i's depth, as code_check does. at[n]: the depth at its byte n
 * plus 1, where a jump from before leads there; 0: none. */
static void read_func(struct graph *g, uint32_t i, uint32_t *at)
{
	const struct az_func *f = &g->v->funcs[i];
	uint32_t depth = 0, guess = 0, target, n = 0;
	struct x86_insn in;
	bool live = true;

	memset(at, 0, f->len * sizeof(*at));
	for (; n < f->len; n += in.len) {
		if (!x86_decode(&in, g->v->text + f->off + n, f->len - n))
			return;
		if (at[n] != 0)
			depth = at[n] - 1;
		else if (!live)
			depth = guess;
		live = in.kind != X86_JMP && in.kind != X86_RET;
		if (in.kind == X86_CALL) {
			target = node_at(g, (int64_t)AZ_TEXT_BASE + f->off + n +
						in.len + in.imm);
			if (target != g->count)
				add_edge(g, i, target, depth);
		}
		if (in.kind == X86_JMP || in.kind == X86_JCC) {
			guess = depth;
			if (in.imm > 0)
				at[n + in.len + in.imm] = depth + 1;
		}
		depth += (uint32_t)x86_lowers(&in);
		if (depth + SLOT > g->depth[i])
			g->depth[i] = depth + SLOT; /* and for a stub's call */
	}
}

static void read_image(struct graph *g)
{
	const struct az_image_head *head = g->v->head;
	uint32_t longest = 0;
	uint32_t *at;

	for (uint32_t i = 0; i < head->funcs.count; i++)
		if (g->v->funcs[i].len > longest)
			longest = g->v->funcs[i].len;
	at = xcalloc(longest, sizeof(*at));
	for (uint32_t i = 0; i < head->funcs.count; i++)
		read_func(g, i, at);
	free(at);
	for (uint32_t i = 0; i < head->entries.count; i++) {
		az_funcref ref = g->v->entries[i];

		if (ref != AZ_NONE && !(ref & AZ_FUNCREF_IMPORT))
			add_edge(g, head->funcs.count + g->v->funcs[ref].sig,
			    ref, 0);
	}
}

static int compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	return a->to < b->to ? -1 : a->to > b->to;
}

/* The first edge to a node, of edges in that order. */
static size_t first_to(const struct graph *g, uint32_t node)
{
	size_t low = 0, high = g->edge_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (g->edges[mid].to < node)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* From those that call nothing up to those that call only what has a bound. */
static void bound_all(struct graph *g)
{
	uint32_t *ready = xcalloc(g->count, sizeof(*ready)), n = 0, done = 0;

	qsort(g->edges, g->edge_count, sizeof(*g->edges), compare_edges);
	for (uint32_t i = 0; i < g->count; i++)
		if (g->waiting[i] == 0)
			ready[n++] = i;
	for (; done < n; done++) {
		uint32_t to = ready[done];

		for (size_t e = first_to(g, to);
		     e < g->edge_count && g->edges[e].to == to; e++) {
			const struct edge *edge = &g->edges[e];
			/* A thunk is no frame of its own. */
			bool calls = edge->from < g->v->head->funcs.count;
			uint32_t depth =
			    edge->depth + g->depth[to] + (calls ? SLOT : 0u);

			if (depth > g->depth[edge->from])
				g->depth[edge->from] = depth;
			if (--g->waiting[edge->from] == 0)
				ready[n++] = edge->from;
		}
	}
	free(ready);
}

/* The bound of what a reference names; 0: it has none. */
static uint32_t bound_of(const struct graph *g, az_funcref ref)
{
	return ref & AZ_FUNCREF_IMPORT || g->waiting[ref] != 0 ? 0
							       : g->depth[ref];
}

uint32_t bound_stack(const struct image_view *v)
{
	const struct az_image_head *head = v->head;
	struct graph g = { .v = v,
		.count = head->funcs.count + head->sigs.count };
	uint32_t deepest, depth;

	g.depth = xcalloc(g.count, sizeof(*g.depth));
	g.waiting = xcalloc(g.count, sizeof(*g.waiting));
	read_image(&g);
	bound_all(&g);
	/* AZ_NONE is marked like an import. */
	deepest = bound_of(&g, head->start_func);
	for (uint32_t i = 0; i < head->exports.count; i++) {
		if (v->exports[i].kind != AZ_EXPORT_FUNC)
			continue;
		depth = bound_of(&g, v->exports[i].index);
		deepest = depth > deepest ? depth : deepest;
	}
	free(g.edges);
	free(g.depth);
	free(g.waiting);
	return deepest > 0 ? deepest + SLOT + SPARE : 0;
}
