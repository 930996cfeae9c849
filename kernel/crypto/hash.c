#include "crypto/hash.h"

#include <bearssl.h>

void hash_sha256(uint8_t out[HASH_SIZE], const void *bytes, size_t len)
{
	br_sha256_context ctx;

	br_sha256_init(&ctx);
	br_sha256_update(&ctx, bytes, len);
	br_sha256_out(&ctx, out);
}

bool hash_equal(const uint8_t a[HASH_SIZE], const uint8_t b[HASH_SIZE])
{
	uint8_t differs = 0;

	for (size_t i = 0; i < HASH_SIZE; i++)
		differs |= (uint8_t)(a[i] ^ b[i]);
	return differs == 0;
}
