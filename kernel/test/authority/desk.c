/* A server: computes for a while, or sleeps. */
#include "trial.h"

static volatile uint32_t sum;

AZ_EXPORT("work") int32_t work(uint32_t rounds)
{
	while (rounds-- > 0)
		sum += rounds;
	return 0;
}

AZ_EXPORT("rest") int32_t rest(uint32_t us)
{
	return az_signal_wait(trial_channel("still"), (int64_t)us * US);
}
