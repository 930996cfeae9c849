/* batch: the modules of a system to packed images, side by side, and not
 * at all where the cache has them.
 *
 * Each translation runs in a process of its own, so that one that is killed
 * or fails leaves nothing behind. Modules with equal bytes are compiled once.
 */
#ifndef BUILDER_BATCH_H
#define BUILDER_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"

struct progress;
struct wasm_module;

struct batch_item {
	/* Given. */
	const char *name;
	const struct wasm_module *wasm;
	const struct buf *bytes;
	const uint8_t *sha256; /* of bytes; 32 */
	/* Found. */
	uint8_t key[32]; /* in the cache */
	bool hit;        /* it was there */
	struct cached out;
};

struct batch_job {
	struct batch_item *items;
	size_t count;
	int jobs; /* at once; 0: as many as there are processors */
	const struct cache *cache;
	const char *work_dir;
	const char *log_dir;  /* logs of failed tools go here; made if so */
	const char *keep_dir; /* generated C, or NULL */
	bool explain;         /* say why a module is compiled */
	struct progress *progress;
};

/* Returns an exit code; what failed has been said. The caller ends each
 * item's out by cached_fini. */
int batch_compile(const struct batch_job *job);

#endif
