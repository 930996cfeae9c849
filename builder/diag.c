#include "diag.h"
#include "diag_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "mem.h"

struct diags *diags_new(void)
{
	return xcalloc(1, sizeof(struct diags));
}

static void diag_free(struct diag *d)
{
	size_t i;

	for (i = 0; i < d->note_count; i++)
		free(d->notes[i].text);
	free(d->notes);
	free(d->fix.text);
	free(d->message);
	free(d->label);
	free(d->help);
	free(d);
}

void diags_free(struct diags *list)
{
	size_t i;

	if (list == NULL)
		return;
	for (i = 0; i < list->count; i++)
		diag_free(list->items[i]);
	free(list->items);
	free(list->sources);
	for (i = 0; i < list->owned_count; i++) {
		source_fini(list->owned[i]);
		free(list->owned[i]);
	}
	free(list->owned);
	free(list);
}

void diags_own(struct diags *list, struct source *src)
{
	list->owned = xrealloc(
	    list->owned, (list->owned_count + 1) * sizeof(list->owned[0]));
	list->owned[list->owned_count++] = src;
}

static size_t source_rank(const struct diags *list, const struct source *src)
{
	size_t i;

	for (i = 0; i < list->source_count; i++)
		if (list->sources[i] == src)
			return i;
	return i;
}

static void source_note(struct diags *list, const struct source *src)
{
	if (source_rank(list, src) < list->source_count)
		return;
	list->sources = xrealloc(
	    list->sources, (list->source_count + 1) * sizeof(list->sources[0]));
	list->sources[list->source_count++] = src;
}

struct diag *diag_add(
    struct diags *list, const char *code, struct span at, const char *fmt, ...)
{
	struct diag *d = xcalloc(1, sizeof(*d));
	va_list args;

	d->kind = diag_kind_find(code);
	if (d->kind == NULL)
		abort();
	d->at = at;
	d->order = list->count;
	va_start(args, fmt);
	d->message = xvasprintf(fmt, args);
	va_end(args);
	list->items =
	    xrealloc(list->items, (list->count + 1) * sizeof(list->items[0]));
	list->items[list->count++] = d;
	source_note(list, at.src);
	return d;
}

void diag_label(struct diag *d, const char *fmt, ...)
{
	va_list args;

	free(d->label);
	va_start(args, fmt);
	d->label = xvasprintf(fmt, args);
	va_end(args);
}

void diag_help(struct diag *d, const char *fmt, ...)
{
	va_list args;

	free(d->help);
	va_start(args, fmt);
	d->help = xvasprintf(fmt, args);
	va_end(args);
}

void diag_also(struct diag *d, struct span at, const char *fmt, ...)
{
	struct diag_note *note;
	va_list args;

	d->notes =
	    xrealloc(d->notes, (d->note_count + 1) * sizeof(d->notes[0]));
	note = &d->notes[d->note_count++];
	note->at = at;
	va_start(args, fmt);
	note->text = xvasprintf(fmt, args);
	va_end(args);
}

void diag_fix(struct diag *d, struct span at, const char *text)
{
	free(d->fix.text);
	d->fix = (struct diag_note){ at, xstrdup(text) };
	d->has_fix = true;
}

static size_t count_severity(const struct diags *list, enum severity s)
{
	size_t i, n = 0;

	for (i = 0; i < list->count; i++)
		n += list->items[i]->kind->severity == s;
	return n;
}

size_t diags_errors(const struct diags *list)
{
	return count_severity(list, SEV_ERROR);
}

size_t diags_warnings(const struct diags *list)
{
	return count_severity(list, SEV_WARNING);
}

int diags_exit_code(const struct diags *list)
{
	static const char trust[] = "AZ06";
	const struct diag_kind *kind;
	int code = EXIT_DONE;
	size_t i;

	for (i = 0; i < list->count; i++) {
		kind = list->items[i]->kind;
		if (kind->severity != SEV_ERROR)
			continue;
		if (strncmp(kind->code, trust, strlen(trust)) != 0)
			return EXIT_INPUT;
		code = EXIT_TRUST;
	}
	return code;
}

size_t diags_count(const struct diags *list)
{
	return list->count;
}

bool diag_fix_of(
    const struct diags *list, size_t diag, struct span *at, const char **text)
{
	const struct diag *d = list->items[diag];

	if (!d->has_fix)
		return false;
	*at = d->fix.at;
	*text = d->fix.text;
	return true;
}

struct sort_key {
	size_t rank;
	const struct diag *diag;
};

static int compare_places(const void *left, const void *right)
{
	const struct sort_key *a = left, *b = right;
	const struct span *x = &a->diag->at, *y = &b->diag->at;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->col != y->col)
		return x->col < y->col ? -1 : 1;
	return a->diag->order < b->diag->order ? -1 : 1;
}

const struct diag **diags_sorted(const struct diags *list)
{
	struct sort_key *keys = xcalloc(list->count, sizeof(*keys));
	const struct diag **out = xcalloc(list->count, sizeof(*out));
	size_t i;

	for (i = 0; i < list->count; i++) {
		keys[i].diag = list->items[i];
		keys[i].rank = source_rank(list, list->items[i]->at.src);
	}
	qsort(keys, list->count, sizeof(*keys), compare_places);
	for (i = 0; i < list->count; i++)
		out[i] = keys[i].diag;
	free(keys);
	return out;
}

const char *severity_name(enum severity s)
{
	return s == SEV_ERROR ? "error" : "warning";
}

enum { WORD_MAX = 64, NEAREST_MAX = 256, SLIPS_MAX = 3 };

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: insert, delete, replace, swap of neighbours. */
static unsigned edit_distance(const char *a, const char *b)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *last = rows[1], *now = rows[2], *spare;
	size_t n = strlen(a), m = strlen(b), i, j;

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (j = 0; j <= m; j++)
		last[j] = (unsigned)j;
	for (i = 1; i <= n; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= m; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1,
			    last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

/* One slip for each three letters. */
static unsigned slips_allowed(const char *word)
{
	size_t slips = strlen(word) / 3;

	return slips < 1 ? 1 : slips > SLIPS_MAX ? SLIPS_MAX : (unsigned)slips;
}

const char *diag_nearest(
    const char *word, const char *const *candidates, size_t count)
{
	unsigned best = slips_allowed(word) + 1, distance;
	const char *found = NULL;
	size_t i;

	if (count > NEAREST_MAX)
		return NULL;
	for (i = 0; i < count; i++) {
		distance = edit_distance(word, candidates[i]);
		if (distance < best && distance < strlen(candidates[i])) {
			best = distance;
			found = candidates[i];
		}
	}
	return found;
}
