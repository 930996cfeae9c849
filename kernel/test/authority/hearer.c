/* Counts a signal until nothing has come for QUIET, and says how often. */
#include "trial.h"

enum { QUIET = 400 * MS };

void _start(void)
{
	int32_t bell = trial_channel("bell"), count;
	int64_t heard = 0;

	/* However long the first one takes. */
	heard = az_signal_wait(bell, AZ_FOR_EVER);
	while ((count = az_signal_wait(bell, QUIET)) > 0)
		heard += count;
	trial_say("heard", heard);
	trial_say("last", count);
}
