/* barometer: pressure rises slowly, and falls at once. The device jams after a
 * while; a new start frees it. */
#include "reading.h"

AZ_RING_WINDOW(air, 4096);

enum { JAMS_AFTER = 37 };

static uint32_t measure(uint32_t n)
{
	static uint32_t strokes;

	if (strokes++ == JAMS_AFTER)
		__builtin_trap();
	return 9800 + 5 * (n % 40);
}

int main(void)
{
	struct az_ring ring;

	az_ring_open(&ring, AZ_WINDOW_AT(air), RING_SIZE, AZ_RING_WRITER,
	    az_channel("air", 3));
	reading_send(&ring, az_channel("tick", 4), measure);
	return 0;
}
