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

uint16_t net_checksum(const void *bytes, int length)
{
	const uint8_t *at = bytes;
	uint64_t sum = 0;
	uint32_t word;
	uint16_t half = 0;

	for (; length >= 16; length -= 16, at += 16) {
		uint32_t w[4];

		memcpy(w, at, 16);
		sum += (uint64_t)w[0] + w[1];
		sum += (uint64_t)w[2] + w[3];
	}
	for (; length >= 4; length -= 4, at += 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	for (; length >= 2; length -= 2, at += 2) {
		memcpy(&half, at, 2);
		sum += half;
	}
	if (length == 1)
		sum += *at;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}
