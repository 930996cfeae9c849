/* chaos_impl: what the parts of chaos_mutate share. */
#ifndef BUILDER_CHAOS_IMPL_H
#define BUILDER_CHAOS_IMPL_H

#include "chaos_mutate.h"
#include "wasm_read.h"

/* Faults [first, first + count) are in the twin number home, from 1. */
struct chaos_span {
	uint32_t first, count, home;
};

/* A function that the module did not have. */
struct chaos_made {
	uint32_t type;
	struct wasm_bytes name;
	struct buf body;
};

/* Indices of functions are those of the result: what imports were added
 * moves the module's own up. */
struct chaos {
	const struct wasm_module *m;
	const struct chaos_options *options;
	struct chaos_places *places;
	struct arena *arena;

	uint32_t added;         /* imports */
	uint32_t random, write; /* random_get, fd_write */
	uint32_t type_none, type_random, type_write, type_eat;
	uint32_t fault, home, left, seed; /* globals */
	uint32_t step, pick, eat;         /* functions */
	uint32_t *wrapped; /* of each imported function: what calls it */

	struct chaos_made *made;
	size_t made_count;
	struct chaos_span *spans;
	size_t span_count;
};

uint32_t chaos_func(const struct chaos *c, uint32_t func);
/* Returns the index of the new function; *body is taken. */
uint32_t chaos_make(
    struct chaos *c, uint32_t type, struct wasm_bytes name, struct buf *body);

void chaos_op(struct buf *b, uint32_t op, uint32_t index);
void chaos_number(struct buf *b, uint32_t value);
/* Whether the fault is on: an i32 of 0 or 1. */
void chaos_test(const struct chaos *c, struct buf *b, uint32_t fault);
void chaos_params(struct buf *b, const struct wasm_type *type);

/* The body of a defined function and, when there are places in it, its twin
 * (chaos_body.c). */
void chaos_body(struct chaos *c, struct buf *out, uint32_t func);

/* The functions that pick a fault and say so, and those around calls that
 * enter or leave (chaos_made.c). Declare first, as bodies call them. */
void chaos_declare(struct chaos *c);
void chaos_finish_pick(struct chaos *c);
uint32_t chaos_wrap(struct chaos *c, uint32_t func, bool imported);

#endif
