/* host/files: the read-only file systems of the signed index.
 *
 * A file is named by its fileset and its position in it; the records are the
 * bundle's own, so nothing is built or copied at boot. Entries of a fileset
 * are sorted by (parent, name): a lookup is a binary search.
 * Invariant: a path never leaves the directory that it starts from.
 * Memory: none but the stack. Context: task; long paths let others run.
 */
#ifndef AZ_HOST_FILES_H
#define AZ_HOST_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "host/wasi/wasi.h"

struct bundle;
struct az_file;

enum { FILES_LINKS_MAX = 40 }; /* symbolic links followed in one path */

/* As WASI numbers them, where it can say so much. */
enum files_result {
	FILES_NEW = -1, /* all but the last component is there */
	FILES_OK = WASI_SUCCESS,
	FILES_NOENT = WASI_NOENT, /* a directory on the way is missing */
	FILES_NOTDIR = WASI_NOTDIR,
	FILES_LOOP = WASI_LOOP,
	FILES_OUTSIDE = WASI_PERM,   /* absolute, or `..` of the start */
	FILES_BAD_NAME = WASI_ILSEQ, /* not UTF-8, or holds a NUL */
	FILES_TOO_LONG = WASI_NAMETOOLONG,
};

/* What a path is resolved against, and how. */
struct files_walk {
	uint32_t set;   /* fileset */
	uint32_t start; /* directory in it */
	bool follow;    /* a symbolic link at the end too */
};

/* Use b (checked, borrowed for ever) from now on. */
void files_init(const struct bundle *b);

/* The record of file `at` of fileset `set`; both exist. */
const struct az_file *files_get(uint32_t set, uint32_t at);

/* The child of dir called name (one component, neither `.` nor `..`). */
bool files_find(
    uint32_t *out, uint32_t set, uint32_t dir, const char *name, uint32_t len);

/* Children of dir: positions [*first, *first + count). */
uint32_t files_children(uint32_t *first, uint32_t set, uint32_t dir);

/* Resolve a path. *out is set for FILES_OK only. A trailing slash asks for a
 * directory and follows a link whatever walk->follow says. */
enum files_result files_resolve(uint32_t *out, const struct files_walk *walk,
    const char *path, uint32_t len);

#endif
