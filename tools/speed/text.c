#include "text.h"

#include <stdio.h>
#include <string.h>

#include "speed.h"

enum { WORDS = 1500, WORD_MAX = 12 };

static char words[WORDS][WORD_MAX];

static void make_words(void)
{
	static const char letters[] = "eeeetttaaoonniisshhrrdlcumwfgypbvk";

	for (int n = 0; n < WORDS; n++) {
		uint32_t len = 2 + speed_random() % (WORD_MAX - 3);

		for (uint32_t i = 0; i < len; i++)
			words[n][i] =
			    letters[speed_random() % (sizeof letters - 1)];
	}
}

void text_fill(char *to, uint32_t len)
{
	uint32_t used = 0;

	make_words();
	while (used < len) {
		char next[2 * WORD_MAX];
		uint32_t pick = speed_random() % WORDS;
		uint32_t n;

		pick = pick * (speed_random() % WORDS) / WORDS;
		n = (uint32_t)snprintf(next, sizeof next, "%s%s", words[pick],
		    pick % 11 ? " " : ",\n");
		if (pick % 37 == 0)
			n = (uint32_t)snprintf(next, sizeof next, "%u ",
			    (unsigned)speed_random() % 100000);
		if (n > len - used)
			n = len - used;
		memcpy(to + used, next, n);
		used += n;
	}
}
