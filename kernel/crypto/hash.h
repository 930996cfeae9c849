/* crypto/hash: SHA-256 (FIPS 180-4), by BearSSL. */
#ifndef AZ_CRYPTO_HASH_H
#define AZ_CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HASH_SIZE = 32 };

void hash_sha256(uint8_t out[HASH_SIZE], const void *bytes, size_t len);

/* Equal, in time that does not depend on the contents. */
bool hash_equal(const uint8_t a[HASH_SIZE], const uint8_t b[HASH_SIZE]);

#endif
