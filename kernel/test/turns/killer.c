/* killer: resets one of the two after times of its own, until there were enough
 * of those and of answers; then says how it went, and ends it all. */
#include <stdio.h>
#include <unistd.h>

#include "turns.h"

#ifndef ROUNDS
#define ROUNDS 1000000
#endif
#ifndef KILLS
#define KILLS 200
#endif

int main(void)
{
	int32_t good = az_channel("good", 4), alive = az_channel("alive", 5);
	uint32_t rounds = 0, kills = 0, loops = 0;

	while (rounds < ROUNDS / PER_RAISE || kills < KILLS) {
		uint16_t word = 0;
		int32_t count;

		getentropy(&word, sizeof(word));
		count = az_signal_wait(good, 100000 + word * 40);
		rounds += count > 0 ? (uint32_t)count : 0;
		loops += (uint32_t)az_signal_wait(alive, 0);
		if (word % 8 == 0 && kills < KILLS) {
			if (word & 8)
				az_reset("asker", 5);
			else
				az_reset("answerer", 8);
			kills++;
		}
	}
	printf("rounds %s kills %u hog %s\n", rounds > 0 ? "done" : "none",
	    kills, loops > 0 ? "alive" : "starved");
	return az_power(AZ_POWER_HALT);
}
