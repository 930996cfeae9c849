/* cache: packed images and file contents, kept by the hash of what they were
 * made from.
 *
 * An entry carries the hash of itself and is checked when it is read: one
 * that was cut short or changed is as if it were not there. Entries are
 * written under a temporary name and renamed, so builds may run side by side.
 * A cache that cannot be written is no error: it merely never hits.
 */
#ifndef BUILDER_CACHE_H
#define BUILDER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"

struct cache {
	char *dir; /* NULL: there is none */
};

/* What is kept for a module or a folder. */
struct cached {
	struct blob blob;
	uint64_t text_size;     /* machine code, bytes */
	uint32_t stack;         /* that its calls can take; 0: unknown */
	uint8_t raw_sha256[32]; /* of the bytes before packing */
};

/* $XDG_CACHE_HOME/azoth, made when missing. */
void cache_open(struct cache *cache);
void cache_close(struct cache *cache);

/* False when there is no good entry. The caller ends *out by cached_fini. */
bool cache_get(
    struct cached *out, const struct cache *cache, const uint8_t key[32]);
void cache_put(const struct cache *cache, const uint8_t key[32],
    const struct cached *entry);
void cached_fini(struct cached *entry);

/* The same as a file of its own, to hand an entry from process to process. */
bool cached_read(struct cached *out, const char *path);
bool cached_write(const char *path, const struct cached *entry);

/* Short notes: a text by key, for example the hash of a product. NULL when
 * there is none; the caller frees it. */
char *cache_get_note(const struct cache *cache, const uint8_t key[32]);
void cache_put_note(
    const struct cache *cache, const uint8_t key[32], const char *text);

#endif
