/* wasm_reduce: the part of a module that its code depends on.
 *
 * Same indices everywhere, but no custom sections, exports, start function or
 * element segments, imports called "i" "0", "i" "1" ..., and data segments
 * passive and one byte long: wasm2c then gives names that follow from
 * indices, and no data becomes C text.
 */
#ifndef BUILDER_WASM_REDUCE_H
#define BUILDER_WASM_REDUCE_H

struct buf;
struct wasm_module;

void wasm_reduce(struct buf *out, const struct wasm_module *m);

#endif
