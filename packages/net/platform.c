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
	uint32_t word;
	uint16_t half;

	if (length & 1)
		rest = at[length - 1];
	if (length & 2) {
		memcpy(&half, at + (length & 4), sizeof(half));
		rest = rest << 16 | half;
	}
	if (length & 4) {
		memcpy(&word, at, sizeof(word));
		rest = rest << 32 | word;
	}
	return rest;
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
	uint64_t sum = 0;

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
	at += left & 8;
	return fold(sum, get_rest(at, left & 7));
}

uint16_t net_copy_checksum(void *to, const void *from, uint32_t length)
{
	const uint8_t *at = from;
	uint8_t *out = to;
	uint64_t sum = 0;

	for (; length >= 64; length -= 64, at += 64, out += 64)
		sum = copy_words(sum, out, at, 8);
	for (; length >= 8; length -= 8, at += 8, out += 8)
		sum = copy_words(sum, out, at, 1);
	memcpy(out, at, length);
	return fold(sum, get_rest(at, length));
}
