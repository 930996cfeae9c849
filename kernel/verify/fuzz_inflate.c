/* zlib streams, and the size they are said to have: two bytes, then the
 * stream. What is accepted must be what zlib's own front end makes of it. */
#include "verify/inflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "test/forge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

enum { SIZE_BYTES = 2, OUT_MAX = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *out, *work, *again;
	size_t len;
	uLongf want;

	if (size < SIZE_BYTES)
		return 0;
	len = (size_t)(data[0] | data[1] << 8);
	want = len;
	data += SIZE_BYTES;
	size -= SIZE_BYTES;
	out = malloc(len);
	again = malloc(len + 1);
	work = malloc(INFLATE_WORK_SIZE);
	if (inflate_exact(out, len, data, size, work) == AZ_OK &&
	    (uncompress(again, &want, data, size) != Z_OK || want != len ||
		memcmp(out, again, len) != 0))
		abort();
	free(out);
	free(again);
	free(work);
	return 0;
}

/* The stream is opened, its contents changed and packed again, with the size
 * that is then true or nearly so; or its bytes are changed as they are. */
size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static uint8_t plain[OUT_MAX];
	uLongf len = sizeof(plain) / 4, packed;

	if (seed % 4 == 0 && size >= SIZE_BYTES)
		return LLVMFuzzerMutate(data, size, max);
	if (size < SIZE_BYTES || uncompress(plain, &len, data + SIZE_BYTES,
				     size - SIZE_BYTES) != Z_OK)
		len = 64;
	len = LLVMFuzzerMutate(plain, len, sizeof(plain) - 1);
	packed = max - SIZE_BYTES;
	if (max <= SIZE_BYTES || compress2(data + SIZE_BYTES, &packed, plain,
				     len, (int)(seed >> 2) % 10) != Z_OK)
		return LLVMFuzzerMutate(data, size, max);
	len += seed % 16 == 1;
	data[0] = (uint8_t)len;
	data[1] = (uint8_t)(len >> 8);
	return packed + SIZE_BYTES;
}
