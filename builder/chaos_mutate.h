/* chaos_mutate: a module with all its faults, and a selector that turns on
 * one of them after the other.
 *
 * Every function with faults has a twin: the function itself tests once, at
 * its entry, whether the fault that is on lies in its twin, and then runs the
 * twin; there each place is written as
 * `if the fault is on, changed, else original`. Calls that enter or leave the
 * module are counted; after every so many of them the next fault is picked by
 * random numbers, class first, and its number is written to stderr
 * (CHAOS_MARK). So the module needs random numbers and a log besides what it
 * needed before. Types, exports and what they mean stay; the result is valid
 * when the module is.
 */
#ifndef BUILDER_CHAOS_MUTATE_H
#define BUILDER_CHAOS_MUTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "chaos.h"
#include "mem.h"
#include "wasm.h"

struct chaos_options {
	uint32_t every; /* calls from one fault to the next; not 0 */
	uint32_t only;  /* set of 1 << class to pick from; 0: all */
	uint32_t fault; /* this one alone, from the first call on; 0: pick */
};

/* How many faults of each class there are. */
struct chaos_places {
	uint32_t count[CHAOS_CLASS_COUNT];
};

/* Append the module; m's types have been judged, and are good. False: it has
 * no memory to write its fault's number from. */
bool chaos_mutate(struct buf *out, struct chaos_places *places,
    const struct wasm_module *m, const struct chaos_options *options);

#endif
