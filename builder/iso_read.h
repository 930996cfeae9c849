/* iso_read: files out of an ISO 9660 image, by bounds-checked views.
 *
 * The only door for ISO bytes (a fuzz target drives it). Reads what iso.h
 * writes: plain names, one extent a file. Nothing is copied but names.
 */
#ifndef BUILDER_ISO_READ_H
#define BUILDER_ISO_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct iso_file {
	const uint8_t *at; /* inside the image */
	size_t size;
};

/* Do the bytes look like an ISO at all? */
bool iso_probe(const uint8_t *bytes, size_t len);

/* Find folder/name (both without case and version) from the root. */
bool iso_find(struct iso_file *out, const uint8_t *bytes, size_t len,
    const char *folder, const char *name);

/* Append the contents of a gzip file of one member; false when it is
 * malformed or gives more than max bytes. What is no gzip file is appended as
 * it is. */
bool iso_gunzip(struct buf *out, const uint8_t *bytes, size_t len, size_t max);

#endif
