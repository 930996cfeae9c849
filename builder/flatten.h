/* flatten: compiled objects to one flat image (abi/image).
 *
 * Takes the relocatable objects that gcc made of a module's parts, places
 * every function and constant at its displacement of abi/layout, resolves
 * the few relocations that our code can have, and adds the records that
 * follow from the module. Anything else in an object (other sections,
 * relocations, symbols, writable data) is refused with an internal error
 * that names it: the image must not need what the kernel does not do.
 * Output depends on the inputs alone.
 */
#ifndef BUILDER_FLATTEN_H
#define BUILDER_FLATTEN_H

#include <stddef.h>
#include <stdint.h>

#include "wasm.h"

struct image;
struct sigs;
struct wasm_plan;

enum { FLATTEN_ERROR_SIZE = 240 };

struct flatten_job {
	const struct wasm_module *module;
	const struct sigs *sigs;
	const struct wasm_plan *plan;
	const struct wasm_bytes *objects;
	size_t object_count;
};

/* Returns 0, or -1 with the reason in error. */
int flatten(struct image *out, const struct flatten_job *job,
    char error[FLATTEN_ERROR_SIZE]);

#endif
