/* The generator over sources that answer, stay silent, or are stuck. */
#include "crypto/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <bearssl.h>

static uint64_t calls;     /* of the source */
static uint64_t stuck_at;  /* from this call on it repeats itself; 0: never */
static uint64_t silent_at; /* from this call on it gives nothing; 0: never */
static int skip_every;     /* one call in so many gives nothing; 0: none */

static bool hardware(uint64_t *out)
{
	static uint64_t n;

	if (calls == 0)
		n = 0;
	calls++;
	if (silent_at && calls >= silent_at)
		return false;
	if (skip_every && calls % (unsigned)skip_every == 0)
		return false;
	if (!stuck_at || calls < stuck_at)
		n++;
	*out = n * 0x9e3779b97f4a7c15u;
	return true;
}

/* Three words out of four are the same, never more than three in a row. */
static bool lopsided(uint64_t *out)
{
	calls++;
	*out = calls % 4 ? 7 : calls;
	return true;
}

static bool all_ones(uint64_t *out)
{
	*out = ~(uint64_t)0;
	return true;
}

static uint64_t jitter(void)
{
	static uint64_t t;

	return t += 1001;
}

static int reset(void **state)
{
	(void)state;
	calls = stuck_at = silent_at = 0;
	skip_every = 0;
	return 0;
}

static void expect_silence(const char *why)
{
	uint8_t out[32], before[32];

	memset(out, 0x5a, sizeof(out));
	memcpy(before, out, sizeof(out));
	assert_false(random_ready());
	assert_string_equal(random_why(), why);
	assert_int_equal(random_bytes(out, sizeof(out)), AZ_ENOTREADY);
	assert_int_equal(random_bytes(out, 0), AZ_ENOTREADY);
	assert_memory_equal(out, before, sizeof(out));
}

/* First of all tests: nothing has been called before. */
static void test_unseeded(void **state)
{
	(void)state;
	expect_silence("not seeded yet");
	random_mix("boot", 4);
	expect_silence("not seeded yet");
}

static void test_no_source(void **state)
{
	(void)state;
	random_init(NULL, jitter);
	expect_silence("no hardware source");
	silent_at = 1;
	random_init(hardware, jitter);
	expect_silence("no hardware source");
	/* Silent in the middle of the seed. */
	reset(NULL);
	silent_at = 1024 + 31;
	random_init(hardware, jitter);
	expect_silence("no hardware source");
}

static void test_stuck_source(void **state)
{
	static const uint64_t from[] = { 1, 2, 500, 1024, 1024 + 28 };

	(void)state;
	random_init(all_ones, jitter);
	expect_silence("hardware source failed its health test");
	for (size_t i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
		reset(NULL);
		stuck_at = from[i];
		random_init(hardware, jitter);
		expect_silence("hardware source failed its health test");
	}
	reset(NULL);
	random_init(lopsided, jitter);
	expect_silence("hardware source failed its health test");
}

/* A second start with a better source. */
static void test_source_comes_back(void **state)
{
	uint8_t out[8];

	(void)state;
	random_init(all_ones, NULL);
	assert_false(random_ready());
	random_init(hardware, jitter);
	assert_true(random_ready());
	assert_string_equal(random_why(), "ready");
	assert_int_equal(random_bytes(out, sizeof(out)), AZ_OK);
}

static void test_slow_source(void **state)
{
	(void)state;
	skip_every = 2;
	random_init(hardware, jitter);
	assert_true(random_ready());
}

static void unhex(uint8_t *out, const char *hex, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
}

/* The generator that is linked: RFC 6979, A.1.2, whose first candidate for k
 * is the first output of this instance. */
static void test_drbg_known_answer(void **state)
{
	uint8_t seed[42], want[32], got[32];
	br_hmac_drbg_context drbg;

	(void)state;
	unhex(seed,
	    "009A4D6792295A7F730FC3F2B49CBC0F62E862272F"
	    "01795EDF0D54DB760F156D0DAC04C0322B3A204224",
	    sizeof(seed));
	unhex(want,
	    "9305A46DE7FF8EB107194DEBD3FD48AA20D5E7656CBE0EA69D2A8D4E7C67314A",
	    sizeof(want));
	br_hmac_drbg_init(&drbg, &br_sha256_vtable, seed, sizeof(seed));
	br_hmac_drbg_generate(&drbg, got, sizeof(got));
	assert_memory_equal(got, want, sizeof(want));
}

/* Our path over it, computed apart (Python's hmac, SP 800-90A 10.1.2):
 * pool = SHA-256(0^32 || "boot"); seed = 32 words after the 1024 of the
 * start-up test || pool; 40 bytes; reseed with "later"; 40 bytes. Second of
 * all tests: the first has mixed in "boot". */
static void test_path_known_answer(void **state)
{
	uint8_t want[40], got[40];

	(void)state;
	random_init(hardware, NULL);
	unhex(want,
	    "a4d252cc8052c557b2bb7a108d406cd8bee0d2ffbd1eb2065d74a846a3f75390"
	    "c3c5de1f511c23df",
	    sizeof(want));
	assert_int_equal(random_bytes(got, sizeof(got)), AZ_OK);
	assert_memory_equal(got, want, sizeof(want));
	random_mix("later", 5);
	unhex(want,
	    "550dde9ab831fd89bd6db706cebf46e03ec81646ca40d476c65f9026ba9f9ef8"
	    "712f82942a24aa55",
	    sizeof(want));
	assert_int_equal(random_bytes(got, sizeof(got)), AZ_OK);
	assert_memory_equal(got, want, sizeof(want));
}

static void draw(int count)
{
	uint8_t out[16];

	for (int i = 0; i < count; i++)
		assert_int_equal(random_bytes(out, sizeof(out)), AZ_OK);
}

/* Words that pass, or repeat themselves. */
static void feed(uint32_t words, bool stuck)
{
	static uint64_t n;
	uint8_t bytes[sizeof(uint64_t) + 1]; /* the last byte is no word */

	for (uint32_t i = 0; i < words; i++) {
		n += stuck ? 0 : 0x9e3779b97f4a7c15u;
		memcpy(bytes, &n, sizeof(n));
		random_feed(bytes, sizeof(bytes));
	}
}

/* A device starts it where the CPU has nothing, and only there. */
static void test_device_feeds(void **state)
{
	uint8_t out[8];

	(void)state;
	random_init(NULL, jitter);
	random_feed("1234567", 7);
	feed(1000, false);
	feed(4, true); /* for which it begins anew */
	feed(1024 + 31, false);
	expect_silence("no hardware source");
	feed(1, false);
	assert_int_equal(random_bytes(out, sizeof(out)), AZ_OK);
	draw(2 * RANDOM_RESEED_REQUESTS);
	feed(100, true); /* it ends nothing */
	draw(1);
	random_init(all_ones, jitter);
	feed(2000, false);
	expect_silence("hardware source failed its health test");
}

static void test_reseed(void **state)
{
	uint64_t before;

	(void)state;
	random_init(hardware, jitter);
	before = calls;
	draw(RANDOM_RESEED_REQUESTS);
	assert_int_equal(calls, before);
	draw(1);
	assert_int_equal(calls, before + 32);
	draw(RANDOM_RESEED_REQUESTS - 1);
	assert_int_equal(calls, before + 32);
}

static void test_reseed_silent(void **state)
{
	(void)state;
	random_init(hardware, jitter);
	silent_at = calls + 1;
	draw(RANDOM_RESEED_REQUESTS + 3);
	assert_true(random_ready());
}

static void test_reseed_stuck(void **state)
{
	uint8_t out;

	(void)state;
	random_init(hardware, jitter);
	stuck_at = calls + 1;
	draw(RANDOM_RESEED_REQUESTS);
	assert_int_equal(random_bytes(&out, 1), AZ_ENOTREADY);
	expect_silence("hardware source failed its health test");
}

static void test_large_request(void **state)
{
	enum { SIZE = 3 * 65536 + 5 };
	uint8_t *out = calloc(1, SIZE + 1);

	(void)state;
	random_init(hardware, jitter);
	assert_int_equal(random_bytes(out, SIZE), AZ_OK);
	assert_int_equal(out[SIZE], 0);
	assert_memory_not_equal(out, out + 65536, 65536);
	assert_memory_not_equal(out + SIZE - 37, out + SIZE - 69, 32);
	free(out);
}

static void test_outputs_differ(void **state)
{
	uint8_t one[32], two[32];

	(void)state;
	random_init(hardware, jitter);
	assert_int_equal(random_bytes(one, sizeof(one)), AZ_OK);
	assert_int_equal(random_bytes(two, sizeof(two)), AZ_OK);
	assert_memory_not_equal(one, two, sizeof(one));
	/* The same hardware words again: what was mixed in makes it new. */
	reset(NULL);
	random_init(hardware, jitter);
	assert_int_equal(random_bytes(two, sizeof(two)), AZ_OK);
	assert_memory_not_equal(one, two, sizeof(one));
}

#define TEST(name) cmocka_unit_test_setup(name, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_unseeded),
		TEST(test_path_known_answer),
		TEST(test_no_source),
		TEST(test_stuck_source),
		TEST(test_source_comes_back),
		TEST(test_slow_source),
		TEST(test_drbg_known_answer),
		TEST(test_device_feeds),
		TEST(test_reseed),
		TEST(test_reseed_silent),
		TEST(test_reseed_stuck),
		TEST(test_large_request),
		TEST(test_outputs_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
