/* platform: what port/arch/cc.h promises to lwIP. */
#include <arch/cc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RANDOM_WORDS = 32 };

uint32_t net_random(void)
{
	static uint32_t words[RANDOM_WORDS], left;

	if (left == 0) {
		if (getentropy(words, sizeof(words)) != 0)
			net_assert("no random numbers");
		left = RANDOM_WORDS;
	}
	return words[--left];
}

_Noreturn void net_assert(const char *text)
{
	(void)fprintf(stderr, "lwIP: %s\n", text);
	__builtin_trap();
}

/* --- Memory ---------------------------------------------------------------- */

/* Headers of TCP, one for each segment that waits; frames; what came together
 * from fragments, to be answered in one. What is not used is not touched. */
enum {
	BLOCK_HEAD = 8,
	SMALL = 128,
	SMALL_COUNT = 2048,
	MEDIUM = 2048,
	MEDIUM_COUNT = 128, /* at most half are fragments */
	LARGE = 65536,
	LARGE_COUNT = 2,
	KINDS = 3,
};
#define BLOCKS(size)                                                           \
	static _Alignas(8) uint8_t blocks_##size[size##_COUNT][size]
BLOCKS(SMALL);
BLOCKS(MEDIUM);
BLOCKS(LARGE);

struct block {
	uint32_t kind;
	_Alignas(BLOCK_HEAD) struct block *next; /* while it is free */
};
_Static_assert(offsetof(struct block, next) == BLOCK_HEAD, "lwIP's alignment");

static struct kind {
	uint8_t *first;
	uint32_t size, left; /* never used yet, at the end */
	struct block *free;
} kinds[KINDS] = {
	{ blocks_SMALL[0], SMALL, SMALL_COUNT, NULL },
	{ blocks_MEDIUM[0], MEDIUM, MEDIUM_COUNT, NULL },
	{ blocks_LARGE[0], LARGE, LARGE_COUNT, NULL },
};

void *net_malloc(size_t size)
{
	struct kind *k = kinds;
	struct block *b;

	while (size > k->size - BLOCK_HEAD)
		if (++k == kinds + KINDS)
			return NULL;
	b = k->free;
	if (b != NULL)
		k->free = b->next;
	else if (k->left > 0)
		b = (void *)(k->first + --k->left * k->size);
	else
		return NULL;
	b->kind = (uint32_t)(k - kinds);
	return (uint8_t *)b + BLOCK_HEAD;
}

void net_free(void *at)
{
	struct block *b = (void *)((uint8_t *)at - BLOCK_HEAD);
	struct kind *k = &kinds[b->kind];

	b->next = k->free;
	k->free = b;
}

/* --- Checksums ------------------------------------------------------------- */

/* The sum of words, with the carry where it begins anew. The address is one
 * that the compiler knows nothing of: so the places of the words are
 * displacements of the accesses, not each an addition before. */
static inline uint64_t add_words(uint64_t sum, const uint8_t *at, int count)
{
	__asm__("" : "+r"(at));
	for (int i = 0; i < count; i++) {
		uint64_t word;

		memcpy(&word, at + i * 8, sizeof(word));
		sum += word;
		sum += sum < word;
	}
	return sum;
}

/* The same, and copy them. */
static inline uint64_t copy_words(
    uint64_t sum, uint8_t *to, const uint8_t *from, int count)
{
	__asm__("" : "+r"(to), "+r"(from));
	for (int i = 0; i < count; i++) {
		uint64_t word;

		memcpy(&word, from + i * 8, sizeof(word));
		memcpy(to + i * 8, &word, sizeof(word));
		sum += word;
		sum += sum < word;
	}
	return sum;
}

/* At most seven bytes, as one number. */
static inline uint64_t get_rest(const uint8_t *at, uint32_t length)
{
	uint64_t rest = 0;

	memcpy(&rest, at, length);
	return rest;
}

/* The same, where at least eight bytes come before their end. */
static inline uint64_t get_last(uint64_t *last, const uint8_t *end, int length)
{
	memcpy(last, end - 8, sizeof(*last));
	return length > 0 ? *last >> (64 - 8 * length) : 0;
}

/* With the rest, as 16 bits. */
static inline uint16_t fold(uint64_t sum, uint64_t rest)
{
	uint32_t half;

	sum += rest;
	sum += sum < rest;
	half = (uint32_t)(sum >> 32);
	half += (uint32_t)sum;
	half += half < (uint32_t)sum;
	half = (half & 0xffff) + (half >> 16);
	return (uint16_t)((half & 0xffff) + (half >> 16));
}

uint16_t net_checksum(const void *bytes, int length)
{
	const uint8_t *at = bytes;
	uint32_t left = (uint32_t)length;
	uint64_t sum = 0, last;

	if (left < 8)
		return fold(0, get_rest(at, left));
	for (; left >= 64; left -= 64, at += 64)
		sum = add_words(sum, at, 8);
	if (left & 32)
		sum = add_words(sum, at, 4);
	at += left & 32;
	if (left & 16)
		sum = add_words(sum, at, 2);
	at += left & 16;
	if (left & 8)
		sum = add_words(sum, at, 1);
	at += left & 15;
	return fold(sum, get_last(&last, at, left & 7));
}

uint16_t net_copy_checksum(void *to, const void *from, uint32_t length)
{
	const uint8_t *at = from;
	uint8_t *out = to;
	uint64_t sum = 0, rest, last;

	if (length < 8) {
		memcpy(out, at, length);
		return fold(0, get_rest(at, length));
	}
	for (; length >= 64; length -= 64, at += 64, out += 64)
		sum = copy_words(sum, out, at, 8);
	if (length >= 32) {
		sum = copy_words(sum, out, at, 4);
		length -= 32, at += 32, out += 32;
	}
	for (; length >= 8; length -= 8, at += 8, out += 8)
		sum = copy_words(sum, out, at, 1);
	rest = get_last(&last, at + length, (int)length);
	memcpy(out + length - 8, &last, sizeof(last));
	return fold(sum, rest);
}
