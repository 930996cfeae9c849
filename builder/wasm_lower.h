/* wasm_lower: the part of a module that its code depends on, for wasm2c.
 *
 * Same indices everywhere, but no custom sections, exports, start function or
 * element segments, imports called "i" "0", "i" "1" ..., and data segments
 * passive and one byte long: wasm2c then gives names that follow from
 * indices, and no data becomes C text.
 * What wasm2c does not have is lowered as the plan says: references are i32,
 * table instructions call helpers, and what calls a function of a wide type
 * takes its results from globals. The result is valid when the module is.
 */
#ifndef BUILDER_WASM_LOWER_H
#define BUILDER_WASM_LOWER_H

#include "wasm.h"

struct buf;
struct wasm_plan;

void wasm_lower(
    struct buf *out, const struct wasm_module *m, const struct wasm_plan *p);

/* Append the body of a defined function, lowered (wasm_lower_body.c). */
void wasm_lower_body(struct buf *out, const struct wasm_module *m,
    const struct wasm_plan *p, uint32_t func);

#endif
