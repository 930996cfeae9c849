/* reading: what a sensor puts into its ring, a number of times for each beat. */
#ifndef WEATHER_READING_H
#define WEATHER_READING_H

#include <azoth_ring.h>

enum { READINGS = 100, RING_SIZE = 4096 };

struct reading {
	uint32_t number, raw;
};

/* Put READINGS of them, one for each tick, and wait where there is no room. The
 * ring remembers how many there were when this module is started again. */
static inline void reading_send(
    struct az_ring *to, int32_t tick, uint32_t (*measure)(uint32_t number))
{
	uint32_t first = az_ring_position(to) / sizeof(struct reading);
	int32_t due = 0;

	for (uint32_t n = first; n < READINGS; n++, due--) {
		struct reading r = { .number = n, .raw = measure(n) };

		if (due <= 0)
			due = az_signal_wait(tick, AZ_FOR_EVER);
		while (!az_ring_put_fixed(to, &r, sizeof(r)))
			az_ring_await(to, AZ_FOR_EVER);
	}
}

#endif
