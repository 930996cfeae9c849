/* check: everything about a system that its manifest alone cannot tell.
 *
 * Reads each module once, parses it, and compares what it imports and needs
 * with what it is granted, and with what its channels offer; proves the
 * assertions; adds up memory and processor time; looks for the folders and
 * files that the manifest names. Nothing is written but notes in the
 * cache, of modules whose code has good types.
 */
#ifndef BUILDER_CHECK_H
#define BUILDER_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct diags;
struct manifest;
struct wasm_module;

/* A file of a module, which modules of one path share; or what its `link`
 * makes of several. */
struct checked_file {
	char *path; /* as the process opens it */
	struct buf bytes;
	uint8_t sha256[32];
	struct wasm_module *wasm; /* NULL: refused, and reported */
	bool wasm_shared;         /* with an earlier file of the same content */
	bool types_good;
	/* No tool knows globals among elements: when these have become
	 * functions, the module that it is linked into is judged. */
	bool types_later;
};

struct checked {
	struct checked_file *files, *linked;
	size_t file_count, linked_count;
	/* For each module of the manifest what it consists of; NULL: not
	 * found. */
	const struct checked_file **modules;
	/* EXIT_DONE, or why no tool could judge the types of some modules:
	 * EXIT_HOST, EXIT_TOOL or EXIT_INTERRUPTED. */
	int types;
	const struct checked_file *untyped; /* the first of them, or NULL */
};

/* Mistakes go to list; *out is to be ended by checked_fini either way. What
 * the modules know of their channels is added to m: the methods of those
 * without an interface. */
void check_manifest(
    struct checked *out, struct manifest *m, struct diags *list);
/* The file at a path as the process opens it; NULL: it was not read. */
struct checked_file *check_find(const struct checked *c, const char *path);
void checked_fini(struct checked *c);

/* Read and check what describes the devices of a manifest: fills their
 * `driver` (check_drivers.c). */
void check_drivers(struct manifest *m, struct diags *list);

#endif
