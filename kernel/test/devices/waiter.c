/* Waits for interrupts of its device, for ever. */
#include "edu.h"

void _start(void)
{
	edu = az_device("edu", 3);
	trial_say("started", az_dev_start(edu));
	for (;;)
		az_signal_wait(edu, -1);
}
