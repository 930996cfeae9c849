/* collector: takes readings as they come, lets them be converted, keeps them,
 * and raises the alarm at the first frost. Exits with 1 when one was lost. */
#include "calibrate.client.h"
#include "reading.h"
#include "store.client.h"

AZ_RING_WINDOW(heat, 4096);
AZ_RING_WINDOW(air, 4096);

static struct reading take(struct az_ring *from)
{
	struct reading r;

	while (!az_ring_take_fixed(from, &r, sizeof(r)))
		az_ring_await(from, AZ_FOR_EVER);
	return r;
}

/* The next value of a sensor that is what in both interfaces. */
static bool collect(
    struct az_ring *from, uint32_t number, uint32_t what, int32_t *value)
{
	struct reading r = take(from);

	return r.number == number &&
	       calibrate_convert(what, r.raw, value) == 0 &&
	       store_keep(what, *value) == 0;
}

int main(void)
{
	struct az_ring heat, air;
	int32_t degrees, pressure;
	bool frost = false;

	az_ring_open(&heat, AZ_WINDOW_AT(heat), RING_SIZE, AZ_RING_READER,
	    az_channel("heat", 4));
	az_ring_open(&air, AZ_WINDOW_AT(air), RING_SIZE, AZ_RING_READER,
	    az_channel("air", 3));
	for (uint32_t n = 0; n < READINGS; n++) {
		if (!collect(&heat, n, STORE_KIND_HEAT, &degrees) ||
		    !collect(&air, n, STORE_KIND_AIR, &pressure))
			return 1;
		if (degrees < 0 && !frost)
			az_signal_raise(az_channel("frost", 5));
		frost = frost || degrees < 0;
	}
	az_signal_raise(az_channel("done", 4));
	return 0;
}
