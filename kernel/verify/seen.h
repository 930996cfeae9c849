/* verify/seen: a filter for finding equal records without memory of size n.
 *
 * seen_before(s, hash) is true when an equal hash may have come before: the
 * caller then compares with all earlier records. With n <= 4096 records that
 * happens for an eighth of them, so that all of it stays far from n * n.
 */
#ifndef AZ_VERIFY_SEEN_H
#define AZ_VERIFY_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SEEN_BITS = 1 << 14 };

struct seen {
	uint64_t bits[SEEN_BITS / 64];
};

bool seen_before(struct seen *s, uint32_t hash);

/* FNV-1a, 32 bits. */
uint32_t seen_hash(const void *bytes, size_t len);

#endif
