#include "verify/inflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test/forge.h"

#include <zlib.h>

enum { PLAIN_SIZE = 100000 };

static uint8_t plain[PLAIN_SIZE], back[PLAIN_SIZE + 1];
static uint8_t *stream;
static size_t stream_size;

/* Decode from a copy of exactly its size, with scratch memory of exactly its
 * size: ASan sees a step beyond either. */
static az_err decode(
    uint8_t *out, size_t out_len, const uint8_t *in, size_t in_len)
{
	uint8_t *copy = malloc(in_len + 1), *work = malloc(INFLATE_WORK_SIZE);
	az_err err;

	memcpy(copy + 1, in, in_len);
	memset(work, 0xa5, INFLATE_WORK_SIZE);
	err = inflate_exact(out, out_len, copy + 1, in_len, work);
	free(copy);
	free(work);
	return err;
}

static void test_exact(void **state)
{
	(void)state;
	assert_int_equal(decode(back, PLAIN_SIZE, stream, stream_size), AZ_OK);
	assert_memory_equal(back, plain, PLAIN_SIZE);
}

static void test_sizes_lie(void **state)
{
	uint8_t *longer = malloc(stream_size + 1);

	(void)state;
	assert_int_equal(
	    decode(back, PLAIN_SIZE - 1, stream, stream_size), AZ_EINVAL);
	assert_int_equal(
	    decode(back, PLAIN_SIZE + 1, stream, stream_size), AZ_EINVAL);
	assert_int_equal(decode(back, 0, stream, stream_size), AZ_EINVAL);
	memcpy(longer, stream, stream_size);
	longer[stream_size] = 0;
	assert_int_equal(
	    decode(back, PLAIN_SIZE, longer, stream_size + 1), AZ_EINVAL);
	assert_int_equal(
	    inflate_exact(back, 1, stream, (size_t)1 << 32, NULL), AZ_EINVAL);
	assert_int_equal(
	    inflate_exact(back, (size_t)1 << 32, stream, 8, NULL), AZ_EINVAL);
	free(longer);
}

static void test_cut(void **state)
{
	(void)state;
	for (size_t n = 0; n < stream_size; n += n < 64 ? 1 : 997)
		assert_int_equal(
		    decode(back, PLAIN_SIZE, stream, n), AZ_EINVAL);
	assert_int_equal(
	    decode(back, PLAIN_SIZE, stream, stream_size - 1), AZ_EINVAL);
}

/* A flip is caught by Adler-32, or changes nothing (the bits that fill up the
 * last byte of the deflate data): another output never passes. */
static void test_flips(void **state)
{
	uint8_t small[64], out[64], *in;
	size_t size;

	(void)state;
	memcpy(small, plain, sizeof(small));
	in = forge_deflate(small, sizeof(small), &size);
	for (size_t bit = 0; bit < 8 * size; bit++) {
		az_err err;

		in[bit / 8] ^= (uint8_t)(1u << bit % 8);
		err = decode(out, sizeof(out), in, size);
		in[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_true(
		    err == AZ_EINVAL || memcmp(out, small, sizeof(out)) == 0);
	}
	free(in);
}

static void test_empty(void **state)
{
	size_t size;
	uint8_t *in = forge_deflate("", 0, &size);

	(void)state;
	assert_int_equal(decode(NULL, 0, in, size), AZ_OK);
	assert_int_equal(decode(back, 1, in, size), AZ_EINVAL);
	assert_int_equal(decode(back, 0, (const uint8_t *)"", 0), AZ_EINVAL);
	free(in);
}

/* Make a stream with zlib's own options. */
static size_t deflate_as(
    uint8_t *out, size_t room, int window_bits, bool dictionary)
{
	z_stream z = { 0 };
	size_t made;

	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
	    Z_OK);
	if (dictionary)
		assert_int_equal(deflateSetDictionary(&z, plain, 1000), Z_OK);
	z.next_in = plain;
	z.avail_in = 2000;
	z.next_out = out;
	z.avail_out = (unsigned)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	made = z.total_out;
	deflateEnd(&z);
	return made;
}

static void test_other_formats(void **state)
{
	uint8_t in[4096];
	size_t size;

	(void)state;
	size = deflate_as(in, sizeof(in), 15, false);
	assert_int_equal(decode(back, 2000, in, size), AZ_OK);
	size = deflate_as(in, sizeof(in), 9, false);
	assert_int_equal(decode(back, 2000, in, size), AZ_OK);
	size = deflate_as(in, sizeof(in), 15, true); /* preset dictionary */
	assert_int_equal(decode(back, 2000, in, size), AZ_EINVAL);
	size = deflate_as(in, sizeof(in), -15, false); /* no header */
	assert_int_equal(decode(back, 2000, in, size), AZ_EINVAL);
	size = deflate_as(in, sizeof(in), 15 + 16, false); /* gzip */
	assert_int_equal(decode(back, 2000, in, size), AZ_EINVAL);
}

/* 64 MiB of zeros in 64 KiB, for which 4 KiB were promised. */
static void test_bomb(void **state)
{
	size_t size, len = 64 << 20;
	uint8_t *zeros = calloc(1, len), *out = malloc(4096);
	uint8_t *in = forge_deflate(zeros, len, &size);

	(void)state;
	assert_true(size < 70000);
	assert_int_equal(decode(out, 4096, in, size), AZ_EINVAL);
	free(in);
	free(out);
	free(zeros);
}

static int setup(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (size_t i = 0; i < PLAIN_SIZE; i++) {
		x = x * 1664525 + 1013904223;
		plain[i] = (uint8_t)(x >> 28);
	}
	stream = forge_deflate(plain, PLAIN_SIZE, &stream_size);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(stream);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_sizes_lie),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_other_formats),
		cmocka_unit_test(test_bomb),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
