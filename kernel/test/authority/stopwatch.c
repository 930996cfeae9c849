/* How long the kernel takes to refuse a handle, by what is wrong with it: the
 * least of some runs of CALLS calls each. */
#include "trial.h"

enum { CALLS = 200, RUNS = 20, SLOT = 1 << 10, MONOTONIC = 1 };

__attribute__((import_module("wasi_snapshot_preview1"),
    import_name("clock_time_get"))) int32_t
clock_time(int32_t id, int64_t precision, int64_t *out);

static int64_t measure(int32_t handle)
{
	int64_t least = INT64_MAX, start, end;

	for (int run = 0; run < RUNS; run++) {
		clock_time(MONOTONIC, 1, &start);
		for (int n = 0; n < CALLS; n++)
			if (az_generation(handle) != AZ_BAD_HANDLE)
				trial_say("accepted", handle);
		clock_time(MONOTONIC, 1, &end);
		least = end - start < least ? end - start : least;
	}
	return least;
}

void _start(void)
{
	int32_t own = trial_channel("bell");
	int32_t spare = az_cap_derive(own, AZ_RIGHT_READ, 0);

	az_cap_close(spare);
	trial_say("stale", measure(spare));
	trial_say("next", measure(spare + SLOT));
	trial_say("generation", measure(own + SLOT));
	trial_say("slot", measure(own + 1));
	trial_say("outside", measure(own + 1000));
	trial_say("negative", measure(own | INT32_MIN));
	trial_say("nought", measure(0));
}
