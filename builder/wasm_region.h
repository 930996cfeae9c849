/* wasm_region: several memories as regions of one.
 *
 * A group whose code uses two memories or more gets one that holds them side
 * by side, all of it present from the start. Each region has a size of its
 * own in a global, which its memory.grow moves up to the region's capacity.
 * Every access goes through a function that compares it with that size and,
 * where it is outside, makes one that is outside the whole memory: the trap
 * is that of an access out of bounds.
 * The last member's memory lies at 0: host functions take that one, and do not
 * know where it ends.
 * Capacity: each region has what it starts with. The rest of the pages that
 * the options allow is shared evenly among those that may grow, none beyond
 * its own maximum.
 */
#ifndef BUILDER_WASM_REGION_H
#define BUILDER_WASM_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "wasm.h"

struct buf;
struct link;
struct link_part;
struct wasm_insn;

enum { REGION_OPS = 0x3f - 0x28 }; /* loads and stores */

struct region {
	struct wasm_limits limits; /* as declared */
	bool used;
	/* Only where there are several: */
	uint32_t base, capacity; /* pages */
	uint32_t size;           /* global: pages */
	/* Functions, 0 where not yet made; access: by opcode. */
	uint32_t access[REGION_OPS], grow, copy, fill;
};

/* Decide which memories there are and where they lie. */
int region_lay_out(struct link *l);
/* The one memory of the result; false: it has none. */
bool region_limits(const struct link *l, struct wasm_limits *limits);
/* Is a memory of the members the one of the result, at address 0? */
bool region_is_first(const struct link *l, uint32_t memory);

/* Put an instruction of a member that uses memory. */
void region_put(struct link *l, const struct link_part *p, struct buf *out,
    const struct wasm_insn *insn, const uint8_t *end);
/* Put the memory.init of a data segment, by its index in the result. */
void region_put_init(struct link *l, const struct link_part *p, struct buf *out,
    uint32_t segment);

#endif
