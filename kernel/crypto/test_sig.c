/* Signatures and hashes: known answers, and the edges of every number. */
#include "crypto/sig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"

/* RFC 6979, A.2.5: P-256, SHA-256, message "sample". */
static const char *const key_hex =
    "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
static const char *const sig_hex =
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
/* The order of the group and the prime of the field. */
static const char *const order_hex =
    "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
static const char *const prime_hex =
    "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF";

static uint8_t key[64], good[64], hash[32], order[32], prime[32];

static void unhex(uint8_t *out, const char *hex, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
}

/* out = a - b over 32 bytes, big endian. */
static void subtract(uint8_t *out, const uint8_t *a, const uint8_t *b)
{
	int borrow = 0;

	for (int i = 31; i >= 0; i--) {
		int d = a[i] - b[i] - borrow;

		borrow = d < 0;
		out[i] = (uint8_t)d;
	}
}

static void test_hash(void **state)
{
	uint8_t want[32], got[32];

	(void)state;
	unhex(want,
	    "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
	    32);
	hash_sha256(got, "", 0);
	assert_true(hash_equal(got, want));
	unhex(want,
	    "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
	    32);
	hash_sha256(got, "abc", 3);
	assert_true(hash_equal(got, want));
	for (int bit = 0; bit < 256; bit++) {
		got[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(hash_equal(got, want));
		got[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_known_answer(void **state)
{
	(void)state;
	assert_true(sig_key_valid(key));
	assert_true(sig_verify(key, hash, good));
}

static void test_every_bit(void **state)
{
	uint8_t sig[64], h[32], k[64];

	(void)state;
	memcpy(sig, good, 64);
	memcpy(h, hash, 32);
	memcpy(k, key, 64);
	for (int bit = 0; bit < 512; bit++) {
		uint8_t mask = (uint8_t)(1u << bit % 8);

		sig[bit / 8] ^= mask;
		assert_false(sig_verify(key, hash, sig));
		sig[bit / 8] ^= mask;
		/* Not on the curve any more. */
		k[bit / 8] ^= mask;
		assert_false(sig_key_valid(k));
		assert_false(sig_verify(k, hash, good));
		k[bit / 8] ^= mask;
		if (bit >= 256)
			continue;
		h[bit / 8] ^= mask;
		assert_false(sig_verify(key, h, good));
		h[bit / 8] ^= mask;
	}
}

static void test_scalar_edges(void **state)
{
	uint8_t sig[64], edge[32];

	(void)state;
	for (int half = 0; half < 64; half += 32) {
		memcpy(sig, good, 64);
		memset(sig + half, 0, 32);
		assert_false(sig_verify(key, hash, sig));
		memcpy(sig + half, order, 32);
		assert_false(sig_verify(key, hash, sig));
		memset(sig + half, 0xff, 32);
		assert_false(sig_verify(key, hash, sig));
		/* n - 1 and 1 are in range, and wrong. */
		memcpy(sig + half, order, 32);
		sig[half + 31]--;
		assert_false(sig_verify(key, hash, sig));
		memset(sig + half, 0, 32);
		sig[half + 31] = 1;
		assert_false(sig_verify(key, hash, sig));
	}
	/* r + n names the same number, but is not below n: it does not even
	 * fit unless r is tiny; s = 0 + n is the nearest that does. */
	memset(sig, 0, sizeof(sig));
	assert_false(sig_verify(key, hash, sig));
	/* The other signature of the same content: as good, which is why the
	 * content's hash is the identity and the signature never is. */
	subtract(edge, order, good + 32);
	memcpy(sig, good, 32);
	memcpy(sig + 32, edge, 32);
	assert_true(sig_verify(key, hash, sig));
}

static void test_key_edges(void **state)
{
	uint8_t k[64];

	(void)state;
	memset(k, 0, sizeof(k));
	assert_false(sig_key_valid(k));
	memset(k, 0xff, sizeof(k));
	assert_false(sig_key_valid(k));
	/* The negative of a point is a point, and another key. */
	memcpy(k, key, 64);
	subtract(k + 32, prime, key + 32);
	assert_true(sig_key_valid(k));
	assert_false(sig_verify(k, hash, good));
	/* A coordinate that is p: 0 in disguise. */
	memcpy(k, prime, 32);
	assert_false(sig_key_valid(k));
	/* x = 0 has points; written as p it must not be one. */
	memset(k, 0, 32);
	unhex(k + 32,
	    "66485C780E2F83D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4",
	    32);
	assert_true(sig_key_valid(k));
	memcpy(k, prime, 32);
	assert_false(sig_key_valid(k));
}

static int setup(void **state)
{
	(void)state;
	unhex(key, key_hex, 64);
	unhex(good, sig_hex, 64);
	unhex(order, order_hex, 32);
	unhex(prime, prime_hex, 32);
	hash_sha256(hash, "sample", 6);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_known_answer),
		cmocka_unit_test(test_every_bit),
		cmocka_unit_test(test_scalar_edges),
		cmocka_unit_test(test_key_edges),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
