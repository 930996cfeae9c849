/* file: the files that are served: what is below --root.
 *
 * A file is opened and read at its first request, for its hash, and kept: a
 * small one in memory, of others the descriptor. Nothing looks whether one has
 * changed since. Memory: a table of FILES_MAX, and at most FILES_CACHE bytes;
 * what is not being sent gives way to what is asked for. */
#ifndef HTTPD_FILE_H
#define HTTPD_FILE_H

#include <stdbool.h>
#include <stdint.h>

struct az_http_text;

enum {
	FILES_MAX = 256,
	FILES_OPEN = 16, /* descriptors */
	FILE_NAME_MAX = 200,
	FILE_CACHED_MAX = 65536, /* bytes of one in memory */
	FILES_CACHE = 1 << 20,   /* of all of them */
};

struct file {
	struct file *next; /* of the same hash */
	char name[FILE_NAME_MAX + 1];
	uint32_t users;
	int32_t fd;  /* -1: all of it is in bytes */
	char *bytes; /* of the C library's heap, or NULL */
	uint64_t size;
	char etag[20]; /* "16 hex digits", with the quotes */
	uint32_t fields_length;
	char fields[256]; /* Content-Type and so on, lines with their ends */
};

/* How often a file was forgotten: what file_find gave before is one only as
 * long as this stays. */
extern uint64_t file_changes;

/* False: there is no such folder. */
bool file_begin(const char *root);

/* The file of a path that begins with a slash; of one that ends with a slash
 * its index.html. The caller is one of its users until file_release. NULL:
 * *status is 404, or 503 when all places are in use. */
struct file *file_find(struct az_http_text path, uint32_t *status);
void file_release(struct file **f);

/* Of a file with a descriptor: bytes from an offset on, or -1. */
int32_t file_read(
    const struct file *f, uint64_t offset, char *buffer, uint32_t size);

/* The media type for a name. */
const char *file_type(const char *name);

#endif
