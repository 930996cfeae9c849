/* wasm_link_impl: a link while it runs, for wasm_link*.c and wasm_region.c.
 *
 * Resolve what each index of each member is in the result; drop tables and
 * memories that nothing uses; then write, where bodies are rewritten and
 * functions made as they are needed. Nothing fails once writing has begun.
 * Memory: everything is in the arena but for bodies.
 */
#ifndef BUILDER_WASM_LINK_IMPL_H
#define BUILDER_WASM_LINK_IMPL_H

#include "mem.h"
#include "wasm.h"
#include "wasm_link.h"
#include "wasm_region.h"

enum {
	LINK_NONE = UINT32_MAX,
	LINK_TYPES_MADE = 64 /* at most, beside those of the members */
};

/* Until all imports are resolved, a function that the host gives is this bit
 * and its number; a defined one is its number among these. */
#define LINK_HOST 0x80000000u

/* One member. The maps go from its index spaces to the result's. */
struct link_part {
	const struct link_member *member;
	const struct wasm_module *m;
	const char *label; /* or NULL */
	uint32_t *types, *funcs, *tables, *globals;
	uint32_t memory; /* into memories, or LINK_NONE */
	uint32_t first_elem, first_data;
	bool calls_host;
};

struct link_host {
	struct wasm_bytes module, name;
	uint32_t type;
};

struct link_table {
	struct wasm_table type;
	bool used;
	uint32_t index; /* in the result, when it is used */
};

/* A function that no member has. */
struct link_made {
	char *name;
	uint32_t type;
	struct buf body; /* freed by wasm_link */
};

struct link {
	struct arena *arena;
	const struct link_options *options;
	struct link_error *error;
	struct link_part *parts;
	size_t part_count;

	/* The result. funcs: types of the members' functions, in order. */
	struct wasm_type *types;
	struct link_host *hosts;
	uint32_t *funcs;
	struct link_table *tables;
	struct wasm_global *globals;
	struct region *memories;
	struct link_made *made;
	size_t type_count, host_count, func_count, table_count, global_count;
	size_t memory_count, made_count;
	uint32_t elem_count, data_count;
	uint32_t *type_slots; /* an open hash of types: index + 1 */
	uint32_t type_slot_count;
	uint8_t *declared; /* by function: code takes a reference to it */
	uint32_t *inits;   /* by data segment: its memory.init, + 1 */
	uint32_t trap;     /* the function that is out of bounds, + 1 */
	bool regions;      /* several memories are used */
};

/* The index of a type, which is added when it is new. */
uint32_t link_type(struct link *l, const struct wasm_type *type);
/* Add a function of types given as strings of enum az_valtype; its index in
 * the result. *body is moved into it. */
uint32_t link_make(struct link *l, char *name, const char *params,
    const char *results, struct buf *body);
/* Keep the first error. Returns -1. */
int link_fail(struct link *l, enum link_fault fault, const struct link_part *p,
    uint32_t import, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* Fill all maps and the index spaces of the result (wasm_resolve.c). */
int link_resolve(struct link *l);
/* A constant expression of a member as a literal, or as a reference to a
 * function of the result. */
struct wasm_const link_const(
    const struct link *l, const struct link_part *p, struct wasm_const c);

/* Mark the tables and memories that a member uses; then bodies in the
 * result's indices (wasm_rewrite.c). */
void link_mark_used(struct link *l, const struct link_part *p);
void link_rewrite(struct link *l, const struct link_part *p, struct buf *out,
    struct wasm_bytes body);

/* All sections of the result (wasm_assemble.c). */
void link_assemble(struct link *l, struct buf *out);

#endif
