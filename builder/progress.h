/* progress: what a long verb tells while it works.
 *
 * On a terminal the running step is one line that is replaced in place;
 * elsewhere each finished step is one line; as JSON, one object a line on
 * the chosen descriptor. Nothing is printed when progress is off.
 * Context: one thread.
 */
#ifndef BUILDER_PROGRESS_H
#define BUILDER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli.h"

struct progress {
	enum cli_progress how;
	bool quiet;
	bool transient; /* the cursor stands behind a line to be replaced */
	FILE *to;
	bool close;
	uint64_t start_ns;
};

/* Milliseconds are printed with the steps when they end. */
void progress_init(struct progress *p, const struct cli *cli);
void progress_fini(struct progress *p);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t progress_now(void);

/* A line for people, shown as it is (not in JSON). */
void progress_say(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A step starts; module may be NULL. done of total draw the bar. */
void progress_begin(struct progress *p, const char *step, const char *module,
    size_t done, size_t total);

/* A step has ended; fmt says what it gave, for people. */
struct progress_end {
	const char *step;
	const char *module; /* or NULL */
	uint64_t since;     /* of progress_now */
	bool cached;
	bool failed;
};
void progress_end(struct progress *p, const struct progress_end *end,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
