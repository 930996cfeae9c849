#include "blob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "abi/index.h"
#include "exit.h"
#include "fileio.h"

enum { LEVEL = 9, WINDOW_BITS = 15, MEM_LEVEL = 9 };

/* zlib's own state is all that can fail here. */
static _Noreturn void exhausted(void)
{
	fputs("azoth: out of memory\n", stderr);
	exit(EXIT_HOST);
}

/* The length of the stream written to out (room bytes), or 0 when it does
 * not fit there. */
static size_t deflate_into(
    uint8_t *out, size_t room, const void *bytes, size_t len)
{
	z_stream z = { 0 };
	size_t size;
	int end;

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, WINDOW_BITS, MEM_LEVEL,
		Z_DEFAULT_STRATEGY) != Z_OK)
		exhausted();
	z.next_in = (Bytef *)(uintptr_t)bytes;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	end = deflate(&z, Z_FINISH);
	size = z.total_out;
	deflateEnd(&z);
	return end == Z_STREAM_END ? size : 0;
}

void blob_pack(struct blob *out, const void *bytes, size_t len)
{
	uint8_t *packed = xmalloc(len);
	size_t size = len > 1 ? deflate_into(packed, len - 1, bytes, len) : 0;

	memset(out, 0, sizeof(*out));
	out->raw_size = len;
	out->codec = size > 0 ? AZ_CODEC_ZLIB : AZ_CODEC_STORED;
	if (size > 0)
		buf_add(&out->stored, packed, size);
	else if (len > 0)
		buf_add(&out->stored, bytes, len);
	free(packed);
	file_sha256(out->sha256, out->stored.at, out->stored.len);
}

void blob_fini(struct blob *blob)
{
	buf_fini(&blob->stored);
}
