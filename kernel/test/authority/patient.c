/* The victim: woken by a timer each millisecond, it does a little work and
 * notes how long after the due time it was done. Says the median and the
 * 99th percentile, in ns. */
#include "trial.h"

#ifndef SAMPLES
#define SAMPLES 300
#endif
enum { WORK = 8000, MONOTONIC = 1 };

__attribute__((import_module("wasi_snapshot_preview1"),
    import_name("clock_time_get"))) int32_t
clock_time(int32_t id, int64_t precision, int64_t *out);

static int64_t late[SAMPLES], done[SAMPLES];
static volatile uint32_t work;

static int64_t now(void)
{
	int64_t ns = 0;

	clock_time(MONOTONIC, 1, &ns);
	return ns;
}

static void sort(int64_t *at)
{
	for (int i = 1; i < SAMPLES; i++) {
		int64_t value = at[i];
		int k = i;

		for (; k > 0 && at[k - 1] > value; k--)
			at[k] = at[k - 1];
		at[k] = value;
	}
}

void _start(void)
{
	int32_t tick = trial_channel("tick");
	int64_t due = now() + 20 * MS, missed = 0;

	az_signal_after(tick, due - now(), MS);
	for (int i = 0; i < SAMPLES; i++) {
		missed += az_signal_wait(tick, AZ_FOR_EVER) - 1;
		late[i] = now() - due;
		for (int k = 0; k < WORK; k++)
			work += (uint32_t)k;
		done[i] = now() - due;
		due += MS;
	}
	sort(late);
	sort(done);
	trial_say("wake-p50", late[SAMPLES / 2]);
	trial_say("wake-p99", late[SAMPLES * 99 / 100]);
	trial_say("done-p50", done[SAMPLES / 2]);
	trial_say("done-p99", done[SAMPLES * 99 / 100]);
	trial_say("missed", missed);
	/* It is over for all. */
	az_power(AZ_POWER_HALT);
}
