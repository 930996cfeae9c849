#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "graph.h"
#include "graph_layout.h"
#include "manifest.h"
#include "mem.h"
#include "test_manifest.h"

enum { MODULES = 14, SYSTEMS = 150, MANY = 600 };

/* --- Any system ---------------------------------------------------------- */

static uint32_t seed = 7;

static uint32_t roll(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Groups of groups: modules 0 to 4 in `a`, the next ones in `b` in `c`. */
static void make_tree(struct buf *out)
{
	buf_puts(out, "supervision:\n  children:\n"
		      "    - a: { children: [ m0, m1, m2, m3, m4 ] }\n"
		      "    - c: { children: [ b: { children: [ m5, m6, m7 ] }, "
		      "m8, m9 ] }\n"
		      "    - m10\n    - m11\n    - m12\n    - m13\n");
}

static void make(struct buf *out)
{
	uint32_t channels = 1 + roll(2 * MODULES);

	buf_puts(out, "azoth: 1\nname: any\nmodules:\n");
	for (int i = 0; i < MODULES; i++)
		buf_printf(out,
		    "  m%d: { source: x, grants: { power: [ %s ] } }\n", i,
		    roll(2) == 0 ? "halt" : "reboot");
	if (roll(4) > 0)
		make_tree(out);
	buf_puts(out, "channels:\n");
	for (uint32_t i = 0; i < channels; i++) {
		uint32_t one = roll(MODULES), two = (one + 1) % MODULES;
		uint32_t three = (one + 2 + roll(MODULES - 2)) % MODULES;

		if (roll(2) == 0)
			buf_printf(out,
			    "  c%u: { type: call, server: m%u, clients: [ m%u, "
			    "m%u ] }\n",
			    i, one, two, three);
		else
			buf_printf(out,
			    "  c%u: { type: signal, writer: m%u, readers: [ "
			    "m%u, m%u ] }\n",
			    i, one, two, three);
	}
}

static bool is_apart(const struct layout_box *a, const struct layout_box *b)
{
	return a->x + a->w <= b->x || b->x + b->w <= a->x ||
	       a->y + a->h <= b->y || b->y + b->h <= a->y;
}

static bool is_inside(const struct layout_box *a, const struct layout_box *b)
{
	return a->x >= b->x && a->x + a->w <= b->x + b->w && a->y >= b->y &&
	       a->y + a->h <= b->y + b->h;
}

static bool is_below(const struct graph *g, size_t group, size_t above)
{
	while (group > above)
		group = g->groups[group].parent;
	return group == above;
}

/* What is in a group is inside its box; what is not is apart from it. */
static void check_group(
    const struct graph *g, const struct layout *l, size_t group)
{
	const struct layout_box *box = &l->groups[group];

	for (size_t i = 0; i < l->item_count; i++) {
		bool in = is_below(g, l->items[i].group, group);

		if (in)
			assert_true(is_inside(&l->items[i].at, box));
		else if (i < g->node_count)
			assert_true(is_apart(&l->items[i].at, box));
	}
	for (size_t i = 1; i < g->group_count; i++)
		if (is_below(g, i, group))
			assert_true(is_inside(&l->groups[i], box));
		else if (!is_below(g, group, i))
			assert_true(is_apart(&l->groups[i], box));
}

static void check_lines(const struct graph *g, const struct layout *l)
{
	for (size_t i = 0; i < g->edge_count; i++) {
		const struct layout_line *e = &l->lines[i];
		size_t first = e->items[0], last = e->items[e->count - 1];

		assert_true(e->count >= 2);
		assert_int_equal(
		    first, e->backward ? g->edges[i].to : g->edges[i].from);
		assert_int_equal(
		    last, e->backward ? g->edges[i].from : g->edges[i].to);
		for (size_t n = 1; n < e->count; n++)
			assert_int_equal(l->items[e->items[n]].rank,
			    l->items[e->items[n - 1]].rank + 1);
	}
}

/* Lines meet only where their edges enter or leave one channel, and in the same
 * direction. */
static void check_meetings(const struct graph *g, const struct layout *l)
{
	for (size_t i = 0; i < g->edge_count; i++)
		for (size_t k = 0; k < i; k++)
			for (size_t n = 1; n + 1 < l->lines[i].count; n++) {
				size_t item = l->lines[i].items[n];

				if (layout_passes(l, k, l->items[item].rank) !=
				    item)
					continue;
				assert_true(
				    g->edges[i].from == g->edges[k].from ||
				    g->edges[i].to == g->edges[k].to);
				assert_int_equal(
				    l->lines[i].backward, l->lines[k].backward);
			}
}

/* Each calls the next one, and all the last: one line leads them there. */
static void test_meeting(void **state)
{
	struct fixture f;
	struct graph g;
	struct layout l;

	(void)state;
	load_good(&f, "azoth: 1\nname: any\nmodules: { a: { source: x }, "
		      "b: { source: x }, c: { source: x }, d: { source: x } }\n"
		      "channels:\n"
		      "  b: { type: call, server: b, clients: [ a ] }\n"
		      "  c: { type: call, server: c, clients: [ b ] }\n"
		      "  d: { type: call, server: d, clients: [ a, b, c ] }\n");
	graph_init(&g, f.m, GRAPH_CHANNELS);
	assert_true(layout_layers(&l, &g));
	/* The way of a bends in four columns; b joins it in two of them. */
	assert_int_equal(l.item_count, g.node_count + 4);
	check_meetings(&g, &l);
	layout_fini(&l);
	graph_fini(&g);
	finish(&f);
}

static void check_layers(const struct manifest *m, enum graph_view view)
{
	struct graph g;
	struct layout l;

	graph_init(&g, m, view);
	assert_true(layout_layers(&l, &g));
	for (size_t i = 0; i < l.item_count; i++)
		for (size_t k = 0; k < i; k++)
			assert_true(is_apart(&l.items[i].at, &l.items[k].at));
	for (size_t i = 1; i < g.group_count; i++)
		check_group(&g, &l, i);
	check_lines(&g, &l);
	check_meetings(&g, &l);
	layout_fini(&l);
	graph_fini(&g);
}

static void check_boxes(const struct manifest *m)
{
	struct graph g;
	struct layout l;

	graph_init(&g, m, GRAPH_SUPERVISION);
	assert_true(layout_boxes(&l, &g));
	for (size_t i = 0; i < l.item_count; i++) {
		l.items[i].group = g.nodes[i].group;
		for (size_t k = 0; k < i; k++)
			assert_true(is_apart(&l.items[i].at, &l.items[k].at));
	}
	for (size_t i = 0; i < g.group_count; i++)
		check_group(&g, &l, i);
	layout_fini(&l);
	graph_fini(&g);
}

static void test_any(void **state)
{
	(void)state;
	for (int i = 0; i < SYSTEMS; i++) {
		struct buf text = { 0 };
		struct fixture f;

		make(&text);
		load_good(&f, text.at);
		check_layers(f.m, GRAPH_CHANNELS);
		check_layers(f.m, GRAPH_AUTHORITY);
		check_boxes(f.m);
		finish(&f);
		buf_fini(&text);
	}
}

/* --- Texts --------------------------------------------------------------- */

static void test_same(void **state)
{
	struct buf text = { 0 }, one = { 0 }, two = { 0 };
	struct fixture f;
	struct graph g;

	(void)state;
	make(&text);
	load_good(&f, text.at);
	graph_init(&g, f.m, GRAPH_CHANNELS);
	assert_true(graph_svg(&one, &g));
	assert_true(graph_svg(&two, &g));
	assert_string_equal(one.at, two.at);
	graph_fini(&g);
	finish(&f);
	buf_fini(&text);
	buf_fini(&one);
	buf_fini(&two);
}

typedef void printer(struct buf *out, const struct graph *g);

static void check_text(const struct graph *g, printer *draw, const char *want)
{
	struct buf out = { 0 };

	draw(&out, g);
	assert_non_null(strstr(out.at, want));
	buf_fini(&out);
}

static void print_svg(struct buf *out, const struct graph *g)
{
	assert_true(graph_svg(out, g));
	assert_null(strstr(out->at, "<b>"));
}

/* No manifest has such names; an image may. */
static void test_escapes(void **state)
{
	struct fixture f;
	struct graph g;

	(void)state;
	load_good(&f, "azoth: 1\nname: x\nmodules: { a: { source: x } }\n");
	f.m->modules[0].name.text = "<b>\"&\\#";
	graph_init(&g, f.m, GRAPH_AUTHORITY);
	check_text(&g, print_svg, ">&lt;b&gt;&quot;&amp;\\#<");
	check_text(&g, graph_mermaid, "[\"<b>#quot;&\\#35;\"]");
	check_text(&g, graph_dot, "[label=\"<b>\\\"&\\\\#\"]");
	graph_fini(&g);
	finish(&f);
}

/* More modules and channels than anyone would look at. */
static void test_too_large(void **state)
{
	struct buf text = { 0 }, out = { 0 };
	struct fixture f;
	struct graph g;

	(void)state;
	buf_puts(&text, "azoth: 1\nname: any\nmodules:\n");
	for (int i = 0; i < MANY; i++)
		buf_printf(&text, "  m%d: { source: x }\n", i);
	buf_puts(&text, "channels:\n");
	for (int i = 1; i < MANY; i++)
		buf_printf(&text,
		    "  c%d: { type: signal, writer: m0, readers: [ m%d ] }\n",
		    i, i);
	load_good(&f, text.at);
	graph_init(&g, f.m, GRAPH_CHANNELS);
	assert_false(graph_svg(&out, &g));
	assert_int_equal(out.len, 0);
	graph_fini(&g);
	finish(&f);
	buf_fini(&text);
}

static void test_length(void **state)
{
	(void)state;
	assert_int_equal(layout_length(""), 0);
	assert_int_equal(layout_length("abc"), 3);
	assert_int_equal(layout_length("\xc3\xa4\xe2\x94\x80"), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_meeting),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
