#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "abi/index.h"
#include "fileio.h"

#define ENTRY_MAGIC "AZCACHE3"

enum { NOTE_MAX = 4096 };

/* An entry: this, then the stored bytes. */
struct entry_head {
	uint8_t magic[8];
	uint8_t sha256[32]; /* of everything behind this field */
	uint8_t raw_sha256[32], blob_sha256[32];
	uint64_t raw_size, text_size;
	uint32_t codec, stack;
};

enum { HASHED_FROM = sizeof(uint8_t[8]) + sizeof(uint8_t[32]) };

void cache_open(struct cache *cache)
{
	cache->dir = file_xdg_dir("XDG_CACHE_HOME", ".cache");
	if (cache->dir != NULL && !file_make_dirs(cache->dir, 0700)) {
		free(cache->dir);
		cache->dir = NULL;
	}
}

void cache_close(struct cache *cache)
{
	free(cache->dir);
	cache->dir = NULL;
}

static char *path_of(
    const struct cache *cache, const uint8_t key[32], const char *kind)
{
	char hex[65];

	if (cache->dir == NULL)
		return NULL;
	file_hex(hex, key, 32);
	return xasprintf("%s/%s-%s", cache->dir, kind, hex);
}

static bool decode(struct cached *out, const struct buf *bytes)
{
	struct entry_head head;
	uint8_t hash[32];

	memset(out, 0, sizeof(*out));
	if (bytes->len < sizeof(head))
		return false;
	memcpy(&head, bytes->at, sizeof(head));
	file_sha256(hash, bytes->at + HASHED_FROM, bytes->len - HASHED_FROM);
	if (memcmp(head.magic, ENTRY_MAGIC, sizeof(head.magic)) != 0 ||
	    memcmp(head.sha256, hash, sizeof(hash)) != 0)
		return false;
	out->text_size = head.text_size;
	out->stack = head.stack;
	memcpy(out->raw_sha256, head.raw_sha256, sizeof(out->raw_sha256));
	out->blob.raw_size = head.raw_size;
	out->blob.codec = head.codec;
	if (bytes->len > sizeof(head))
		buf_add(&out->blob.stored, bytes->at + sizeof(head),
		    bytes->len - sizeof(head));
	memcpy(out->blob.sha256, head.blob_sha256, sizeof(head.blob_sha256));
	return true;
}

bool cached_read(struct cached *out, const char *path)
{
	struct buf bytes = { 0 };
	bool done = path != NULL && file_read(&bytes, path, FILE_SIZE_MAX) &&
		    decode(out, &bytes);

	buf_fini(&bytes);
	return done;
}

bool cached_write(const char *path, const struct cached *entry)
{
	struct entry_head head = { .magic = ENTRY_MAGIC,
		.raw_size = entry->blob.raw_size,
		.text_size = entry->text_size,
		.stack = entry->stack,
		.codec = entry->blob.codec };
	struct buf bytes = { 0 };
	bool done;

	memcpy(head.raw_sha256, entry->raw_sha256, sizeof(head.raw_sha256));
	memcpy(head.blob_sha256, entry->blob.sha256, sizeof(head.blob_sha256));
	buf_add(&bytes, &head, sizeof(head));
	if (entry->blob.stored.len > 0)
		buf_add(&bytes, entry->blob.stored.at, entry->blob.stored.len);
	file_sha256(
	    head.sha256, bytes.at + HASHED_FROM, bytes.len - HASHED_FROM);
	memcpy(bytes.at, &head, sizeof(head));
	done = file_write(path, bytes.at, bytes.len, 0600);
	buf_fini(&bytes);
	return done;
}

bool cache_get(
    struct cached *out, const struct cache *cache, const uint8_t key[32])
{
	char *path = path_of(cache, key, "blob");
	bool done = cached_read(out, path);

	free(path);
	return done;
}

void cache_put(const struct cache *cache, const uint8_t key[32],
    const struct cached *entry)
{
	char *path = path_of(cache, key, "blob");

	if (path != NULL)
		(void)cached_write(path, entry);
	free(path);
}

void cached_fini(struct cached *entry)
{
	blob_fini(&entry->blob);
	memset(entry, 0, sizeof(*entry));
}

char *cache_get_note(const struct cache *cache, const uint8_t key[32])
{
	char *path = path_of(cache, key, "note");
	struct buf text = { 0 };

	if (path == NULL || !file_read(&text, path, NOTE_MAX))
		buf_fini(&text);
	free(path);
	return text.len > 0 ? buf_take(&text) : NULL;
}

void cache_put_note(
    const struct cache *cache, const uint8_t key[32], const char *text)
{
	char *path = path_of(cache, key, "note");

	if (path != NULL)
		(void)file_write(path, text, strlen(text), 0600);
	free(path);
}
