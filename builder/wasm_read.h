/* wasm_read: the cursor that every part of the wasm reader moves.
 *
 * Errors stick: the first one is kept, the cursor jumps to its end, and every
 * later read gives 0, so that callers check once per record and loops end.
 */
#ifndef BUILDER_WASM_READ_H
#define BUILDER_WASM_READ_H

#include "wasm.h"

struct wasm_reader {
	const uint8_t *base, *at, *end;
	struct wasm_error *error; /* shared by all cursors of one parse */
};

static inline bool wasm_failed(const struct wasm_reader *r)
{
	return r->error->fault != WASM_OK;
}

static inline size_t wasm_left(const struct wasm_reader *r)
{
	return (size_t)(r->end - r->at);
}

/* Keep the first error, at the cursor's place. help may be NULL. */
void wasm_fail(struct wasm_reader *r, enum wasm_fault fault, const char *help,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

uint8_t wasm_byte(struct wasm_reader *r);
uint32_t wasm_u32(struct wasm_reader *r);
/* A signed LEB128 of at most `bits` bits: 32, 33 or 64. */
int64_t wasm_signed(struct wasm_reader *r, unsigned bits);
struct wasm_bytes wasm_take(struct wasm_reader *r, size_t len);
/* A length and that many bytes of UTF-8. */
struct wasm_bytes wasm_name(struct wasm_reader *r);
/* The count of a vector whose items have at least one byte each. */
uint32_t wasm_count(struct wasm_reader *r, uint32_t max, const char *what);
/* A cursor over the next len bytes, which this one skips. */
struct wasm_reader wasm_sub(struct wasm_reader *r, size_t len);

/* An index below count; what names the things counted. */
uint32_t wasm_index(struct wasm_reader *r, uint32_t count, const char *what);

/* The sections that make index spaces (wasm_space.c). */
void wasm_read_imports(struct wasm_reader *r, struct wasm_module *m);
void wasm_read_tables(struct wasm_reader *r, struct wasm_module *m);
void wasm_read_memories(struct wasm_reader *r, struct wasm_module *m);
void wasm_read_globals(struct wasm_reader *r, struct wasm_module *m);

/* Constants and segments (wasm_segments.c). promised: what the data count
 * section says. */
enum { WASM_NO_DATA_COUNT = UINT32_MAX };
struct wasm_const wasm_read_const(
    struct wasm_reader *r, const struct wasm_module *m, uint8_t want);
void wasm_read_elems(struct wasm_reader *r, struct wasm_module *m);
void wasm_read_datas(
    struct wasm_reader *r, struct wasm_module *m, uint32_t promised);

/* One instruction of a body: where it starts, and what it names. */
enum { WASM_PREFIX = 0xfc };
struct wasm_insn {
	const uint8_t *at;
	uint32_t op;   /* opcode; behind WASM_PREFIX: WASM_PREFIX << 8 | n */
	uint32_t a, b; /* its indices, in the order of the encoding; a of a
			 * block: its type's index, or UINT32_MAX */
	uint8_t type;  /* of ref.null and select; of a block: its result's,
			 * or 0 */
};

/* The code walker (wasm_code.c). Skip the locals of a body; read the next
 * instruction; walk all of one, from its locals to its end. */
void wasm_walk_locals(struct wasm_reader *r);
void wasm_next(
    struct wasm_reader *r, const struct wasm_module *m, struct wasm_insn *insn);
void wasm_walk_body(struct wasm_reader *r, const struct wasm_module *m);

/* The parts that profile 1 refuses by name (wasm_code.c). */
enum wasm_feature {
	WASM_SIMD,
	WASM_THREADS,
	WASM_EXCEPTIONS,
	WASM_TAIL_CALLS,
	WASM_TYPED_REFERENCES,
	WASM_GC,
	WASM_MEMORY64,
	WASM_MULTI_MEMORY,
	WASM_EXTENDED_CONST,
	WASM_FEATURES
};
void wasm_refuse(struct wasm_reader *r, enum wasm_feature feature);
/* A value type, or a reference type; 0 after an error that names what stands
 * there. */
uint8_t wasm_valtype(struct wasm_reader *r);
uint8_t wasm_reftype(struct wasm_reader *r);

#endif
