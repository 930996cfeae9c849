/* blob: bytes in the form in which a bundle stores them.
 *
 * Compressed by zlib with fixed parameters when that is smaller, else as they
 * are: equal bytes give equal blobs everywhere.
 */
#ifndef BUILDER_BLOB_H
#define BUILDER_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

struct blob {
	struct buf stored;
	uint64_t raw_size;
	uint32_t codec;     /* enum az_codec */
	uint8_t sha256[32]; /* of stored */
};

void blob_pack(struct blob *out, const void *bytes, size_t len);
void blob_fini(struct blob *blob);

#endif
