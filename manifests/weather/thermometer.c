/* thermometer: it gets colder for half of the day, and warmer again. */
#include "reading.h"

AZ_RING_WINDOW(heat, 4096);

static uint32_t measure(uint32_t n)
{
	return n < READINGS / 2 ? 640 - 8 * n : 240 + 8 * (n - READINGS / 2);
}

int main(void)
{
	struct az_ring ring;

	az_ring_open(&ring, AZ_WINDOW_AT(heat), RING_SIZE, AZ_RING_WRITER,
	    az_channel("heat", 4));
	reading_send(&ring, az_channel("tick", 4), measure);
	return 0;
}
