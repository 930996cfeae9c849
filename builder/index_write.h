/* index_write: a manifest and its blobs to the index of abi/index.
 *
 * The same input gives the same bytes. Equal blobs are stored once: *order
 * lists, for each blob of the index, which one it is.
 */
#ifndef BUILDER_INDEX_WRITE_H
#define BUILDER_INDEX_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct blob;
struct file_tree;
struct manifest;

/* What goes into a bundle. The arrays run beside those of the manifest. */
struct system_parts {
	const struct manifest *manifest;
	const struct blob *images;     /* of each module */
	const struct blob *stdins;     /* of each module with AZ_STDIN_FILE */
	const struct file_tree *trees; /* of each files: entry */
	const struct blob *tree_blobs; /* their contents */
	uint64_t epoch;                /* SOURCE_DATE_EPOCH */
	bool dev;                      /* signed by a development key */
};

/* The blobs of an index, in its order; borrowed from the parts. */
struct blob_list {
	const struct blob **at;
	size_t count;
};

void index_write(struct buf *index, struct blob_list *blobs,
    const struct system_parts *parts);

/* What the loader hands to the kernel; the index holds the same. The caller
 * frees it. */
char *index_cmdline(const struct manifest *m);

#endif
