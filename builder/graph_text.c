/* Graphs in words: for terminals, for mermaid, for dot. */
#include "graph.h"

#include <string.h>

#include "manifest.h"
#include "mem.h"

/* --- Terminals --------------------------------------------------------- */

/* Are there more children of that parent behind node i? */
static bool has_more(const struct manifest *m, size_t i)
{
	for (size_t n = i + 1; n < m->node_count; n++)
		if (m->nodes[n].parent == m->nodes[i].parent)
			return true;
	return false;
}

static void indent(struct buf *out, const struct manifest *m, size_t i)
{
	size_t parent = m->nodes[i].parent;

	if (parent == 0)
		return;
	indent(out, m, parent);
	buf_puts(out, has_more(m, parent) ? "│  " : "   ");
}

/* The notes of the graph's groups are in the order of the tree's. */
static void text_tree(struct buf *out, const struct graph *g)
{
	const struct manifest *m = g->m;
	size_t group = 0;

	for (size_t i = 0; i < m->node_count; i++) {
		const struct manifest_node *n = &m->nodes[i];
		const char *note = n->group ? g->groups[group++].note
					    : g->nodes[n->module_index].note;

		if (i > 0) {
			indent(out, m, i);
			buf_puts(out, has_more(m, i) ? "├─ " : "└─ ");
		}
		buf_printf(out, "%s  %s\n", n->name.text, note);
	}
}

static void text_arrow(struct buf *out, const struct graph *g,
    const struct graph_edge *in, const struct graph_edge *to)
{
	static const char *const lines[] = { "", "──", "══", "┄┄" };
	const struct graph_node *c = &g->nodes[in->to];

	buf_printf(out, "%s %s%s%s▶ %s   %s\n", g->nodes[in->from].name,
	    lines[c->style], c->name, lines[c->style], g->nodes[to->to].name,
	    c->note);
}

typedef void put_arrow(struct buf *out, const struct graph *g,
    const struct graph_edge *in, const struct graph_edge *to);

/* Each pair of modules that a channel joins: one side of it is one module. */
static void each_arrow(struct buf *out, const struct graph *g, put_arrow *put)
{
	size_t first = 0, end;

	/* The edges of a channel stand together. */
	for (; first < g->edge_count; first = end) {
		const struct graph_edge *edges = g->edges;
		size_t channel =
		    edges[first].head ? edges[first].from : edges[first].to;

		for (end = first;
		     end < g->edge_count &&
		     (edges[end].from == channel || edges[end].to == channel);
		     end++)
			;
		for (size_t i = first; i < end; i++)
			for (size_t k = first; k < end; k++)
				if (!edges[i].head && edges[k].head)
					put(out, g, &edges[i], &edges[k]);
	}
}

static bool is_hold(const struct graph_edge *e)
{
	return e->style == STYLE_HOLDS;
}

/* To or from a device or a network. */
static bool is_outside(const struct graph_edge *e)
{
	return e->style == AZ_CHANNEL_SOCKET || e->style == AZ_CHANNEL_DEVICE;
}

static void text_outside(struct buf *out, const struct graph *g)
{
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct graph_edge *e = &g->edges[i];
		const struct graph_node *to = &g->nodes[e->to];

		if (!is_outside(e))
			continue;
		buf_printf(out, "%s ──▶ %s", g->nodes[e->from].name, to->name);
		if (to->kind != NODE_MODULE)
			buf_printf(out, "   %s", to->note);
		buf_putc(out, '\n');
	}
}

static void text_modules(struct buf *out, const struct graph *g)
{
	for (size_t i = 0; i < g->node_count; i++) {
		const struct graph_node *n = &g->nodes[i];
		bool any = n->note[0] != '\0';

		if (n->kind != NODE_MODULE)
			continue;
		buf_printf(out, "%s  %s", n->name, n->note);
		for (size_t k = 0; k < g->edge_count; k++) {
			const struct graph_edge *e = &g->edges[k];

			if (!is_hold(e) || e->from != i)
				continue;
			buf_printf(
			    out, "%s%s", any ? ", " : "", g->nodes[e->to].name);
			any = true;
		}
		buf_puts(out, any ? "\n" : "nothing\n");
	}
}

static void text_names(struct buf *out, const struct graph *g)
{
	for (size_t i = 0; i < g->node_count; i++)
		if (g->nodes[i].kind == NODE_MODULE)
			buf_printf(out, "%s\n", g->nodes[i].name);
}

void graph_text(struct buf *out, const struct graph *g)
{
	size_t before = out->len;

	if (g->view == GRAPH_SUPERVISION) {
		text_tree(out, g);
		return;
	}
	if (g->view == GRAPH_AUTHORITY)
		text_modules(out, g);
	each_arrow(out, g, text_arrow);
	text_outside(out, g);
	if (out->len == before)
		text_names(out, g);
}

/* --- Mermaid and dot --------------------------------------------------- */

/* Inside of double quotes. */
static void put_quoted(struct buf *out, const char *text, bool mermaid)
{
	for (; *text != '\0'; text++)
		if (*text == '"' && mermaid)
			buf_puts(out, "#quot;");
		else if (*text == '#' && mermaid)
			buf_puts(out, "#35;");
		else if (*text == '"' || *text == '\\')
			buf_printf(out, mermaid ? "%c" : "\\%c", *text);
		else
			buf_putc(out, *text);
}

static void put_label(
    struct buf *out, const char *name, const char *note, bool mermaid)
{
	put_quoted(out, name, mermaid);
	if (note[0] == '\0')
		return;
	buf_puts(out, mermaid ? "<br/>" : "\\n");
	put_quoted(out, note, mermaid);
}

static void mermaid_node(struct buf *out, const struct graph *g, size_t i)
{
	const struct graph_node *n = &g->nodes[i];
	static const char *const forms[][2] = { [NODE_MODULE] = { "[", "]" },
		[NODE_RIGHT] = { "([", "])" },
		[NODE_DEVICE] = { "[[", "]]" },
		[NODE_NETWORK] = { "{{", "}}" } };

	buf_printf(out, "  n%zu%s\"", i, forms[n->kind][0]);
	put_label(out, n->name, n->note, true);
	buf_printf(out, "\"%s\n", forms[n->kind][1]);
}

static void dot_node(struct buf *out, const struct graph *g, size_t i)
{
	static const char *const forms[] = { [NODE_MODULE] = "",
		[NODE_RIGHT] = ", shape=cds, style=dotted",
		[NODE_DEVICE] = ", shape=component",
		[NODE_NETWORK] = ", shape=hexagon" };
	const struct graph_node *n = &g->nodes[i];

	buf_printf(out, "  n%zu [label=\"", i);
	put_label(out, n->name, n->note, false);
	buf_printf(out, "\"%s];\n", forms[n->kind]);
}

/* Groups and what is in them, from the outside in. */
static void put_group(struct buf *out, const struct graph *g, size_t group,
    bool mermaid, void put(struct buf *, const struct graph *, size_t))
{
	const struct graph_group *self = &g->groups[group];

	if (group > 0) {
		buf_printf(out,
		    mermaid ? "  subgraph g%zu[\""
			    : "  subgraph cluster_%zu { label=\"",
		    group);
		put_label(out, self->name,
		    g->view == GRAPH_SUPERVISION ? self->note : "", mermaid);
		buf_puts(out, mermaid ? "\"]\n" : "\";\n");
	}
	for (size_t i = 0; i < g->node_count; i++)
		if (g->nodes[i].kind != NODE_CHANNEL &&
		    g->nodes[i].group == group)
			put(out, g, i);
	for (size_t i = group + 1; i < g->group_count; i++)
		if (g->groups[i].parent == group)
			put_group(out, g, i, mermaid, put);
	if (group > 0)
		buf_puts(out, mermaid ? "  end\n" : "  }\n");
}

static void mermaid_arrow(struct buf *out, const struct graph *g,
    const struct graph_edge *in, const struct graph_edge *to)
{
	static const char *const lines[] = { "", "-->", "==>", "-.->" };
	const struct graph_node *c = &g->nodes[in->to];

	buf_printf(out, "  n%zu %s|\"", in->from, lines[c->style]);
	put_label(out, c->name, c->note, true);
	buf_printf(out, "\"| n%zu\n", to->to);
}

static void dot_arrow(struct buf *out, const struct graph *g,
    const struct graph_edge *in, const struct graph_edge *to)
{
	static const char *const lines[] = { "", "style=solid",
		"color=\"black:invis:black\"", "style=dashed, arrowhead=open" };
	const struct graph_node *c = &g->nodes[in->to];

	buf_printf(out, "  n%zu -> n%zu [label=\"", in->from, to->to);
	put_label(out, c->name, c->note, false);
	buf_printf(out, "\", %s];\n", lines[c->style]);
}

static void put_edges(struct buf *out, const struct graph *g,
    bool which(const struct graph_edge *), const char *fmt, const char *end)
{
	for (size_t i = 0; i < g->edge_count; i++)
		if (which(&g->edges[i]))
			buf_printf(out, "  n%zu %s n%zu%s\n", g->edges[i].from,
			    fmt, g->edges[i].to, end);
}

void graph_mermaid(struct buf *out, const struct graph *g)
{
	buf_puts(out, "flowchart LR\n");
	put_group(out, g, 0, true, mermaid_node);
	each_arrow(out, g, mermaid_arrow);
	put_edges(out, g, is_outside, "-->", "");
	put_edges(out, g, is_hold, "-.-", "");
}

void graph_dot(struct buf *out, const struct graph *g)
{
	buf_puts(out, "digraph \"");
	put_quoted(out, g->name, false);
	buf_puts(out, "\" {\n  rankdir=LR;\n  node [shape=box];\n");
	put_group(out, g, 0, false, dot_node);
	each_arrow(out, g, dot_arrow);
	put_edges(out, g, is_outside, "->", "");
	put_edges(out, g, is_hold, "->", " [style=dotted, arrowhead=odot]");
	buf_puts(out, "}\n");
}
