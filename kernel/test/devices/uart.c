/* A serial port that talks to itself: what it sends comes back, and each byte
 * interrupts. */
#include "../authority/trial.h"

#include <azoth_device.h>

enum { DATA, ENABLE, WHY, LINE, MODEM, STATUS, BYTES = 256 };
enum { LOOP = 0x1a, RECEIVED = 1 };

void _start(void)
{
	int64_t wrong = 0, got = 0;
	int32_t port = az_device("", 0);

	trial_say("device", port > 0);
	wrong += az_dev_start(port) != 0;
	az_dev_write(port, LINE, 0, 3);
	az_dev_write(port, MODEM, 0, LOOP);
	az_dev_write(port, ENABLE, 0, RECEIVED);
	for (uint32_t i = 0; i < BYTES; i++) {
		wrong += az_dev_write(port, DATA, 0, i & 0xff) != 0;
		wrong += az_signal_wait(port, 1000 * (int64_t)MS) <= 0;
		while (az_dev_read(port, STATUS, 0) & RECEIVED)
			got += az_dev_read(port, DATA, 0) == (int64_t)i;
		wrong += az_dev_done(port) != 0;
	}
	wrong += az_dev_write(port, DATA, 1, 0) >= 0;
	wrong += az_dev_write(port, STATUS, 0, 0) >= 0;
	trial_say("got", got);
	trial_say("wrong", wrong);
}
