/* Has a mill grind that is reset all the time: no call fails, and the count
 * begins anew. */
#include "survival.h"

#include "mill.client.h"

#ifndef CALLS
#define CALLS 60
#endif

void _start(void)
{
	uint32_t count = 0, last = 0, anew = 0;

	for (int n = 0; n < CALLS; n++) {
		check(mill_grind(500 + trial_random() % 4000, &count) == 0,
		    "ground");
		check(count == 1 || count == last + 1, "count");
		anew += count == 1;
		last = count;
	}
	trial_say("anew", anew);
	trial_say("resets", az_generation(trial_channel("mill")));
	az_power(AZ_POWER_HALT);
}
