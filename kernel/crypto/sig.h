/* crypto/sig: ECDSA P-256 verification (FIPS 186-4), by BearSSL.
 *
 * Only the fixed form is accepted: r || s, 64 bytes, 0 < r, s < n. The key
 * must be on the curve with coordinates below p. Identity is the content's
 * hash, never the signature: (r, n - s) verifies as well.
 */
#ifndef AZ_CRYPTO_SIG_H
#define AZ_CRYPTO_SIG_H

#include <stdbool.h>
#include <stdint.h>

enum { SIG_SIZE = 64, SIG_POINT_SIZE = 64 };

/* point: x || y, big endian. */
bool sig_key_valid(const uint8_t point[SIG_POINT_SIZE]);
bool sig_verify(const uint8_t point[SIG_POINT_SIZE], const uint8_t hash[32],
    const uint8_t sig[SIG_SIZE]);

#endif
