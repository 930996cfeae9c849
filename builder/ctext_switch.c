#include "ctext_switch.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* Values from `first` up to the next range's all do the same: a goto, maybe
 * with assignments before it, on one line. */
struct range {
	uint32_t first;
	const char *action;
	size_t len;
};

struct tree {
	struct buf *out;
	const char *at, *end, *value;
	size_t value_len;
	struct range *ranges;
	size_t count;
};

static bool eat(struct tree *t, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(t->end - t->at) < len || memcmp(t->at, text, len) != 0)
		return false;
	t->at += len;
	return true;
}

/* The text up to the mark, and past that. */
static size_t eat_until(struct tree *t, char mark)
{
	const char *stop = memchr(t->at, mark, (size_t)(t->end - t->at));
	size_t len = stop != NULL ? (size_t)(stop - t->at) : 0;

	t->at += stop != NULL ? len + 1 : 0;
	return len;
}

static void skip_space(struct tree *t)
{
	while (t->at < t->end && (*t->at == '\n' || *t->at == ' '))
		t->at++;
}

static bool read_action(struct tree *t, uint32_t value)
{
	struct range *last = t->count > 0 ? &t->ranges[t->count - 1] : NULL;
	const char *action;
	size_t len;

	if (!eat(t, ": "))
		return false;
	action = t->at;
	len = eat_until(t, '\n');
	if (memmem(action, len, "goto ", strlen("goto ")) == NULL)
		return false;
	if (last != NULL && last->len == len &&
	    memcmp(last->action, action, len) == 0)
		return true;
	t->ranges = xrealloc(t->ranges, (t->count + 1) * sizeof(*t->ranges));
	t->ranges[t->count++] = (struct range){ value, action, len };
	return true;
}

/* Cases 0, 1 and so on, then the default. */
static bool read_cases(struct tree *t)
{
	uint32_t value = 0;

	for (;; value++) {
		char text[24];

		skip_space(t);
		if (eat(t, "default"))
			break;
		snprintf(text, sizeof(text), "case %u", value);
		if (!eat(t, text) || !read_action(t, value))
			return false;
	}
	return read_action(t, value);
}

static void put_tree(const struct tree *t, size_t from, size_t count)
{
	size_t half = count / 2;
	const struct range *r = &t->ranges[from];

	if (count == 1) {
		buf_printf(t->out, "%.*s\n", (int)r->len, r->action);
		return;
	}
	buf_printf(t->out, "if (%.*s < %uu) {\n", (int)t->value_len, t->value,
	    r[half].first);
	put_tree(t, from, half);
	buf_puts(t->out, "} else {\n");
	put_tree(t, from + half, count - half);
	buf_puts(t->out, "}\n");
}

static bool read_all(struct tree *t)
{
	if (!eat(t, " ("))
		return false;
	t->value = t->at;
	t->value_len = eat_until(t, ')');
	if (t->value_len == 0 || !eat(t, " {") || !read_cases(t))
		return false;
	skip_space(t);
	return eat(t, "}");
}

const char *ctext_switch(struct buf *out, const char *at, const char *end)
{
	struct tree t = { .out = out, .at = at, .end = end };
	bool known = read_all(&t);

	if (known)
		put_tree(&t, 0, t.count);
	free(t.ranges);
	return known ? t.at : NULL;
}
