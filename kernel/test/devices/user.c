/* Shares the pool of another module's device, and hears its interrupts. */
#include "edu.h"

enum { WAIT_MS = 500 };

void _start(void)
{
	int64_t heard = 0, wrong = 0;
	int32_t n;

	edu = az_device("edu", 3);
	wrong += az_device("none", 4) != AZ_DENIED;
	while ((n = az_signal_wait(edu, WAIT_MS * (int64_t)MS)) > 0)
		heard += n;
	wrong += n != 0;
	wrong += *pool(PAGE) != MARK;
	wrong += az_cap_lend(edu, edu, AZ_RIGHT_READ, 0) >= 0;
	wrong += az_signal_raise(edu) >= 0;
	trial_say("heard", heard > 5);
	trial_say("wrong", wrong);
}
