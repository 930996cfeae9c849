/* ctext: the functions of wasm2c's C, edited onto our prelude.
 *
 * Takes the output of wasm2c 1.0.32 for a lowered module (wasm_lower.h) and
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
struct wasm_plan;

enum { CTEXT_PART_SIZE = 1 << 20, CTEXT_ERROR_SIZE = 160 };

struct ctext {
	struct buf head; /* declarations that every part includes */
	struct buf *parts;
	size_t part_count;
};

struct ctext_job {
	const struct wasm_module *module;
	const struct sigs *sigs;
	const struct wasm_plan *plan;
};

/* Returns 0, or -1 with the reason in error. */
int ctext_edit(struct ctext *out, const char *text, size_t len,
    const struct ctext_job *job, char error[CTEXT_ERROR_SIZE]);
void ctext_fini(struct ctext *c);

/* The header alone (ctext_head.c). Types come from the module, not from
 * wasm2c's text: when they disagree, the compiler says so. */
void ctext_head(struct buf *out, const struct ctext_job *job);

#endif
