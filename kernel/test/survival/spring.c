/* Writes records, from where its ring says that it came to. */
#include "rings.h"

#include "book.client.h"

AZ_RING_WINDOW(upper, 4096);

void _start(void)
{
	struct az_ring upper;
	uint32_t record[WORDS];

	live(2 * book_turn(0));
	az_ring_open(&upper, AZ_WINDOW_AT(upper), RING, AZ_RING_WRITER,
	    trial_channel("upper"));
	for (;;) {
		record_make(record, az_ring_position(&upper));
		while (!az_ring_put64(&upper, record))
			(void)az_ring_await(&upper, AZ_FOR_EVER);
	}
}
