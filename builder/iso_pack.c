/* The kernel's gzip form. The trust page lies in stored blocks between two
 * full flushes, so another key changes the page and the checksum alone. */
#include "iso.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "abi/trust.h"
#include "exit.h"

enum { LEVEL = 9, GZIP_WINDOW = 15 + 16, MEM_LEVEL = 9, STEP = 1 << 16 };

static void feed(
    z_stream *z, struct buf *out, const char *bytes, size_t len, int flush)
{
	unsigned char step[STEP];

	z->next_in = (Bytef *)(uintptr_t)bytes;
	z->avail_in = (uInt)len;
	do {
		z->next_out = step;
		z->avail_out = sizeof(step);
		deflate(z, flush);
		buf_add(out, step, sizeof(step) - z->avail_out);
	} while (z->avail_out == 0);
}

static void set_level(z_stream *z, struct buf *out, int level)
{
	unsigned char step[STEP];

	z->next_in = NULL;
	z->avail_in = 0;
	z->next_out = step;
	z->avail_out = sizeof(step);
	deflateParams(z, level, Z_DEFAULT_STRATEGY);
	buf_add(out, step, sizeof(step) - z->avail_out);
}

void iso_pack_kernel(
    struct buf *out, const struct buf *kernel, size_t trust_off)
{
	size_t after = trust_off + AZ_TRUST_PAGE_SIZE;
	z_stream z = { 0 };

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEM_LEVEL,
		Z_DEFAULT_STRATEGY) != Z_OK) {
		fputs("azoth: out of memory\n", stderr);
		exit(EXIT_HOST);
	}
	feed(&z, out, kernel->at, trust_off, Z_FULL_FLUSH);
	set_level(&z, out, 0);
	feed(&z, out, kernel->at + trust_off, AZ_TRUST_PAGE_SIZE, Z_FULL_FLUSH);
	set_level(&z, out, LEVEL);
	feed(&z, out, kernel->at + after, kernel->len - after, Z_FINISH);
	deflateEnd(&z);
}
