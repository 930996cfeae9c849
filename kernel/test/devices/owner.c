/* Has its device for a time only: interrupts and writes to the pool while it
 * lasts, and then tries to go on. */
#include "edu.h"

enum { STEP_MS = 10 };

void _start(void)
{
	int64_t rounds = 0, wrong = 0;

	edu = az_device("", 0);
	wrong += az_dev_start(edu) != 0;
	*pool(PAGE) = MARK;
	while (az_dev_write(edu, RAISE, 0, 1) == 0) {
		rounds++;
		wrong += az_signal_wait(edu, STEP_MS * (int64_t)MS) < 0;
		az_dev_write(edu, ACKNOWLEDGE, 0, 1);
		az_dev_done(edu);
		az_signal_wait(edu, STEP_MS * (int64_t)MS);
	}
	/* What it sees now is its own: nobody else does. */
	wrong += *pool(PAGE) == MARK;
	*pool(PAGE) = 1;
	wrong += az_dev_read(edu, ID, 0) != AZ_BAD_HANDLE;
	wrong += az_device("", 0) != AZ_PEER_REVOKED;
	trial_say("rounds", rounds > 5);
	trial_say("wrong", wrong);
}
