#include "crypto/sig.h"

#include <bearssl.h>

#include "base/mem.h"

enum { SCALAR_SIZE = 32, ENCODED_SIZE = 1 + SIG_POINT_SIZE };

/* The order n of the group of P-256 (FIPS 186-4, D.1.2.3). */
static const uint8_t order[SCALAR_SIZE] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, //
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, //
	0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, //
	0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51, //
};

/* The uncompressed encoding of SEC 1, which BearSSL takes. */
static void point_encode(
    uint8_t out[ENCODED_SIZE], const uint8_t point[SIG_POINT_SIZE])
{
	out[0] = 0x04;
	memcpy(out + 1, point, SIG_POINT_SIZE);
}

/* 0 < scalar < n; both are public, so time may depend on them. */
static bool scalar_valid(const uint8_t scalar[SCALAR_SIZE])
{
	static const uint8_t zero[SCALAR_SIZE];

	return memcmp(scalar, zero, SCALAR_SIZE) != 0 &&
	       memcmp(scalar, order, SCALAR_SIZE) < 0;
}

bool sig_key_valid(const uint8_t point[SIG_POINT_SIZE])
{
	static const uint8_t one = 1;
	uint8_t encoded[ENCODED_SIZE];

	/* Decoding checks that both coordinates are below p and on the curve;
	 * BearSSL offers it as a part of the multiplication only. */
	point_encode(encoded, point);
	return br_ec_p256_m31.mul(encoded, sizeof(encoded), &one, sizeof(one),
		   BR_EC_secp256r1) == 1;
}

bool sig_verify(const uint8_t point[SIG_POINT_SIZE], const uint8_t hash[32],
    const uint8_t sig[SIG_SIZE])
{
	uint8_t encoded[ENCODED_SIZE];
	br_ec_public_key key = {
		.curve = BR_EC_secp256r1,
		.q = encoded,
		.qlen = sizeof(encoded),
	};

	if (!scalar_valid(sig) || !scalar_valid(sig + SCALAR_SIZE))
		return false;
	point_encode(encoded, point);
	return br_ecdsa_i31_vrfy_raw(
		   &br_ec_p256_m31, hash, 32, &key, sig, SIG_SIZE) == 1;
}
