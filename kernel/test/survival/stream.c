/* Hands each record on from one ring to the other, once. A life may end
 * between the put and the take: the next one sees by the positions that the
 * record is there, and only takes it. */
#include "rings.h"

#include "book.client.h"

AZ_RING_WINDOW(upper, 4096);
AZ_RING_WINDOW(lower, 4096);

void _start(void)
{
	struct az_ring upper, lower;
	uint32_t record[WORDS];

	live(2 * book_turn(1) + 1);
	az_ring_open(&upper, AZ_WINDOW_AT(upper), RING, AZ_RING_READER,
	    trial_channel("upper"));
	az_ring_open(&lower, AZ_WINDOW_AT(lower), RING, AZ_RING_WRITER,
	    trial_channel("lower"));
	for (;;) {
		uint32_t at = az_ring_position(&upper);

		if (!az_ring_has(&upper, at, 64)) {
			(void)az_ring_await(&upper, AZ_FOR_EVER);
			continue;
		}
		az_ring_copy_out(&upper, at, record, 64);
		check(record_is(record, at), "relayed");
		if (az_ring_position(&lower) == at)
			while (!az_ring_put64(&lower, record))
				(void)az_ring_await(&lower, AZ_FOR_EVER);
		check(az_ring_position(&lower) == at + 64, "step");
		az_ring_advance(&upper, at, 64);
	}
}
