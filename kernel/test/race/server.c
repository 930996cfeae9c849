/* server: looks at a list again and again; it must stay as it was. */
#define RACE_ARENA race
#define RACE_ARENA_SIZE 32768
#include "race.server.h"

enum { LOOKS = 1000 /* longer than a slice */ };

int32_t race_look(const uint8_t *bytes, uint32_t bytes_len)
{
	const volatile uint8_t *at = bytes;
	uint64_t first = 0;

	for (int n = 0; n < LOOKS; n++) {
		uint64_t sum = 0;

		for (uint32_t i = 0; i < bytes_len; i++)
			sum = sum * 31 + at[i];
		if (n == 0)
			first = sum;
		else if (sum != first)
			return AZ_FAIL(RACE_SEEN_CHANGED);
	}
	return 0;
}
