/* chaos_tally: what became of each fault, read from the console's lines.
 *
 * A module says which fault it has from now on; the kernel says who was
 * started again or reset, and what gave up. A fault is manifested when its
 * module, or another while the last fault of all is its, ends and is to be
 * started again, or is reset; recovered when what was asserted is seen after
 * that. Pure: lines in, numbers out.
 */
#ifndef BUILDER_CHAOS_TALLY_H
#define BUILDER_CHAOS_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "chaos.h"

enum { CHAOS_NAME_MAX = 64 };

struct chaos_count {
	uint64_t injected, quiet, manifested, recovered, escalated;
};

enum chaos_state { CHAOS_IDLE, CHAOS_ARMED, CHAOS_BROKEN };

struct chaos_module {
	char name[CHAOS_NAME_MAX];
	enum chaos_class class;
	enum chaos_state state;
};

struct chaos_tally {
	const char *assertion; /* part of a line; NULL: any of the module's */
	struct chaos_count classes[CHAOS_CLASS_COUNT];
	uint64_t owed[CHAOS_CLASS_COUNT]; /* manifested, and no answer yet */
	uint64_t answers, restarts, runs, lost_runs, kernel_deaths;
	uint64_t unseen; /* ends that the kernel had no room to note */
	/* inside */
	struct chaos_module *modules;
	size_t module_count, latest; /* latest: who got the last fault */
};

/* How a run ended. */
enum chaos_end {
	CHAOS_STOPPED, /* by us, enough was seen */
	CHAOS_ENDED,   /* as it wished */
	CHAOS_GAVE_UP, /* the root of its tree did */
	CHAOS_LOST,    /* what was asserted stayed away */
	CHAOS_DEAD     /* the kernel failed */
};

void chaos_tally_init(struct chaos_tally *t, const char *assertion);
void chaos_tally_fini(struct chaos_tally *t);
/* One line, without its newline. */
void chaos_tally_line(struct chaos_tally *t, const char *line);
void chaos_tally_end(struct chaos_tally *t, enum chaos_end how);

/* Is a manifested fault still without its recovery? */
bool chaos_tally_pending(const struct chaos_tally *t);
struct chaos_count chaos_tally_sum(const struct chaos_tally *t);

void chaos_tally_print(const struct chaos_tally *t, FILE *to);
/* Schema azoth.chaos/1. */
void chaos_tally_json(const struct chaos_tally *t, FILE *to);

#endif
