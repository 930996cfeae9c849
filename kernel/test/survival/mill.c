/* Works for a while, and counts; a reset forgets the count. */
#include "survival.h"

#include "mill.server.h"

int32_t mill_grind(uint32_t us, uint32_t *result)
{
	static uint32_t ground;

	check(az_signal_wait(trial_channel("still"), (int64_t)us * US) == 0,
	    "slept");
	*result = ++ground;
	return 0;
}
