#include "verify/inflate.h"

#include <zlib.h>

enum {
	WINDOW_BITS = 15, /* zlib format (RFC 1950) alone, any window */
	WORK_ALIGN = 16,
};

/* What zlib allocates from: a bump over the caller's scratch memory. */
struct work {
	uint8_t *at;
	size_t left;
};

static void *work_alloc(void *opaque, unsigned items, unsigned size)
{
	struct work *w = opaque;
	uint64_t want = (uint64_t)items * size;
	uint8_t *got = w->at;

	want = (want + WORK_ALIGN - 1) & ~(uint64_t)(WORK_ALIGN - 1);
	if (want > w->left)
		return NULL;
	w->at += want;
	w->left -= want;
	return got;
}

static void work_free(void *opaque, void *at)
{
	(void)opaque;
	(void)at;
}

/* Where the scratch memory starts once aligned. */
static struct work work_init(void *memory)
{
	size_t skip = -(uintptr_t)memory & (WORK_ALIGN - 1);

	return (struct work){
		.at = (uint8_t *)memory + skip,
		.left = INFLATE_WORK_SIZE - skip,
	};
}

az_err inflate_exact(
    uint8_t *out, size_t out_len, const uint8_t *in, size_t in_len, void *work)
{
	struct work w = work_init(work);
	uint8_t none = 0; /* zlib refuses NULL even where it stores nothing */
	z_stream z = {
		.zalloc = work_alloc,
		.zfree = work_free,
		.opaque = &w,
		.avail_in = (unsigned)in_len,
		.avail_out = (unsigned)out_len,
		.next_out = out_len > 0 ? out : &none,
	};
	int end;

	if (in_len == 0 || in_len > UINT32_MAX || out_len > UINT32_MAX)
		return AZ_EINVAL;
	z.next_in = (z_const Bytef *)in;
	if (inflateInit2(&z, WINDOW_BITS) != Z_OK)
		return AZ_EINVAL;
	/* One call with all input and all output: anything but the end of the
	 * stream (a preset dictionary, more output, lack of input) is wrong. */
	end = inflate(&z, Z_FINISH);
	(void)inflateEnd(&z);
	if (end != Z_STREAM_END || z.avail_in != 0 || z.avail_out != 0)
		return AZ_EINVAL;
	return AZ_OK;
}
