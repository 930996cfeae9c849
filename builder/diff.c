#include "diff.h"

#include <string.h>

#include "mem.h"

static bool is_known(const struct diff_fact *fact, const struct diff_facts *to)
{
	return fact->source == DIFF_BOTH ||
	       (fact->source == DIFF_IMAGE) == to->image;
}

static int compare(const struct diff_fact *a, const struct diff_fact *b)
{
	int order = (int)a->section - (int)b->section;

	if (order == 0)
		order = strcmp(a->subject, b->subject);
	return order != 0 ? order : strcmp(a->key, b->key);
}

static void add(struct diff_change *list, size_t *count,
    const struct diff_fact *before, const struct diff_fact *after)
{
	list[(*count)++] = (struct diff_change){ before, after };
}

struct diff_change *diff_compare(
    size_t *count, const struct diff_facts *a, const struct diff_facts *b)
{
	struct diff_change *out = xcalloc(a->count + b->count, sizeof(*out));
	size_t i = 0, k = 0;

	*count = 0;
	while (i < a->count || k < b->count) {
		int order = i == a->count   ? 1
			    : k == b->count ? -1
					    : compare(&a->at[i], &b->at[k]);
		const struct diff_fact *left = order <= 0 ? &a->at[i++] : NULL;
		const struct diff_fact *right = order >= 0 ? &b->at[k++] : NULL;

		if (left == NULL && is_known(right, a))
			add(out, count, NULL, right);
		else if (right == NULL && is_known(left, b))
			add(out, count, left, NULL);
		else if (left != NULL && right != NULL &&
			 left->section != DIFF_PATH &&
			 strcmp(left->value, right->value) != 0)
			add(out, count, left, right);
	}
	return out;
}
