/* object: the text and constants of compiled objects, placed and resolved.
 *
 * The half of flatten that reads ELF. Each function comes in a section of
 * its own (-ffunction-sections) named after its symbol, w2c_fN with N its
 * wasm index.
 */
#ifndef BUILDER_OBJECT_H
#define BUILDER_OBJECT_H

#include <stddef.h>
#include <stdint.h>

#include "flatten.h"
#include "mem.h"

enum { OBJECT_FUNC_ALIGN = 16 };

/* Where a function lies in the text, padding included. */
struct object_func {
	uint32_t off, len;
};

struct object_code {
	struct buf text, rodata;
	struct object_func *funcs; /* by defined function */
};

/* Returns 0, or -1 with the reason in error. The caller calls
 * object_code_fini either way. */
int object_read(struct object_code *out, const struct flatten_job *job,
    char error[FLATTEN_ERROR_SIZE]);
void object_code_fini(struct object_code *c);

#endif
