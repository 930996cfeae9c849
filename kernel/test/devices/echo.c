/* What comes by the serial line goes back, until a byte 4. */
#include "../authority/trial.h"

#include <azoth_device.h>
#include <serial.client.h>

enum { END = 4 };

static int64_t wrong, bytes, woken;

static void await(int32_t port)
{
	wrong += az_signal_wait(port, AZ_FOR_EVER) <= 0;
	woken++;
}

static void send(int32_t port, const uint8_t *at, uint32_t len)
{
	while (len > 0) {
		uint32_t taken = 0;

		wrong += serial_write(at, len, &taken) != 0;
		at += taken;
		len -= taken;
		if (len > 0)
			await(port);
	}
}

void _start(void)
{
	static uint8_t buffer[1024];
	int32_t port = az_device("com2", 4);
	uint32_t len = 0;
	int end = 0;

	wrong += serial_write(buffer, 1, &len) >= 0;
	wrong += serial_open(0) >= 0;
	wrong += serial_open(115201) >= 0;
	trial_say("opened", serial_open(115200) == 0);
	while (!end) {
		await(port);
		while (
		    serial_read(buffer, sizeof(buffer), &len) == 0 && len > 0) {
			bytes += len;
			end = buffer[len - 1] == END;
			send(port, buffer, len);
		}
	}
	trial_say("bytes", bytes);
	trial_say("woken", woken);
	trial_say("wrong", wrong);
	az_power(AZ_POWER_HALT);
}
