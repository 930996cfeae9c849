/* files: a folder of the host as the read-only tree that an image carries.
 *
 * Entries are in the order of abi/index: the root first, then by parent and
 * name. Links stay links and are not followed; owners, modes and times are
 * not kept. What the format cannot hold (devices, sockets, names that are
 * not UTF-8) is a mistake in the list, never left out silently.
 */
#ifndef BUILDER_FILES_H
#define BUILDER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "mem.h"

struct file_entry {
	const char *name;   /* empty for the root */
	const char *target; /* of a link; else NULL */
	const char *path;   /* on the host */
	uint32_t kind;      /* enum az_file_kind */
	uint32_t parent;
	uint64_t off, size; /* in contents */
};

struct file_tree {
	struct arena *arena;
	struct file_entry *entries;
	size_t count;
	struct buf contents; /* of all files, back to back */
};

/* Read the folder at path. False after adding to the list; *out is to be
 * ended by file_tree_fini either way. */
bool file_tree_read(struct file_tree *out, const char *path, struct span at,
    struct diags *list);
void file_tree_fini(struct file_tree *tree);

#endif
