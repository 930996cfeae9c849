/* wasm_plan: what lowering adds to a module, and what it numbers.
 *
 * One plan is made of a closed module (one that imports only functions, and
 * is valid) and read by all that translate it: wasm_lower, ctext, flatten.
 * It follows from the module alone.
 * - A reference to a function is the number 1 + an index into the image's
 *   entries: those of the element segments in order, then those of functions
 *   that are referred to and in no segment.
 * - Table instructions are calls of helpers of abi/call: each that is used is
 *   one more function behind the module's own.
 * - Functions of a wide type, which has more than WASM_NARROW results, leave
 *   them in globals behind the module's own, one for each position and type.
 *   A wide type means such functions; for blocks it has a copy behind the
 *   module's own types, followed by one of its results alone.
 * Memory: the plan owns its arrays.
 */
#ifndef BUILDER_WASM_PLAN_H
#define BUILDER_WASM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/image.h"

struct wasm_module;

enum {
	WASM_NARROW = 2,
	WASM_HELPERS = 8,       /* table instructions with a helper */
	WASM_LOWERED_TYPES = 4, /* i32, i64, f32, f64 */
	WASM_BLOCK_TYPES = 2    /* made of a wide type */
};

/* A helper by the words of abi/call. */
struct wasm_helper {
	const char *name, *type;
};

struct wasm_plan {
	uint32_t *refs;    /* by function: a reference's number; 0: none */
	uint32_t *entries; /* functions behind those of the segments */
	uint32_t *blocks;  /* by type: the type that blocks use */
	uint8_t *globals;  /* the types of the globals added */
	bool *grows;       /* by table: some instruction grows it */
	uint32_t entry_count, global_count, helper_count;
	uint32_t block_count; /* types added for blocks */
	/* The helpers used; the function of helper i is the i-th behind the
	 * module's own. */
	const struct wasm_helper *helpers[WASM_HELPERS];
	/* The global of a result by its position and type, or UINT32_MAX. */
	uint32_t results[AZ_RESULTS_MAX][WASM_LOWERED_TYPES];
};

void wasm_plan_init(struct wasm_plan *p, const struct wasm_module *m);
void wasm_plan_fini(struct wasm_plan *p);

/* What a value of a type is lowered to: a reference is a number. */
uint8_t wasm_lowered(uint8_t type);
/* The helper of an instruction (wasm_insn's op); NULL: it needs none. */
const struct wasm_helper *wasm_helper_of(uint32_t op);
/* The function index that calls a helper of the plan. */
uint32_t wasm_plan_func(const struct wasm_plan *p, const struct wasm_module *m,
    const struct wasm_helper *helper);
/* The global of a wide function's result. */
uint32_t wasm_plan_result(
    const struct wasm_plan *p, uint32_t position, uint8_t type);

#endif
