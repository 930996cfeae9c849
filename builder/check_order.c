/* The order of start against calls: a server starts before its clients, and
 * no calls go in a circle. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "yaml_fix.h"

/* The graph of calls: clients to servers. */
struct graph {
	const struct manifest *m;
	struct diags *list;
	size_t *position; /* of each module in the order of start */
	size_t *calls;    /* of each module: servers that are not peeled */
	size_t *first;    /* of each module: its row in `edges`, then the end */
	struct edge *edges;
	bool *peeled; /* in no circle, or in one that is reported */
};

struct edge {
	size_t client, server;
	const struct manifest_channel *channel;
	const struct manifest_end *end; /* the client's */
};

static int compare_edges(const void *left, const void *right)
{
	const struct edge *a = left, *b = right;

	if (a->client != b->client)
		return a->client < b->client ? -1 : 1;
	return a->channel < b->channel ? -1 : a->channel > b->channel;
}

static size_t count_edges(const struct manifest *m)
{
	size_t count = 0;

	for (size_t i = 0; i < m->channel_count; i++)
		if (m->channels[i].type == AZ_CHANNEL_CALL)
			count += m->channels[i].peer_count;
	return count;
}

static void fill_graph(struct graph *g)
{
	const struct manifest *m = g->m;
	size_t count = 0;

	for (size_t i = 0; i < m->channel_count; i++) {
		const struct manifest_channel *c = &m->channels[i];

		for (size_t n = 0;
		     c->type == AZ_CHANNEL_CALL && n < c->peer_count; n++)
			g->edges[count++] =
			    (struct edge){ c->peers[n].module_index,
				    c->owner.module_index, c, &c->peers[n] };
	}
	qsort(g->edges, count, sizeof(*g->edges), compare_edges);
	for (size_t i = 0; i < count; i++)
		g->calls[g->edges[i].client]++;
	for (size_t i = 0; i < m->module_count; i++)
		g->first[i + 1] = g->first[i] + g->calls[i];
}

/* Take away modules that call nobody, until all that are left do. */
static void peel(struct graph *g)
{
	bool found = true;

	while (found) {
		found = false;
		for (size_t i = 0; i < g->m->module_count; i++) {
			bool waits = false;

			if (g->peeled[i])
				continue;
			for (size_t n = g->first[i]; n < g->first[i + 1]; n++)
				waits |= !g->peeled[g->edges[n].server];
			g->peeled[i] = !waits;
			found |= !waits;
		}
	}
}

/* The first call of a module to one that is left. */
static const struct edge *next_call(const struct graph *g, size_t module)
{
	size_t n = g->first[module];

	while (g->peeled[g->edges[n].server])
		n++;
	return &g->edges[n];
}

/* From a module that is left; whoever is met twice is in a circle. */
static void report_circle(struct graph *g, size_t from)
{
	bool *met = xcalloc(g->m->module_count, sizeof(*met));
	const struct edge *e = next_call(g, from);
	const struct manifest_module *modules = g->m->modules;
	struct buf chain = { 0 };
	struct diag *d;

	while (!met[e->client]) {
		met[e->client] = true;
		e = next_call(g, e->server);
	}
	from = e->client;
	buf_printf(&chain, "%s", modules[from].name.text);
	d = diag_add(g->list, "AZ0503", e->end->module.at,
	    "calls go in a circle from `%s` to itself",
	    modules[from].name.text);
	memset(met, 0, g->m->module_count * sizeof(*met));
	for (; !met[e->client]; e = next_call(g, e->server)) {
		met[e->client] = true;
		buf_printf(&chain, " -> %s -> %s", e->channel->name.text,
		    modules[e->server].name.text);
		if (e->client != from)
			diag_also(d, e->end->module.at, "and on from here");
	}
	for (size_t i = 0; i < g->m->module_count; i++)
		g->peeled[i] |= met[i];
	diag_label(d, "each would wait for the other");
	diag_help(d, "make one way of it a signal or a ring: %s", chain.at);
	buf_fini(&chain);
	free(met);
}

static void report_circles(struct graph *g)
{
	peel(g);
	for (size_t i = 0; i < g->m->module_count; i++) {
		if (g->peeled[i])
			continue;
		report_circle(g, i);
		peel(g);
	}
}

static bool find_item(
    const struct yaml_node *list, const char *name, size_t *index)
{
	for (*index = 0; *index < list->count; (*index)++)
		if (list->items[*index]->kind == YAML_SCALAR &&
		    strcmp(list->items[*index]->text, name) == 0)
			return true;
	return false;
}

/* In a list that names both, the server moves to the front of the client. */
static void fix_order(struct diag *d, const struct yaml_node *children,
    const char *client, const char *server)
{
	size_t early, late;

	if (children == NULL || children->kind != YAML_LIST)
		return;
	if (find_item(children, client, &early) &&
	    find_item(children, server, &late))
		fix_move(d, children, early, late);
	for (size_t i = 0; i < children->count; i++) {
		const struct yaml_node *item = children->items[i];

		if (item->kind == YAML_MAP && item->count == 1)
			fix_order(d, yaml_get(item->pairs[0].value, "children"),
			    client, server);
	}
}

static void report_early(const struct graph *g, const struct edge *e)
{
	const char *client = g->m->modules[e->client].name.text;
	const char *server = g->m->modules[e->server].name.text;
	struct diag *d = diag_add(g->list, "AZ0503", e->end->module.at,
	    "module `%s` calls `%s` and starts before it", client, server);

	diag_label(d, "started too early");
	diag_also(d, e->channel->owner.module.at, "the server");
	diag_help(d, "write `%s` in front of `%s` in `%s`", server, client,
	    g->m->supervised ? "children" : "modules");
	fix_order(d, yaml_get(yaml_get(g->m->tree, "supervision"), "children"),
	    client, server);
}

static void check_positions(struct graph *g, const bool *in_circle)
{
	const struct manifest *m = g->m;
	size_t count = g->first[m->module_count];

	for (size_t i = 0; i < count; i++) {
		const struct edge *e = &g->edges[i];

		if (g->position[e->client] < g->position[e->server] &&
		    !(in_circle[e->client] && in_circle[e->server]))
			report_early(g, e);
	}
}

void check_order(const struct manifest *m, struct diags *list)
{
	size_t modules = m->module_count, count = count_edges(m);
	struct graph g = { .m = m, .list = list };
	bool *in_circle = xcalloc(modules, sizeof(*in_circle));

	g.position = xcalloc(modules, sizeof(*g.position));
	g.calls = xcalloc(modules, sizeof(*g.calls));
	g.first = xcalloc(modules + 1, sizeof(*g.first));
	g.edges = xcalloc(count, sizeof(*g.edges));
	g.peeled = xcalloc(modules, sizeof(*g.peeled));
	for (size_t i = 0; i < m->node_count; i++)
		if (!m->nodes[i].group)
			g.position[m->nodes[i].module_index] = i;
	fill_graph(&g);
	peel(&g);
	for (size_t i = 0; i < modules; i++)
		in_circle[i] = !g.peeled[i];
	report_circles(&g);
	check_positions(&g, in_circle);
	free(g.position);
	free(g.calls);
	free(g.first);
	free(g.edges);
	free(g.peeled);
	free(in_circle);
}
