/* Never dies: every record must come, once and in order, until the stream has
 * been started again often enough. */
#include "rings.h"

#include "book.client.h"

#ifndef LIVES
#define LIVES 500
#endif

AZ_RING_WINDOW(lower, 4096);

void _start(void)
{
	int32_t end = trial_channel("lower");
	struct az_ring lower;
	uint32_t record[WORDS], at = 0;

	live(0);
	az_ring_open(&lower, AZ_WINDOW_AT(lower), RING, AZ_RING_READER, end);
	while (at % (64 * 16) != 0 || az_generation(end) < LIVES) {
		while (!az_ring_take64(&lower, record))
			(void)az_ring_await(&lower, AZ_FOR_EVER);
		check(record_is(record, at), "record");
		at += 64;
	}
	trial_say("records", at / 64);
	trial_say("springs", book_turn(0));
	trial_say("streams", book_turn(1));
	az_power(AZ_POWER_HALT);
}
