/* wit: interfaces of call channels, written in a flat subset of WIT.
 *
 * A file is `package NAME;` (optional) and one interface with enums, records
 * of scalars, and functions over these and list<u8>; a function may return a
 * result<T, E> whose E is an enum. Everything else of WIT is refused with
 * what to write instead. A doc comment whose line is `@idempotent` marks a
 * function that may be repeated.
 * Memory: a wit and all it points to live in the caller's arena.
 */
#ifndef BUILDER_WIT_H
#define BUILDER_WIT_H

#include "diag.h"

struct arena;
struct buf;

enum wit_kind {
	WIT_NOTHING,
	WIT_BOOL,
	WIT_S8,
	WIT_U8,
	WIT_S16,
	WIT_U16,
	WIT_S32,
	WIT_U32,
	WIT_S64,
	WIT_U64,
	WIT_F32,
	WIT_F64,
	WIT_CHAR,
	WIT_ENUM,
	WIT_RECORD,
	WIT_BYTES, /* list<u8> */
};

struct wit_type {
	enum wit_kind kind;
	const struct wit_def *def; /* WIT_ENUM, WIT_RECORD */
	const char *name;          /* as it is written */
	struct span at;
};

/* A case of an enum (its type is nothing), a field or a parameter. */
struct wit_field {
	const char *name, *doc; /* doc: NULL without; lines end with \n */
	struct span at;
	struct wit_type type;
};

struct wit_def {
	enum wit_kind kind; /* WIT_ENUM, WIT_RECORD */
	const char *name, *doc;
	struct span at;
	struct wit_field *fields;
	size_t count;
	uint32_t size; /* WIT_RECORD: bytes, as C lays it out */
};

struct wit_func {
	const char *name, *doc;
	struct span at;
	struct wit_field *params;
	size_t count;
	bool fallible;          /* returns a result<> */
	bool idempotent;        /* may be repeated */
	struct wit_type result; /* of a result<T, E>: T */
	struct wit_type error;  /* E, or nothing */
};

struct wit {
	const char *name, *doc;
	struct span at;
	struct wit_def *defs;
	size_t def_count;
	struct wit_func *funcs;
	size_t func_count;
};

/* The interface in src, or NULL after reporting why there is none. */
struct wit *wit_parse(
    struct arena *a, const struct source *src, struct diags *list);

/* Bytes that the gate moves for a call: between the peers' memories, as
 * abi/index has it. */
enum { WIT_COPIES_MAX = 4, WIT_COPY_FIXED = 0xff, WIT_COPY_SIZE = 4096 };
struct wit_copy {
	uint8_t pointer, length; /* argument numbers; length: or FIXED */
	bool in, out;
	uint32_t max; /* bytes */
};

/* A function as modules import and export it. */
struct wit_method {
	const char *name; /* with _ for - */
	const char *type; /* "iI:i" */
	bool status;      /* its i32 result is a status */
	bool idempotent;
	struct wit_copy copies[WIT_COPIES_MAX];
	size_t copy_count;
};

/* The methods of w, one for each function in order; what cannot be called
 * through a gate is reported, and NULL. */
struct wit_method *wit_lower(
    struct arena *a, const struct wit *w, struct diags *list);

enum wit_side { WIT_CLIENT, WIT_SERVER };
/* The C header for one end of a channel. */
void wit_header(struct buf *out, const struct wit *w, enum wit_side side);

#endif
