/* wasm: a bounds-checked reader of WebAssembly core modules.
 *
 * wasm_parse takes untrusted bytes (a fuzz target drives it): it decodes all
 * sections, and walks the code for instructions outside profile 1, which is
 * WebAssembly 2.0 without SIMD. Types of code bodies are not checked:
 * wasm-validate does that. Nothing is copied: names and bytes point into the
 * source, which must outlive the module. Every index that a module names
 * exists. Reference: WebAssembly Core Specification 2.0, section 5.
 */
#ifndef BUILDER_WASM_H
#define BUILDER_WASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"

struct wasm_bytes {
	const uint8_t *at;
	size_t len;
};

struct wasm_type {
	const uint8_t *params, *results; /* enum az_valtype each */
	uint32_t param_count, result_count;
};

enum wasm_external { WASM_FUNC, WASM_TABLE, WASM_MEMORY, WASM_GLOBAL };

struct wasm_limits {
	uint32_t min, max; /* max: UINT32_MAX when absent */
};

struct wasm_table {
	uint8_t type; /* AZ_FUNCREF or AZ_EXTERNREF */
	struct wasm_limits limits;
};

struct wasm_import {
	struct wasm_bytes module, name;
	enum wasm_external kind;
	/* What its kind needs; the rest is 0. */
	uint32_t type; /* of a function: index into types */
	struct wasm_table table;
	struct wasm_limits memory;
	uint8_t global_type; /* enum az_valtype */
	bool global_mutable;
};

struct wasm_export {
	struct wasm_bytes name;
	enum wasm_external kind;
	uint32_t index;
};

enum wasm_const_kind {
	WASM_LITERAL,
	WASM_REF_NULL,
	WASM_REF_FUNC,  /* bits: function */
	WASM_GLOBAL_GET /* bits: an imported global */
};

/* A constant expression. */
struct wasm_const {
	enum wasm_const_kind kind;
	uint8_t type;  /* enum az_valtype */
	uint64_t bits; /* floats by their bits */
};

struct wasm_global {
	uint8_t type; /* enum az_valtype */
	bool mutable;
	struct wasm_const init; /* nothing when it is imported */
};

struct wasm_elem {
	enum az_mode mode;
	uint8_t type;   /* AZ_FUNCREF or AZ_EXTERNREF */
	uint32_t table; /* AZ_ACTIVE only, as dest */
	struct wasm_const dest;
	struct wasm_const *items; /* never a literal */
	uint32_t count;
};

struct wasm_data {
	bool passive;
	struct wasm_const dest;
	struct wasm_bytes bytes;
};

struct wasm_custom {
	struct wasm_bytes name, bytes;
};

/* tables, memories and globals are whole index spaces, imported ones first;
 * functions are not: they are func_imports and funcs. */
struct wasm_module {
	struct wasm_bytes source;
	struct wasm_type *types;
	struct wasm_import *imports;
	uint32_t *func_imports; /* of each imported function: its import */
	uint32_t *funcs;        /* type index of each defined function */
	struct wasm_table *tables;
	struct wasm_limits *memories; /* at most one */
	struct wasm_global *globals;
	struct wasm_export *exports;
	struct wasm_elem *elems;
	struct wasm_data *datas;
	struct wasm_custom *customs;
	struct wasm_bytes *func_names; /* by function index; from "name", or
					* of the first export, or empty */
	struct wasm_bytes *bodies;     /* of each defined function: locals,
					* code, end */
	uint32_t type_count, import_count, func_count, table_count;
	uint32_t memory_count, global_count, export_count, elem_count;
	uint32_t data_count, custom_count;
	uint32_t imported_funcs, imported_tables;     /* how many imports of */
	uint32_t imported_memories, imported_globals; /* each kind */
	uint32_t start; /* function index, or UINT32_MAX */
};

/* Why a module was not accepted: a text for the user, the offset in the
 * file, and the class that picks the diagnostic's code. */
enum wasm_fault {
	WASM_OK,
	WASM_MALFORMED,
	WASM_OUTSIDE_PROFILE,
	WASM_COMPONENT
};
struct wasm_error {
	enum wasm_fault fault;
	size_t offset;
	char text[160];
	char help[160]; /* the flag or tool that avoids it; may be empty */
};

/* Parse len bytes. On success the caller frees the module (not the source);
 * on failure *error is filled and NULL returned. */
struct wasm_module *wasm_parse(
    const uint8_t *bytes, size_t len, struct wasm_error *error);
void wasm_free(struct wasm_module *m);

static inline uint32_t wasm_func_total(const struct wasm_module *m)
{
	return m->imported_funcs + m->func_count;
}

bool wasm_is_text(struct wasm_bytes bytes, const char *text);
/* The type of a function by its index, imported ones first. */
const struct wasm_type *wasm_func_type(
    const struct wasm_module *m, uint32_t func);

#endif
