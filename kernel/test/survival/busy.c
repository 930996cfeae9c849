/* Calls the sink all the time, so that others queue for it. */
#include "canary.h"

AZ_CALL("sink", "put") int32_t sink_put(PUT_ARGUMENTS);

void _start(void)
{
	for (;;) {
		check(sink_put(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 7, 8) == 0,
		    "put");
		check(az_signal_wait(trial_channel("idle"), 3 * MS) == 0,
		    "slept");
	}
}
