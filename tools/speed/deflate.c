/* zlib's deflate of words at its default level. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "speed.h"
#include "text.h"

enum { SIZE = 512 << 10 };

static char text[SIZE];
static uint8_t packed[SIZE];

void speed_setup(void)
{
	text_fill(text, SIZE);
}

uint32_t speed_round(void)
{
	uLongf len = SIZE;

	if (compress2(packed, &len, (uint8_t *)text, SIZE, 6) != Z_OK) {
		puts("failed");
		exit(1);
	}
	return speed_hash(packed, (uint32_t)len);
}
