/* wasm_write: the encoding of WebAssembly modules.
 *
 * The counterpart of wasm_read: each function appends to a buf. A section is
 * gathered in a buf of its own, because its size comes first.
 */
#ifndef BUILDER_WASM_WRITE_H
#define BUILDER_WASM_WRITE_H

#include <stdint.h>

#include "mem.h"
#include "wasm.h"

enum wasm_section {
	WASM_SEC_CUSTOM,
	WASM_SEC_TYPE,
	WASM_SEC_IMPORT,
	WASM_SEC_FUNCTION,
	WASM_SEC_TABLE,
	WASM_SEC_MEMORY,
	WASM_SEC_GLOBAL,
	WASM_SEC_EXPORT,
	WASM_SEC_START,
	WASM_SEC_ELEMENT,
	WASM_SEC_CODE,
	WASM_SEC_DATA,
	WASM_SEC_DATA_COUNT,
	WASM_SEC_TAG,
	WASM_SECTIONS
};

/* The magic and the version. */
void wasm_put_header(struct buf *out);
void wasm_put_byte(struct buf *out, uint8_t byte);
void wasm_put_u32(struct buf *out, uint32_t value);
void wasm_put_signed(struct buf *out, int64_t value);
/* An opcode; behind a prefix: the prefix << 8 | n. */
void wasm_put_op(struct buf *out, uint32_t op);
/* A length and that many bytes: a name, or a body. */
void wasm_put_bytes(struct buf *out, struct wasm_bytes bytes);
void wasm_put_name(struct buf *out, const char *name);
void wasm_put_type(struct buf *out, const struct wasm_type *type);
void wasm_put_limits(struct buf *out, struct wasm_limits limits);
/* A literal as an instruction, without the `end` of an expression. */
void wasm_put_literal(struct buf *out, uint8_t type, uint64_t bits);
/* A section around *body, which is freed and empty afterwards. */
void wasm_put_section(struct buf *out, enum wasm_section id, struct buf *body);

#endif
