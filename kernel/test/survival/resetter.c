/* Resets the mill, at any moment. */
#include "survival.h"

void _start(void)
{
	int32_t never = trial_channel("never");

	for (;;) {
		int64_t ns = 2 * MS + trial_random() % (6 * MS);

		check(az_signal_wait(never, ns) == 0, "slept");
		check(az_reset("mill", 4) == 0, "reset");
	}
}
