/* Ends as soon as the holder has something, and takes its group along. */
#include "survival.h"

void _start(void)
{
	check(az_signal_wait(trial_channel("held"), AZ_FOR_EVER) > 0, "held");
	__builtin_trap();
}
