/* Resets the shop, at any moment, as often as it is told. */
#include "survival.h"

#ifndef RESETS
#define RESETS 40
#endif

void _start(void)
{
	for (int n = 0; n < RESETS; n++) {
		int64_t ns = 30 * MS + trial_random() % (20 * MS);

		check(az_signal_wait(trial_channel("pause"), ns) == 0, "slept");
		check(az_reset("shop", 4) == 0, "reset");
	}
	/* What was handed on comes to its end. */
	check(az_signal_wait(trial_channel("pause"), 500 * MS) == 0, "slept");
	az_power(AZ_POWER_HALT);
}
