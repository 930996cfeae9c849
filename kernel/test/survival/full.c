/* Fills its ring, waits until the reader has died, and writes again. */
#include "rings.h"

AZ_RING_WINDOW(upper, 4096);

void _start(void)
{
	int32_t full = trial_channel("full"), more = trial_channel("more");
	struct az_ring upper;
	uint32_t record[WORDS];

	az_ring_open(&upper, AZ_WINDOW_AT(upper), RING, AZ_RING_WRITER,
	    trial_channel("upper"));
	for (int n = 0;; n++) {
		do
			record_make(record, az_ring_position(&upper));
		while (az_ring_put64(&upper, record));
		check(az_signal_raise(full) == 0, "full");
		check(az_signal_wait(more, AZ_FOR_EVER) == 1, "more");
	}
}
