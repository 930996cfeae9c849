/* Dies KILLS times while its device is about to write to the pool, which
 * outlives it. What was under way never arrives. */
#include "edu.h"

#ifndef KILLS
#define KILLS 100
#endif
enum { BOOK = POOL - PAGE, SIZE = 2048, DELAY_MS = 150 };

void _start(void)
{
	volatile uint64_t *lives = pool(BOOK), *wrong = lives + 1;
	uint32_t target = PAGE * (1 + *lives % 8);

	edu = az_device("edu", 3);
	*wrong += edu <= 0;
	/* Would it still come, it would come now. */
	if (*lives > 0)
		*wrong += az_signal_wait(edu, DELAY_MS * (int64_t)MS) != 0;
	for (uint32_t at = PAGE; at < BOOK; at += 8)
		*wrong += *pool(at) != 0;
	if (*lives == KILLS) {
		trial_say("lives", (int64_t)*lives);
		trial_say("wrong", (int64_t)*wrong);
		return;
	}
	++*lives;
	for (uint32_t at = 0; at < PAGE; at += 8)
		*pool(at) = MARK;
	*wrong += az_dev_start(edu) != 0;
	*wrong += az_dev_transfer(edu, FROM_POOL, 0, SIZE, BUFFER, 0) != 0;
	finish();
	*wrong += az_dev_transfer(edu, TO_POOL, target, SIZE, BUFFER, 0) != 0;
	__builtin_trap();
}
