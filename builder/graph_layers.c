/* The columns of a drawing: ranks, lanes, order, places. */
#include "graph_layers_impl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"
#include "mem.h"

enum {
	SWEEPS = 24,
	SETTLES = 12,
	GAP_Y = 16,
	FAR = 1 << 20,
};

static void place_columns(struct layers *s)
{
	struct layout *l = s->l;
	int x = 0;

	for (size_t i = 0; i < l->item_count; i++)
		if (l->items[i].rank + 1 > l->ranks)
			l->ranks = l->items[i].rank + 1;
	l->columns =
	    arena_alloc(l->arena, (l->ranks + 1) * sizeof(*l->columns));
	for (size_t rank = 0; rank < l->ranks; rank++) {
		int width = 0;

		l->columns[rank] = x;
		for (size_t i = 0; i < l->item_count; i++)
			if (l->items[i].rank == rank &&
			    l->items[i].at.w > width)
				width = l->items[i].at.w;
		for (size_t i = 0; i < l->item_count; i++) {
			struct layout_box *at = &l->items[i].at;

			if (l->items[i].rank != rank)
				continue;
			at->w = at->w == 0 ? width : at->w;
			at->x = x + (width - at->w) / 2;
		}
		x += width + LAYOUT_GAP;
	}
	l->columns[l->ranks] = x;
}

static const struct layers *sorting; /* for the comparisons alone */

/* --- Lanes: who stands above whom --------------------------------------- */

static int middle(const struct layout_item *i)
{
	return i->at.y + i->at.h / 2;
}

/* The mean wishes of what stands in each group itself, and of all below it;
 * -1: there is nothing. */
static void find_means(struct layers *s)
{
	size_t groups = s->g->group_count;
	long *sum = xcalloc(groups, sizeof(*sum));
	long *count = xcalloc(groups, sizeof(*count));

	for (size_t i = 0; i < s->l->item_count; i++) {
		sum[s->l->items[i].group] += s->wish[i];
		count[s->l->items[i].group]++;
	}
	for (size_t i = 0; i < groups; i++)
		s->own_mean[i] = count[i] > 0 ? (int)(sum[i] / count[i]) : -1;
	for (size_t i = groups; i-- > 1;) {
		sum[s->g->groups[i].parent] += sum[i];
		count[s->g->groups[i].parent] += count[i];
	}
	for (size_t i = 0; i < groups; i++)
		s->mean[i] = count[i] > 0 ? (int)(sum[i] / count[i]) : -1;
	free(sum);
	free(count);
}

/* Stack what stands in a group itself, in each column from where that is free
 * on, and down to one depth. */
static void stack(struct layers *s, size_t group, int *used)
{
	struct layout *l = s->l;
	int *top = &s->top[group * l->ranks];
	int *end = xcalloc(l->ranks, sizeof(*end)), low = 0;

	memcpy(top, used, l->ranks * sizeof(*top));
	memcpy(end, used, l->ranks * sizeof(*end));
	for (size_t n = 0; n < l->item_count; n++) {
		struct layout_item *i = &l->items[s->order[n]];

		if (i->group != group)
			continue;
		i->at.y = end[i->rank];
		end[i->rank] += i->at.h + GAP_Y;
		low = end[i->rank] > low ? end[i->rank] : low;
	}
	for (size_t n = 0; n < l->item_count; n++) {
		struct layout_item *i = &l->items[n];

		if (i->group != group)
			continue;
		i->at.y += (low - end[i->rank]) / 2;
		used[i->rank] = low;
	}
	s->low[group] = low - GAP_Y;
	free(end);
}

/* A group and all in it from y on; returns the height. */
static int place_group(struct layers *s, size_t group, int y);

/* Of the groups in a group, and of what stands in it itself (which is called
 * by its own number), the next in order behind the wish `last`. */
static size_t next_part(
    const struct layers *s, size_t group, int last, size_t behind)
{
	size_t best = SIZE_MAX;
	int least = FAR;

	for (size_t i = group; i < s->g->group_count; i++) {
		int wish;

		if (i != group && s->g->groups[i].parent != group)
			continue;
		wish = i != group ? s->mean[i] : s->own_mean[i];
		if (wish < last || (wish == last && i <= behind) ||
		    wish >= least)
			continue;
		least = wish;
		best = i;
	}
	return best;
}

/* The columns that the frame of a group touches, each with half of the gaps at
 * its sides. */
static void find_columns(
    const struct layers *s, size_t group, size_t *first, size_t *end)
{
	const struct layout_box *box = &s->l->groups[group];
	const int *x = s->l->columns;

	*first = 0;
	while (*first + 1 < s->l->ranks &&
	       x[*first + 1] - LAYOUT_GAP / 2 <= box->x)
		++*first;
	*end = *first + 1;
	while (*end < s->l->ranks && x[*end] - LAYOUT_GAP / 2 < box->x + box->w)
		++*end;
}

/* Place a part as high as what is in its columns lets. */
static void place_part(struct layers *s, size_t group, size_t part, int *used)
{
	size_t first, end;
	int y = 0, height;

	if (part == group) {
		stack(s, group, used);
		return;
	}
	find_columns(s, part, &first, &end);
	for (size_t i = first; i < end; i++)
		y = used[i] > y ? used[i] : y;
	height = place_group(s, part, y) + GAP_Y;
	for (size_t i = first; i < end; i++)
		used[i] = y + height;
}

static int place_parts(struct layers *s, size_t group, int y)
{
	int *used = xcalloc(s->l->ranks + 1, sizeof(*used));
	int last = -1, low = y;
	size_t behind = 0, part;

	for (size_t i = 0; i < s->l->ranks; i++)
		used[i] = y;
	while ((part = next_part(s, group, last, behind)) != SIZE_MAX) {
		last = part != group ? s->mean[part] : s->own_mean[part];
		behind = part;
		place_part(s, group, part, used);
	}
	for (size_t i = 0; i < s->l->ranks; i++)
		low = used[i] > low ? used[i] : low;
	free(used);
	return low - y;
}

static int place_group(struct layers *s, size_t group, int y)
{
	struct layout_box *box = &s->l->groups[group];
	int inner = place_parts(s, group, y + LAYOUT_HEADER);

	box->y = y;
	box->h = LAYOUT_HEADER + (inner > 0 ? inner - GAP_Y : 0) + LAYOUT_PAD;
	return box->h;
}

static int compare_wishes(const void *left, const void *right)
{
	size_t a = *(const size_t *)left, b = *(const size_t *)right;

	if (sorting->wish[a] != sorting->wish[b])
		return sorting->wish[a] < sorting->wish[b] ? -1 : 1;
	return a < b ? -1 : a > b;
}

/* Wish to be where the neighbours are, on one side or both. */
static void make_wishes(struct layers *s, bool from_left, bool from_right)
{
	size_t items = s->l->item_count;
	long *sum = xcalloc(items, sizeof(*sum));
	long *count = xcalloc(items, sizeof(*count));

	for (size_t i = 0; i < s->piece_count; i++) {
		const struct piece *p = &s->pieces[i];

		if (from_left) {
			sum[p->right] += middle(&s->l->items[p->left]);
			count[p->right]++;
		}
		if (from_right) {
			sum[p->left] += middle(&s->l->items[p->right]);
			count[p->left]++;
		}
	}
	for (size_t i = 0; i < items; i++)
		s->wish[i] = count[i] > 0 ? (int)(sum[i] / count[i])
					  : middle(&s->l->items[i]);
	free(sum);
	free(count);
}

static int compare_pieces(const void *left, const void *right)
{
	const struct piece *a = left, *b = right;
	size_t x = sorting->l->items[a->left].rank;
	size_t y = sorting->l->items[b->left].rank;

	if (x != y)
		return x < y ? -1 : 1;
	if (a->left != b->left)
		return a->left < b->left ? -1 : 1;
	return a->right < b->right ? -1 : a->right > b->right;
}

/* Crossings, then the length of all edges. */
static long judge(const struct layers *s)
{
	const struct layout_item *items = s->l->items;
	long score = 0;

	for (size_t i = 0; i < s->piece_count; i++) {
		const struct piece *p = &s->pieces[i];

		score += labs(middle(&items[p->left]) -
			      (long)middle(&items[p->right])) /
			 8;
		for (size_t k = i; k-- > 0;) {
			const struct piece *q = &s->pieces[k];
			long left, right;

			if (items[p->left].rank != items[q->left].rank)
				break;
			left = middle(&items[p->left]) -
			       (long)middle(&items[q->left]);
			right = middle(&items[p->right]) -
				(long)middle(&items[q->right]);
			score +=
			    (left < 0 && right > 0) || (left > 0 && right < 0)
				? 40
				: 0;
		}
	}
	return score;
}

static void arrange(struct layers *s)
{
	sorting = s;
	qsort(s->order, s->l->item_count, sizeof(*s->order), compare_wishes);
	sorting = NULL;
	find_means(s);
	(void)place_group(s, 0, 0);
}

/* Arrange again and again; the best arrangement stays. */
static void sweep(struct layers *s)
{
	size_t size = s->l->item_count * sizeof(*s->wish);
	int *best = xmalloc(size + 1);
	long least = 0;

	for (size_t i = 0; i < s->l->item_count; i++) {
		s->order[i] = i;
		s->wish[i] = (int)i;
	}
	arrange(s);
	for (int i = 0; i < SWEEPS; i++) {
		long score = judge(s);

		if (i == 0 || score < least) {
			least = score;
			memcpy(best, s->wish, size);
		}
		make_wishes(s, i % 3 != 1, i % 3 != 0);
		arrange(s);
	}
	memcpy(s->wish, best, size);
	arrange(s);
	free(best);
}

/* --- Places: as near to the neighbours as the order lets --------------- */

static int compare_places(const void *left, const void *right)
{
	const struct layout_item *a = &sorting->l->items[*(const size_t *)left];
	const struct layout_item *b =
	    &sorting->l->items[*(const size_t *)right];

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->at.y < b->at.y ? -1 : a->at.y > b->at.y;
}

/* The items of a group in one column: the mean of pushing all down and of
 * pushing all up from where they wish to be. */
static void settle_stack(struct layers *s, const size_t *items, size_t count)
{
	struct layout_item *all = s->l->items;
	size_t group = all[items[0]].group;
	int *down = xcalloc(count, sizeof(*down)), *up = NULL;
	int top = s->top[group * s->l->ranks + all[items[0]].rank];
	int edge = top;

	up = xcalloc(count, sizeof(*up));
	for (size_t i = 0; i < count; i++) {
		int y = s->wish[items[i]] - all[items[i]].at.h / 2;

		down[i] = y > edge ? y : edge;
		edge = down[i] + all[items[i]].at.h + GAP_Y;
	}
	edge = s->low[group];
	for (size_t i = count; i-- > 0; edge = up[i] - GAP_Y) {
		int h = all[items[i]].at.h;
		int y = s->wish[items[i]] - h / 2;

		up[i] = y + h < edge ? y : edge - h;
	}
	/* Neither may leave the lane. */
	edge = s->low[group];
	for (size_t i = count; i-- > 0; edge = down[i] - GAP_Y)
		if (down[i] + all[items[i]].at.h > edge)
			down[i] = edge - all[items[i]].at.h;
	edge = top;
	for (size_t i = 0; i < count; i++) {
		up[i] = up[i] > edge ? up[i] : edge;
		edge = up[i] + all[items[i]].at.h + GAP_Y;
	}
	for (size_t i = 0; i < count; i++)
		all[items[i]].at.y = (down[i] + up[i]) / 2;
	free(down);
	free(up);
}

static void settle(struct layers *s)
{
	struct layout_item *all = s->l->items;
	size_t end;

	sorting = s;
	qsort(s->order, s->l->item_count, sizeof(*s->order), compare_places);
	sorting = NULL;
	for (int round = 0; round < SETTLES; round++) {
		make_wishes(s, round % 3 != 1, round % 3 != 0);
		for (size_t i = 0; i < s->l->item_count; i = end) {
			const struct layout_item *first = &all[s->order[i]];

			for (end = i;
			     end < s->l->item_count &&
			     all[s->order[end]].group == first->group &&
			     all[s->order[end]].rank == first->rank;
			     end++)
				;
			settle_stack(s, &s->order[i], end - i);
		}
	}
}

/* The sides of a group: those of all that is in it. */
static void frame_groups(struct layers *s)
{
	for (size_t group = s->g->group_count; group-- > 0;) {
		struct layout_box *box = &s->l->groups[group];
		int left = FAR, right = 0;
		int header =
		    LAYOUT_CHAR * layout_length(s->g->groups[group].name);

		for (size_t i = 0; i < s->l->item_count; i++) {
			const struct layout_box *at = &s->l->items[i].at;

			if (s->l->items[i].group != group)
				continue;
			left = at->x < left ? at->x : left;
			right = at->x + at->w > right ? at->x + at->w : right;
		}
		for (size_t i = group + 1; i < s->g->group_count; i++) {
			const struct layout_box *at = &s->l->groups[i];

			if (s->g->groups[i].parent != group)
				continue;
			left = at->x < left ? at->x : left;
			right = at->x + at->w > right ? at->x + at->w : right;
		}
		box->x = left - LAYOUT_PAD;
		box->w = right - left + 2 * LAYOUT_PAD;
		if (box->w < header + 2 * LAYOUT_PAD)
			box->w = header + 2 * LAYOUT_PAD;
	}
}

static void make_layout(struct layers *s)
{
	struct arena *a = s->l->arena;
	size_t items = s->l->item_count, groups = s->g->group_count;

	s->order = arena_alloc(a, (items + 1) * sizeof(*s->order));
	s->wish = arena_alloc(a, (items + 1) * sizeof(*s->wish));
	s->low = arena_alloc(a, groups * sizeof(*s->low));
	s->mean = arena_alloc(a, groups * sizeof(*s->mean));
	s->own_mean = arena_alloc(a, groups * sizeof(*s->own_mean));
	place_columns(s);
	s->top = arena_alloc(a, groups * s->l->ranks * sizeof(*s->top));
	frame_groups(s);
	sorting = s;
	if (s->piece_count > 0)
		qsort(s->pieces, s->piece_count, sizeof(*s->pieces),
		    compare_pieces);
	sorting = NULL;
	sweep(s);
	settle(s);
}

bool layout_layers(struct layout *l, const struct graph *g)
{
	struct layers s = { .g = g, .l = l };
	bool fits = g->node_count <= LAYOUT_NODES_MAX &&
		    g->group_count <= LAYOUT_NODES_MAX;

	*l = (struct layout){ .arena = arena_new() };
	l->lines =
	    arena_alloc(l->arena, (g->edge_count + 1) * sizeof(*l->lines));
	l->groups = arena_alloc(l->arena, g->group_count * sizeof(*l->groups));
	for (size_t i = 0; i < g->node_count && fits; i++) {
		(void)ranks_add(&s, 0, g->nodes[i].group);
		layout_measure(&l->items[i].at, g, i);
	}
	fits = fits && ranks_make(&s);
	if (fits)
		make_layout(&s);
	return fits;
}

void layout_fini(struct layout *l)
{
	arena_free(l->arena);
	*l = (struct layout){ 0 };
}
