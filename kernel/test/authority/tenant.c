/* Holds an end under a lease: it works until the time is up, and a wait is
 * cut short by that. Parts with leases of their own end before it. */
#include "trial.h"

void _start(void)
{
	int32_t bell = trial_channel("bell"), part, closed;

	while (az_signal_wait(bell, 20 * MS) > 0)
		continue;
	part = az_cap_derive(bell, AZ_RIGHT_READ, 30 * MS);
	closed = az_cap_derive(bell, AZ_RIGHT_READ, 10 * MS);

	trial_say("closed", az_cap_close(closed));
	trial_say("part", az_signal_wait(part, AZ_FOR_EVER));
	trial_say("part-after", az_signal_wait(part, 0));
	trial_say("whole", az_signal_wait(bell, 10 * MS));
	trial_say("end", az_signal_wait(bell, AZ_FOR_EVER));
	trial_say("end-after", az_signal_wait(bell, 0));
	trial_say("channel", trial_channel("bell"));
}
