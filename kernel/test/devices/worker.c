/* How much a module gets done beside another one. */
#include "../authority/trial.h"

enum { SECONDS = 2, STEPS = 1000 };

__attribute__((import_module("wasi_snapshot_preview1"),
    import_name("clock_time_get"))) int32_t
clock_time_get(int32_t clock, int64_t precision, int64_t *out);

static volatile uint32_t sum;

void _start(void)
{
	int64_t now = 0, end = 0, work = 0;

	clock_time_get(1, 0, &now);
	end = now + SECONDS * 1000 * (int64_t)MS;
	for (; now < end; work++) {
		for (uint32_t i = 0; i < STEPS; i++)
			sum += i;
		clock_time_get(1, 0, &now);
	}
	trial_say("work", work);
}
