/* The smallest driver of virtio-rng: one queue, PARTS frames at a time, each
 * read and given to the system's generator. */
#include "../authority/trial.h"

#include <azoth_device.h>

enum { POOL = 16384, PART = 64, PARTS = 8, ROUNDS = 20 };

AZ_WINDOW(dma, 16384);

static struct az_dma parts[PARTS];
static struct az_dma_done done[PARTS];

void _start(void)
{
	int32_t device = az_device("entropy", 7);
	int64_t bytes = 0, mixed = 0, wakes = 0, zeros = 0, wrong = 0;

	trial_say("device", device > 0);
	trial_say("features", az_dev_features(device, 0));
	trial_say("entries", az_dev_ring(device, 0, 64));
	wrong += az_dev_ring(device, 1, 64) >= 0;
	wrong += az_dev_start(device) != 0;
	for (uint32_t i = 0; i < PARTS; i++)
		parts[i] =
		    (struct az_dma){ i * PART, PART, AZ_DMA_DEVICE_WRITES, i };
	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t got = 0;

		wrong += az_dev_post(device, 0, parts, PARTS) != PARTS;
		wakes += az_signal_wait(device, 1000 * (int64_t)MS) > 0;
		while (got < PARTS) {
			int32_t n = az_dev_reap(device, 0, done, PARTS);

			wrong += n < 0;
			for (int32_t i = 0; i < n; i++) {
				uint32_t at = done[i].cookie * PART;
				const char *from = (char *)az_window_dma + at;

				wrong += done[i].cookie >= PARTS ||
					 done[i].length > PART;
				bytes += done[i].length;
				mixed += az_random_mix(from, PART) == 0;
				zeros += *(const volatile uint64_t *)from == 0;
				got++;
			}
			if (n == 0 && az_dev_done(device) == 0)
				az_signal_wait(device, 1000 * (int64_t)MS);
		}
		wrong += az_dev_done(device) != 0;
	}
	trial_say("bytes", bytes);
	trial_say("mixed", mixed);
	trial_say("zeros", zeros);
	trial_say("woken", wakes);
	trial_say("wrong", wrong);
}
