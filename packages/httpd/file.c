#include "file.h"

#include "azoth_http.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 256, BLOCK = 4096 };

static struct file files[FILES_MAX];
static struct file *buckets[BUCKETS];
static uint32_t used, hand, open_count, cached;
static int root_fd = -1;

uint64_t file_changes;

bool file_begin(const char *root)
{
	root_fd = open(root, O_RDONLY | O_DIRECTORY);
	return root_fd >= 0;
}

/* FNV-1a, of 64 bits. */
static const uint64_t HASH_START = 0xcbf29ce484222325;
static const uint64_t HASH_FACTOR = 0x100000001b3;

static uint64_t hash_on(uint64_t hash, const char *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * HASH_FACTOR;
	return hash;
}

static struct file **bucket_of(const char *name)
{
	return &buckets[hash_on(HASH_START, name, (uint32_t)strlen(name)) %
			BUCKETS];
}

int32_t file_read(
    const struct file *f, uint64_t offset, char *buffer, uint32_t size)
{
	return (int32_t)pread(f->fd, buffer, size, (off_t)offset);
}

/* --- Places ----------------------------------------------------------------- */

static void forget(struct file *f)
{
	struct file **link = bucket_of(f->name);

	file_changes++;
	while (*link != f)
		link = &(*link)->next;
	*link = f->next;
	if (f->bytes != NULL)
		cached -= (uint32_t)f->size;
	free(f->bytes);
	if (f->fd >= 0) {
		(void)close(f->fd);
		open_count--;
	}
	memset(f, 0, sizeof(*f));
}

/* A file that nobody is sending gives way, of those with a descriptor or of
 * all; NULL: there is none. */
static struct file *make_way(bool with_fd)
{
	for (uint32_t i = 0; i < used; i++) {
		struct file *f = &files[hand++ % used];

		if (f->users > 0 || f->name[0] == 0 || (with_fd && f->fd < 0))
			continue;
		forget(f);
		return f;
	}
	return NULL;
}

static struct file *take_place(void)
{
	if (open_count == FILES_OPEN && make_way(true) == NULL)
		return NULL;
	for (uint32_t i = 0; i < used; i++)
		if (files[i].name[0] == 0)
			return &files[i];
	return used < FILES_MAX ? &files[used++] : make_way(false);
}

/* --- What there is to know of a file ---------------------------------------- */

const char *file_type(const char *name)
{
	static const char *const types[][2] = {
		{ "html", "text/html; charset=utf-8" },
		{ "css", "text/css; charset=utf-8" },
		{ "js", "text/javascript; charset=utf-8" },
		{ "mjs", "text/javascript; charset=utf-8" },
		{ "json", "application/json" },
		{ "txt", "text/plain; charset=utf-8" },
		{ "md", "text/plain; charset=utf-8" },
		{ "svg", "image/svg+xml" },
		{ "png", "image/png" },
		{ "jpg", "image/jpeg" },
		{ "jpeg", "image/jpeg" },
		{ "gif", "image/gif" },
		{ "webp", "image/webp" },
		{ "ico", "image/x-icon" },
		{ "wasm", "application/wasm" },
		{ "pdf", "application/pdf" },
		{ "xml", "application/xml" },
		{ "woff2", "font/woff2" },
	};
	const char *dot = strrchr(name, '.');

	for (uint32_t i = 0; dot && i < sizeof(types) / sizeof(*types); i++)
		if (strcmp(dot + 1, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

static void describe(struct file *f, uint64_t hash)
{
	(void)snprintf(
	    f->etag, sizeof(f->etag), "\"%016llx\"", (unsigned long long)hash);
	f->fields_length = (uint32_t)snprintf(f->fields, sizeof(f->fields),
	    "Content-Type: %s\r\nContent-Length: %llu\r\nETag: %s\r\n"
	    "X-Content-Type-Options: nosniff\r\n",
	    file_type(f->name), (unsigned long long)f->size, f->etag);
}

/* Read all of it once, into f->bytes where that is not NULL. */
static bool read_all(struct file *f)
{
	static char block[BLOCK];
	uint64_t hash = HASH_START;

	for (uint64_t at = 0; at < f->size;) {
		char *to = f->bytes ? f->bytes + at : block;
		uint32_t n =
		    f->size - at < BLOCK ? (uint32_t)(f->size - at) : BLOCK;
		int32_t got = file_read(f, at, to, n);

		if (got <= 0)
			return false;
		hash = hash_on(hash, to, (uint32_t)got);
		at += (uint32_t)got;
	}
	describe(f, hash);
	return true;
}

static bool load(struct file *f)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	f->size = (uint64_t)st.st_size;
	if (f->size <= FILE_CACHED_MAX && cached + f->size <= FILES_CACHE)
		f->bytes = malloc(f->size + 1);
	return read_all(f);
}

/* Open the file of f->name: false when there is none that could be read. */
static bool open_file(struct file *f)
{
	f->fd = openat(root_fd, f->name, O_RDONLY | O_NONBLOCK);
	if (f->fd < 0 || !load(f)) {
		free(f->bytes);
		if (f->fd >= 0)
			(void)close(f->fd);
		memset(f, 0, sizeof(*f));
		return false;
	}
	if (f->bytes == NULL) {
		open_count++;
		return true;
	}
	cached += (uint32_t)f->size;
	(void)close(f->fd);
	f->fd = -1;
	return true;
}

/* Its name below the root: false when no file can be called so. */
static bool name_of(char name[FILE_NAME_MAX + 1], struct az_http_text path)
{
	static const char index[] = "index.html";
	uint32_t length = path.length - 1;
	bool folder = path.at[length] == '/';

	if (length + (folder ? sizeof(index) : 1) > FILE_NAME_MAX)
		return false;
	memcpy(name, path.at + 1, length);
	name[length] = 0;
	if (folder)
		memcpy(name + length, index, sizeof(index));
	return name[0] != '/' && strstr(name, "//") == NULL;
}

struct file *file_find(struct az_http_text path, uint32_t *status)
{
	char name[FILE_NAME_MAX + 1];
	struct file *f, **bucket;

	*status = 404;
	if (root_fd < 0 || path.at[0] != '/' || !name_of(name, path))
		return NULL;
	bucket = bucket_of(name);
	for (f = *bucket; f != NULL && strcmp(f->name, name) != 0; f = f->next)
		;
	if (f == NULL) {
		f = take_place();
		if (f == NULL) {
			*status = 503;
			return NULL;
		}
		memcpy(f->name, name, sizeof(name));
		if (!open_file(f))
			return NULL;
		f->next = *bucket;
		*bucket = f;
	}
	f->users++;
	return f;
}

void file_release(struct file **f)
{
	if (*f != NULL)
		(*f)->users--;
	*f = NULL;
}
