/* ctext: the functions of wasm2c's C, edited onto our prelude.
 *
 * Takes the output of wasm2c 1.0.32 for a reduced module (wasm_reduce.h) and
 * keeps only function bodies: instance parameters go, instance state becomes
 * az_I, calls of imports and through tables become calls of stubs, memory
 * operations lose their memory. Every use of the instance that is not one of
 * the known forms is an error, never passed on.
 * The text is cut into parts of about CTEXT_PART_SIZE between functions, so
 * that compiling can be spread; where it is cut depends on the text alone.
 */
#ifndef BUILDER_CTEXT_H
#define BUILDER_CTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct sigs;
struct wasm_module;

enum { CTEXT_PART_SIZE = 1 << 20, CTEXT_ERROR_SIZE = 160 };

struct ctext {
	struct buf head; /* declarations that every part includes */
	struct buf *parts;
	size_t part_count;
};

/* Returns 0, or -1 with the reason in error. */
int ctext_edit(struct ctext *out, const char *text, size_t len,
    const struct wasm_module *m, const struct sigs *sigs,
    char error[CTEXT_ERROR_SIZE]);
void ctext_fini(struct ctext *c);

#endif
