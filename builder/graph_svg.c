/* Drawings. What a line means is in its dashes, its arrow and the words at
 * it, never in its colour alone. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "graph_layout.h"
#include "mem.h"

enum {
	MARGIN = 24,
	TITLE = 44,
	LEGEND = 48,
	LEGEND_STEP = 120,
	LEGEND_LINE = 44,
	TIP = 9, /* of an arrow */
	TURNS = 5,
	TURN = 7,
	NAME_LINE = 22,
	NOTE_LINE = 38,
};

struct drawing {
	struct buf *out;
	const struct graph *g;
	struct layout l;
	int dx, dy; /* of the layout in the drawing */
};

static const char *const VIEWS[] = { "channels", "supervision", "authority" };

/* With colours for light and for dark; programs that know no media queries
 * show the light ones, on the paper that belongs to them. */
static const char STYLE[] =
    "<style>\n"
    "text{font-family:ui-monospace,\"DejaVu Sans Mono\",Menlo,Consolas,"
    "monospace;font-size:13px;fill:#1c2733}\n"
    ".note{font-size:11px;fill:#55616e}\n"
    ".title{font-size:17px;font-weight:bold}\n"
    ".name{font-weight:bold}\n"
    ".paper{fill:#fdfcf9}\n"
    ".group{fill:#f1eee5;fill-opacity:.7;stroke:#bfb7a4}\n"
    ".module{fill:#ffffff;stroke:#33475b;stroke-width:1.5}\n"
    ".c1,.c2,.c3,.c4,.c5,.c6{fill:#fdfcf9;stroke-width:1.3}\n"
    ".c3{stroke-dasharray:6 4}.c6{stroke-dasharray:1.5 3}\n"
    ".c4,.c5{stroke-width:2.6}\n"
    ".e1,.e2,.e3,.e4,.e5,.e6{fill:none;stroke-width:1.7}\n"
    ".e2{stroke-width:5}.e3{stroke-dasharray:6 4}"
    ".e6{stroke-dasharray:1.5 3.5}\n"
    ".gap{fill:none;stroke:#fdfcf9;stroke-width:2}\n"
    ".c1,.e1,.h1{stroke:#1b5a96}.c2,.e2,.h2{stroke:#2b7346}"
    ".c3,.e3,.h3{stroke:#a34a0c}.c6,.e6,.h6{stroke:#75409c}\n"
    ".c4,.e4,.h4,.c5,.e5,.h5{stroke:#33475b}.h4,.h5{fill:#33475b}\n"
    ".h1{fill:#1b5a96}.h2{fill:#2b7346}.h3{fill:none}.h6{fill:#fdfcf9}\n"
    ".h1,.h2,.h3,.h4,.h5,.h6{stroke-width:1.7;stroke-linejoin:round}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{fill:#e4e8ec}.note{fill:#a3adb8}\n"
    ".paper,.c1,.c2,.c3,.c4,.c5,.c6,.h6{fill:#14181d}.gap{stroke:#14181d}\n"
    ".group{fill:#1f252c;stroke:#4a545f}.module{fill:#262e37;stroke:#9fb2c5}\n"
    ".c1,.e1,.h1{stroke:#6fb1ee}.c2,.e2,.h2{stroke:#6cc48d}"
    ".c3,.e3,.h3{stroke:#f0a160}.c6,.e6,.h6{stroke:#c795ea}\n"
    ".c4,.e4,.h4,.c5,.e5,.h5{stroke:#9fb2c5}.h4,.h5{fill:#9fb2c5}\n"
    ".h1{fill:#6fb1ee}.h2{fill:#6cc48d}\n"
    "}\n"
    "</style>\n";

static void put_escaped(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		default:
			buf_putc(out, *text);
		}
}

static void put_text(const struct drawing *d, int x, int y, const char *classes,
    const char *text)
{
	buf_printf(
	    d->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, classes);
	put_escaped(d->out, text);
	buf_puts(d->out, "</text>\n");
}

/* In the middle of x. */
static void put_centred(const struct drawing *d, int x, int y,
    const char *classes, const char *text)
{
	buf_printf(d->out,
	    "<text x=\"%d\" y=\"%d\" class=\"%s\" text-anchor=\"middle\">", x,
	    y, classes);
	put_escaped(d->out, text);
	buf_puts(d->out, "</text>\n");
}

static void put_box(const struct drawing *d, const struct layout_box *at,
    int round, const char *class, unsigned style)
{
	buf_printf(d->out,
	    "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" "
	    "class=\"%s",
	    at->x + d->dx, at->y + d->dy, at->w, at->h, round, class);
	if (style != STYLE_NONE)
		buf_printf(d->out, "%u", style);
	buf_puts(d->out, "\"/>\n");
}

static void put_hexagon(
    const struct drawing *d, const struct layout_box *at, unsigned style)
{
	int x = at->x + d->dx, y = at->y + d->dy, half = at->h / 2;
	int flat = at->w - at->h / 2;

	buf_printf(d->out,
	    "<path d=\"M%d %dl%d %dh%dl%d %dl%d %dh%dZ\" class=\"c%u\"/>\n", x,
	    y + half, half / 2, -half, flat, half / 2, half, -half / 2, half,
	    -flat, style);
}

/* --- Groups and nodes -------------------------------------------------- */

static void put_groups(const struct drawing *d)
{
	bool tree = d->g->view == GRAPH_SUPERVISION;

	for (size_t i = tree ? 0 : 1; i < d->g->group_count; i++) {
		const struct graph_group *g = &d->g->groups[i];
		const struct layout_box *at = &d->l.groups[i];
		int x = at->x + d->dx + LAYOUT_PAD, y = at->y + d->dy + 17;

		put_box(d, at, 10, "group", STYLE_NONE);
		put_text(d, x, y, "name", g->name);
		if (tree)
			put_text(d,
			    x + LAYOUT_CHAR * (layout_length(g->name) + 2), y,
			    "note", g->note);
	}
}

static void put_node(const struct drawing *d, size_t i)
{
	const struct graph_node *n = &d->g->nodes[i];
	const struct layout_box *at = &d->l.items[i].at;
	int x = at->x + d->dx + at->w / 2;
	int y = at->y + d->dy + (at->h - layout_text_height(d->g, i)) / 2;

	if (n->kind == NODE_MODULE)
		put_box(d, at, 4, "module", STYLE_NONE);
	else if (n->kind == NODE_DEVICE)
		put_box(d, at, 0, "c", n->style);
	else if (n->kind == NODE_NETWORK)
		put_hexagon(d, at, n->style);
	else
		put_box(d, at, at->h / 2, "c", n->style);
	put_centred(d, x, y + NAME_LINE,
	    n->kind == NODE_MODULE ? "name" : "word", n->name);
	if (n->note[0] != '\0')
		put_centred(d, x, y + NOTE_LINE, "note", n->note);
}

/* --- Edges ------------------------------------------------------------- */

static int middle(const struct layout_item *i)
{
	return i->at.y + i->at.h / 2;
}

/* Where a line meets its first or last item: modules give each a place of its
 * own, in the order of where they come from. */
static int port(const struct drawing *d, size_t line, bool last)
{
	const struct layout *l = &d->l;
	const struct layout_line *own = &l->lines[line];
	size_t item = own->items[last ? own->count - 1 : 0];
	const struct layout_item *at = &l->items[item];
	int next = middle(&l->items[own->items[last ? own->count - 2 : 1]]);
	int above = 0, all = 0;

	if (d->g->nodes[item].kind != NODE_MODULE)
		return middle(at);
	for (size_t i = 0; i < d->g->edge_count; i++) {
		const struct layout_line *o = &l->lines[i];
		int y;

		if (o->items[last ? o->count - 1 : 0] != item)
			continue;
		y = middle(&l->items[o->items[last ? o->count - 2 : 1]]);
		above += y < next || (y == next && i < line);
		all++;
	}
	return at->at.y + at->at.h * (above + 1) / (all + 1);
}

static void put_arrow(
    const struct drawing *d, unsigned style, int x, int y, int dir)
{
	int back = x - dir * TIP;

	if (style == STYLE_HOLDS)
		buf_printf(d->out,
		    "<circle cx=\"%d\" cy=\"%d\" r=\"4\" "
		    "class=\"h%u\"/>\n",
		    x - dir * 4, y, style);
	else
		buf_printf(d->out,
		    "<path d=\"M%d %dL%d %dL%d %d%s\" class=\"h%u\"/>\n", back,
		    y - 5, x, y, back, y + 5,
		    style == AZ_CHANNEL_SIGNAL ? "" : "Z", style);
}

/* From the side of a column into the next one. Lines turn at places of their
 * own, so that those side by side can be told apart. */
static void put_piece(const struct drawing *d, struct buf *path, int from,
    int left, int to, size_t line)
{
	int right = left + LAYOUT_GAP;
	int half = (left + right) / 2 + d->dx +
		   TURN * ((int)(line % TURNS) - TURNS / 2);

	buf_printf(path, "H%dC%d %d %d %d %d %d", left + d->dx, half,
	    from + d->dy, half, to + d->dy, right + d->dx, to + d->dy);
}

/* What an earlier line has drawn is left out: it is at one end. */
static void put_path(
    const struct drawing *d, size_t line, int from, int to, struct buf *path)
{
	const struct layout *l = &d->l;
	const struct layout_line *e = &l->lines[line];
	int y = from;

	for (size_t i = 1; i < e->count; i++) {
		int left = l->columns[l->items[e->items[i]].rank] - LAYOUT_GAP;
		int next =
		    i + 1 == e->count ? to : middle(&l->items[e->items[i]]);

		if (!layout_shares(l, line, i)) {
			if (path->len == 0)
				buf_printf(
				    path, "M%d %d", left + d->dx, y + d->dy);
			put_piece(d, path, y, left, next, line);
		}
		y = next;
	}
}

static void put_line(const struct drawing *d, size_t line)
{
	const struct layout *l = &d->l;
	const struct layout_line *e = &l->lines[line];
	const struct graph_edge *edge = &d->g->edges[line];
	const struct layout_item *first = &l->items[e->items[0]];
	const struct layout_item *end = &l->items[e->items[e->count - 1]];
	bool solid = edge->style != AZ_CHANNEL_SIGNAL;
	int tip = edge->head && solid ? TIP - 1 : 0;
	int from = port(d, line, false), to = port(d, line, true);
	int start = first->at.x + first->at.w, stop = end->at.x;
	struct buf path = { 0 };

	if (!layout_shares(l, line, 1))
		buf_printf(&path, "M%d %d",
		    start + d->dx + (e->backward ? tip : 0), from + d->dy);
	put_path(d, line, from, to, &path);
	if (!layout_shares(l, line, e->count - 1))
		buf_printf(
		    &path, "H%d", stop + d->dx - (e->backward ? 0 : tip));
	buf_printf(
	    d->out, "<path d=\"%s\" class=\"e%u\"/>\n", path.at, edge->style);
	if (edge->style == AZ_CHANNEL_RING)
		buf_printf(d->out, "<path d=\"%s\" class=\"gap\"/>\n", path.at);
	if (edge->head && e->backward)
		put_arrow(d, edge->style, start + d->dx, from + d->dy, -1);
	else if (edge->head)
		put_arrow(d, edge->style, stop + d->dx, to + d->dy, 1);
	buf_fini(&path);
}

/* --- The whole --------------------------------------------------------- */

static void grow(struct layout_box *all, const struct layout_box *b)
{
	int right = all->x + all->w, low = all->y + all->h;

	if (b->x < all->x)
		all->x = b->x;
	if (b->y < all->y)
		all->y = b->y;
	right = b->x + b->w > right ? b->x + b->w : right;
	low = b->y + b->h > low ? b->y + b->h : low;
	all->w = right - all->x;
	all->h = low - all->y;
}

static struct layout_box measure(const struct drawing *d)
{
	struct layout_box all = { 1 << 20, 1 << 20, -(1 << 20), -(1 << 20) };
	bool tree = d->g->view == GRAPH_SUPERVISION;

	for (size_t i = 0; i < d->l.item_count; i++)
		grow(&all, &d->l.items[i].at);
	for (size_t i = tree ? 0 : 1; i < d->g->group_count; i++)
		grow(&all, &d->l.groups[i]);
	return all;
}

static bool has_style(const struct graph *g, unsigned style)
{
	for (size_t i = 0; i < g->edge_count; i++)
		if (g->edges[i].style == style)
			return true;
	return false;
}

static int legend_width(const struct graph *g)
{
	int width = 0;

	for (unsigned style = 1; style <= STYLE_HOLDS; style++)
		width += has_style(g, style) ? LEGEND_STEP : 0;
	return width;
}

static void put_legend(const struct drawing *d, int y)
{
	static const char *const words[] = { "", "call", "ring", "signal",
		"network", "device", "holds" };
	int x = MARGIN;

	for (unsigned style = 1; style <= STYLE_HOLDS; style++) {
		if (!has_style(d->g, style))
			continue;
		buf_printf(d->out, "<path d=\"M%d %dh%d\" class=\"e%u\"/>\n", x,
		    y, LEGEND_LINE - TIP + 1, style);
		if (style == AZ_CHANNEL_RING)
			buf_printf(d->out,
			    "<path d=\"M%d %dh%d\" class=\"gap\"/>\n", x, y,
			    LEGEND_LINE - TIP + 1);
		put_arrow(d, style, x + LEGEND_LINE, y, 1);
		put_text(d, x + LEGEND_LINE + 8, y + 4, "note", words[style]);
		x += LEGEND_STEP;
	}
	if (x == MARGIN && d->g->view == GRAPH_SUPERVISION)
		put_text(d, x, y + 4, "note", "numbers: the order of start");
}

static void put_head(const struct drawing *d, int width, int height)
{
	buf_printf(d->out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
	    "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n<title>",
	    width, height, width, height);
	put_escaped(d->out, d->g->name);
	buf_printf(d->out, ": %s</title>\n%s", VIEWS[d->g->view], STYLE);
	buf_printf(d->out,
	    "<rect width=\"%d\" height=\"%d\" class=\"paper\"/>\n", width,
	    height);
	put_text(d, MARGIN, MARGIN + 8, "title", d->g->name);
	put_text(d, MARGIN + 12 * layout_length(d->g->name), MARGIN + 8, "note",
	    VIEWS[d->g->view]);
}

static void draw(struct drawing *d)
{
	struct layout_box all = measure(d);
	int least = legend_width(d->g);
	int title = 12 * layout_length(d->g->name) + 90;
	int width = all.w;

	width = least > width ? least : width;
	width = title > width ? title : width;
	d->dx = MARGIN - all.x;
	d->dy = MARGIN + TITLE - all.y;
	put_head(d, width + 2 * MARGIN, all.h + 2 * MARGIN + TITLE + LEGEND);
	put_groups(d);
	for (size_t i = 0; i < d->g->edge_count; i++)
		put_line(d, i);
	for (size_t i = 0; i < d->g->node_count; i++)
		put_node(d, i);
	put_legend(d, all.h + MARGIN + TITLE + LEGEND);
	buf_puts(d->out, "</svg>\n");
}

bool graph_svg(struct buf *out, const struct graph *g)
{
	struct drawing d = { .out = out, .g = g };
	bool fits = g->view == GRAPH_SUPERVISION ? layout_boxes(&d.l, g)
						 : layout_layers(&d.l, g);

	if (fits)
		draw(&d);
	layout_fini(&d.l);
	return fits;
}
