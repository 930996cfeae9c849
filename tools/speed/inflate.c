/* zlib's inflate of words. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "speed.h"
#include "text.h"

enum { SIZE = 1 << 20 };

static char text[SIZE];
static uint8_t packed[SIZE];
static uLongf packed_len = SIZE;

void speed_setup(void)
{
	text_fill(text, SIZE);
	if (compress2(packed, &packed_len, (uint8_t *)text, SIZE, 6) != Z_OK)
		exit(1);
}

uint32_t speed_round(void)
{
	uLongf len = SIZE;

	if (uncompress((uint8_t *)text, &len, packed, packed_len) != Z_OK) {
		puts("failed");
		exit(1);
	}
	return speed_hash(text, 4096) + (uint32_t)len;
}
