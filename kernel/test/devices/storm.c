/* Never takes back what its device interrupts for (STORM), and lets it
 * interrupt again at once, for SECONDS; WAIT_MS: sleeps until it does. */
#include "edu.h"

enum { SECONDS = 2 };
#ifndef WAIT_MS
#define WAIT_MS 0
#endif

__attribute__((import_module("wasi_snapshot_preview1"),
    import_name("clock_time_get"))) int32_t
clock_time_get(int32_t clock, int64_t precision, int64_t *out);

static int64_t now(void)
{
	int64_t ns = 0;

	clock_time_get(1, 0, &ns);
	return ns;
}

void _start(void)
{
	int64_t end, count = 0, rounds = 0;

	edu = az_device("edu", 3);
	az_dev_start(edu);
#ifdef STORM
	az_dev_write(edu, RAISE, 0, 1);
#endif
	end = now() + SECONDS * 1000 * (int64_t)MS;
	do {
		count += az_signal_wait(edu, WAIT_MS * (int64_t)MS);
		az_dev_done(edu);
		rounds++;
	} while (now() < end);
	trial_say("interrupts", count);
	trial_say("rounds", rounds);
}
