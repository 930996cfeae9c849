#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "manifest.h"
#include "manifest_value.h"
#include "mem.h"

static const char *const TYPES[] = { "", "call", "ring", "signal", "network",
	"device" };
static const char *const STRATEGIES[] = { "one_for_one", "one_for_all",
	"rest_for_one" };
static const char *const RESTARTS[] = { "temporary", "transient", "permanent" };

static size_t add_node(struct graph *g, struct graph_node node)
{
	g->nodes = arena_push(g->arena, g->nodes, &g->node_count, sizeof(node));
	g->nodes[g->node_count - 1] = node;
	return g->node_count - 1;
}

static void add_edge(
    struct graph *g, size_t from, size_t to, unsigned style, bool head)
{
	struct graph_edge edge = { from, to, style, head };

	g->edges = arena_push(g->arena, g->edges, &g->edge_count, sizeof(edge));
	g->edges[g->edge_count - 1] = edge;
}

static size_t add_group(
    struct graph *g, const char *name, const char *note, size_t parent)
{
	struct graph_group group = { name, note, parent };

	g->groups =
	    arena_push(g->arena, g->groups, &g->group_count, sizeof(group));
	g->groups[g->group_count - 1] = group;
	return g->group_count - 1;
}

static const char *take(struct graph *g, struct buf *text)
{
	const char *out =
	    arena_strdup(g->arena, text->at != NULL ? text->at : "");

	buf_fini(text);
	return out;
}

/* --- Groups ------------------------------------------------------------ */

/* "rest_for_one, 5 in 10s, then reboot" */
static const char *policy_of(struct graph *g, const struct manifest_node *n)
{
	char *period = value_duration_text(n->period);
	char *min = value_duration_text(n->backoff_min);
	char *max = value_duration_text(n->backoff_max);
	bool root = n == g->m->nodes;
	struct buf text = { 0 };

	buf_puts(&text, STRATEGIES[n->strategy]);
	if (n->intensity > 0)
		buf_printf(&text, ", %u in %s", n->intensity, period);
	if (n->backoff_min > 0)
		buf_printf(&text, ", backoff %s..%s", min, max);
	if (root && n->intensity > 0)
		buf_printf(&text, ", then %s",
		    n->escalate == AZ_ESCALATE_REBOOT ? "reboot" : "halt");
	free(period);
	free(min);
	free(max);
	return take(g, &text);
}

/* What a child of the tree is called, with its place in the order of start
 * where that is the view. */
static const char *title_of(struct graph *g, size_t node)
{
	const struct manifest_node *nodes = g->m->nodes;
	size_t number = 1;

	if (g->view != GRAPH_SUPERVISION || node == 0)
		return nodes[node].name.text;
	for (size_t i = nodes[node].parent + 1; i < node; i++)
		number += nodes[i].parent == nodes[node].parent;
	return arena_printf(g->arena, "%zu %s", number, nodes[node].name.text);
}

/* The groups of the tree, and who stands in them. */
static void add_groups(struct graph *g)
{
	const struct manifest *m = g->m;
	size_t *number = xcalloc(m->node_count, sizeof(*number));

	for (size_t i = 0; i < m->node_count; i++) {
		const struct manifest_node *n = &m->nodes[i];
		size_t parent = number[n->parent];

		if (n->group)
			number[i] = add_group(g, title_of(g, i),
			    policy_of(g, n), i > 0 ? parent : 0);
		else
			g->nodes[n->module_index].group = parent;
		if (!n->group)
			g->nodes[n->module_index].name = title_of(g, i);
	}
	free(number);
}

/* --- Nodes ------------------------------------------------------------- */

/* What many modules have, and is no node for that. */
static bool is_common(const struct manifest_right *right)
{
	return right->kind == RIGHT_LOG || right->kind == RIGHT_CLOCK ||
	       right->kind == RIGHT_RANDOM;
}

static const char *common_of(
    struct graph *g, const struct authority *a, size_t module)
{
	struct buf text = { 0 };

	for (size_t i = a->first_hold[module]; i < a->first_hold[module + 1];
	     i++) {
		const struct authority_hold *h = &a->holds[i];

		if (is_common(&h->right))
			buf_printf(&text, "%s%s%s%s", text.len > 0 ? ", " : "",
			    h->right.text.text, h->value[0] != '\0' ? " " : "",
			    h->value);
	}
	return take(g, &text);
}

static const char *life_of(struct graph *g, const struct manifest_module *m)
{
	static const char *const priority[] = { ", background", "",
		", urgent" };

	return arena_printf(
	    g->arena, "%s%s", RESTARTS[m->restart], priority[m->priority]);
}

static void add_modules(struct graph *g, const struct authority *a)
{
	for (size_t i = 0; i < g->m->module_count; i++) {
		const struct manifest_module *m = &g->m->modules[i];
		const char *note = "";

		if (g->view == GRAPH_AUTHORITY)
			note = common_of(g, a, i);
		else if (g->view == GRAPH_SUPERVISION)
			note = life_of(g, m);
		add_node(g, (struct graph_node){ NODE_MODULE, STYLE_NONE,
				m->name.text, note, 0 });
	}
}

size_t graph_common_group(const struct graph *g, size_t a, size_t b)
{
	while (a != b) {
		if (a > b)
			a = g->groups[a].parent;
		else
			b = g->groups[b].parent;
	}
	return a;
}

/* "call, 50ms" */
static const char *channel_note(
    struct graph *g, const struct manifest_channel *c)
{
	char *timeout = value_duration_text(c->timeout);
	char *size = value_size_text(c->size);
	struct buf text = { 0 };

	buf_puts(&text, TYPES[c->type]);
	if (c->timeout != 0)
		buf_printf(&text, " %s", timeout);
	if (c->size != 0)
		buf_printf(&text, " %s", size);
	free(timeout);
	free(size);
	return take(g, &text);
}

static void add_channel(struct graph *g, const struct manifest_channel *c)
{
	bool call = c->type == AZ_CHANNEL_CALL;
	size_t owner = c->owner.module_index;
	size_t group = g->nodes[owner].group, self;

	for (size_t i = 0; i < c->peer_count; i++)
		group = graph_common_group(
		    g, group, g->nodes[c->peers[i].module_index].group);
	self = add_node(g, (struct graph_node){ NODE_CHANNEL, c->type,
			       c->name.text, channel_note(g, c), group });
	if (!call)
		add_edge(g, owner, self, c->type, false);
	for (size_t i = 0; i < c->peer_count; i++) {
		size_t peer = c->peers[i].module_index;

		if (call)
			add_edge(g, peer, self, c->type, false);
		else
			add_edge(g, self, peer, c->type, true);
	}
	if (call)
		add_edge(g, self, owner, c->type, true);
}

/* What lies outside stands beside those that reach it. */
static void add_device(struct graph *g, const struct manifest_device *d)
{
	const struct manifest_channel *c = &g->m->channels[d->channel_index];
	unsigned style = AZ_CHANNEL_DEVICE;
	size_t self =
	    add_node(g, (struct graph_node){ NODE_DEVICE, style, d->name.text,
			    channel_note(g, c), g->nodes[d->owner].group });

	add_edge(g, d->owner, self, style, true);
	for (size_t i = 0; i < c->peer_count; i++)
		add_edge(g, c->peers[i].module_index, self, style, true);
}

static void add_network(struct graph *g, size_t network)
{
	const struct manifest_network *n = &g->m->networks[network];
	size_t stack = n->stack.module_index;
	unsigned style = AZ_CHANNEL_SOCKET;
	size_t self =
	    add_node(g, (struct graph_node){ NODE_NETWORK, style, n->name.text,
			    TYPES[style], g->nodes[stack].group });

	for (size_t i = 0; i < g->m->channel_count; i++) {
		const struct manifest_channel *c = &g->m->channels[i];

		if (c->type == style && c->subject == network)
			add_edge(
			    g, c->peers[0].module_index, self, style, true);
	}
	add_edge(g, self, stack, style, true);
}

static void add_outside(struct graph *g)
{
	for (size_t i = 0; i < g->m->network_count; i++)
		add_network(g, i);
	for (size_t i = 0; i < g->m->device_count; i++)
		if (g->m->devices[i].owner != SIZE_MAX)
			add_device(g, &g->m->devices[i]);
}

/* The node of a right: the first that has its words. */
static size_t right_node(struct graph *g, const char *text)
{
	for (size_t i = g->node_count; i-- > 0;)
		if (g->nodes[i].kind == NODE_RIGHT &&
		    strcmp(g->nodes[i].name, text) == 0)
			return i;
	return add_node(
	    g, (struct graph_node){ NODE_RIGHT, STYLE_HOLDS, text, "", 0 });
}

static void add_rights(struct graph *g, const struct authority *a)
{
	for (size_t i = 0; i < g->m->module_count; i++)
		for (size_t n = a->first_hold[i]; n < a->first_hold[i + 1];
		     n++) {
			const struct manifest_right *r = &a->holds[n].right;

			if (r->kind == RIGHT_CHANNEL || is_common(r) ||
			    r->kind == RIGHT_DEVICE || r->kind == RIGHT_NETWORK)
				continue;
			add_edge(g, i,
			    right_node(g, arena_strdup(g->arena, r->text.text)),
			    STYLE_HOLDS, true);
		}
}

void graph_init(struct graph *g, const struct manifest *m, enum graph_view view)
{
	struct authority a;

	*g = (struct graph){ .arena = arena_new(), .view = view, .m = m };
	g->name = arena_strdup(
	    g->arena, m->name.text != NULL ? m->name.text : "system");
	authority_init(&a, m);
	add_modules(g, &a);
	if (view == GRAPH_SUPERVISION ||
	    (view == GRAPH_CHANNELS && m->supervised))
		add_groups(g);
	else
		add_group(g, "root", "", 0);
	for (size_t i = 0; view != GRAPH_SUPERVISION && i < m->channel_count;
	     i++)
		if (m->channels[i].type <= AZ_CHANNEL_SIGNAL)
			add_channel(g, &m->channels[i]);
	if (view != GRAPH_SUPERVISION)
		add_outside(g);
	if (view == GRAPH_AUTHORITY)
		add_rights(g, &a);
	authority_fini(&a);
}

void graph_fini(struct graph *g)
{
	arena_free(g->arena);
	*g = (struct graph){ 0 };
}
