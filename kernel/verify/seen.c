#include "verify/seen.h"

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

bool seen_before(struct seen *s, uint32_t hash)
{
	uint32_t bit = (hash ^ hash >> 16) % SEEN_BITS;
	uint64_t mask = (uint64_t)1 << bit % 64;
	bool before = (s->bits[bit / 64] & mask) != 0;

	s->bits[bit / 64] |= mask;
	return before;
}

uint32_t seen_hash(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	uint32_t hash = FNV_BASIS;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * FNV_PRIME;
	return hash;
}
