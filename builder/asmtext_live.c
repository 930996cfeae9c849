#include "asmtext_live.h"

#include <stdlib.h>

#include "asmtext_line.h"
#include "mem.h"

static size_t count_labels(const struct line *lines, size_t count)
{
	size_t labels = 0;

	for (size_t i = 0; i < count; i++) {
		if (lines[i].label != LINE_NOWHERE && lines[i].label >= labels)
			labels = lines[i].label + (size_t)1;
	}
	return labels;
}

/* Once through the lines; whether a label's set has grown. */
static bool go_back(struct line *lines, size_t count, uint16_t *at_label)
{
	uint16_t live = REGS_ALL;
	bool grown = false;

	for (size_t i = count; i-- > 0;) {
		struct line *l = &lines[i];
		uint16_t there =
		    l->label != LINE_NOWHERE ? at_label[l->label] : 0;

		if (l->kind == LINE_JUMP)
			live = there;
		else if (l->kind == LINE_BRANCH)
			live |= there;
		else if (l->kind == LINE_RETURN)
			live = 0;
		l->live = live;
		live = (uint16_t)((live & ~l->sets) | l->reads);
		if (l->kind != LINE_LABEL || l->label == LINE_NOWHERE)
			continue;
		grown |= live != there;
		at_label[l->label] = live;
	}
	return grown;
}

void asmtext_live(struct line *lines, size_t count)
{
	size_t labels = count_labels(lines, count);
	uint16_t *at_label = xcalloc(labels + 1, sizeof(*at_label));

	while (go_back(lines, count, at_label))
		;
	free(at_label);
}
