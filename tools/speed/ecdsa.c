/* BearSSL's ECDSA over P-256: sign a hash, verify the signature. */
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>

#include "speed.h"

static uint8_t secret[32], point[65], hash[32];
static const br_ec_private_key key = { BR_EC_secp256r1, secret, sizeof secret };
static br_ec_public_key public_key;

void speed_setup(void)
{
	for (uint32_t n = 0; n < sizeof secret; n++)
		secret[n] = hash[n] = (uint8_t)(n + 1);
	br_ec_compute_pub(&br_ec_p256_m31, &public_key, point, &key);
}

uint32_t speed_round(void)
{
	uint8_t sign[64];
	size_t len = br_ecdsa_i31_sign_raw(
	    &br_ec_p256_m31, &br_sha256_vtable, hash, &key, sign);

	if (!br_ecdsa_i31_vrfy_raw(
		&br_ec_p256_m31, hash, sizeof hash, &public_key, sign, len)) {
		puts("refused");
		exit(1);
	}
	hash[0]++;
	return speed_hash(sign, (uint32_t)len);
}
