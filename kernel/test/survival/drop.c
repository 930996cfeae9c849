/* Takes some records of a full ring and dies; its next life finds the ring
 * empty, and then what was written after that. */
#include "rings.h"

#include "book.client.h"

enum { DROPS = 20, TAKEN = 3 };

AZ_RING_WINDOW(upper, 4096);

void _start(void)
{
	int32_t full = trial_channel("full"), more = trial_channel("more");
	uint32_t life = book_turn(0), record[WORDS];
	struct az_ring upper;

	az_ring_open(&upper, AZ_WINDOW_AT(upper), RING, AZ_RING_READER,
	    trial_channel("upper"));
	if (life > 0) {
		check(!az_ring_take64(&upper, record), "empty");
		check(az_signal_raise(more) == 0, "more");
	}
	check(az_signal_wait(full, AZ_FOR_EVER) == 1, "full");
	check(az_ring_position(&upper) == life * RING, "position");
	for (uint32_t n = 0; n < TAKEN; n++) {
		check(az_ring_take64(&upper, record), "taken");
		check(record_is(record, life * RING + 64 * n), "record");
	}
	if (life == DROPS) {
		trial_say("drops", life);
		az_power(AZ_POWER_HALT);
	}
	__builtin_trap();
}
