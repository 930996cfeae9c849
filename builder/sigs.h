/* sigs: the distinct function types of a module, as the image lists them.
 * The index in this list is the tag that call_indirect compares.
 * Memory: the list owns its two arrays.
 */
#ifndef BUILDER_SIGS_H
#define BUILDER_SIGS_H

#include <stdint.h>

#include "abi/image.h"

struct wasm_module;

struct sigs {
	struct az_sig *at;
	uint32_t count;
	uint16_t *of_type; /* by index into the module's types */
};

/* Returns 0, or -1 when there are more than AZ_SIG_MAX, or more pairs of a
 * table and a type. */
int sigs_init(struct sigs *s, const struct wasm_module *m);
void sigs_fini(struct sigs *s);

#endif
