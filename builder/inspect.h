/* inspect: what a product holds, as one JSON object ("azoth.inspect/1").
 * Reads what anybody made; believes nothing but what the checks of verify/
 * have passed. "signature" says how far to trust the rest.
 */
#ifndef BUILDER_INSPECT_H
#define BUILDER_INSPECT_H

#include <jansson.h>

struct artifact;

enum { INSPECT_WHY_SIZE = 256 };

/* The caller releases it; NULL: why holds the reason. */
json_t *inspect_artifact(const struct artifact *a, char why[INSPECT_WHY_SIZE]);

/* The same for a WebAssembly module (inspect_wasm.c). */
json_t *inspect_wasm(const struct artifact *a, char why[INSPECT_WHY_SIZE]);

#endif
