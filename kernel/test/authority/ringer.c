/* Rings the bell RINGS times, one by one, while others run. */
#include "trial.h"

enum { RINGS = 1000 };

__attribute__((import_module("wasi_snapshot_preview1"),
    import_name("sched_yield"))) int32_t
yield(void);

void _start(void)
{
	int32_t bell = trial_channel("bell"), failed = 0;

	for (int n = 0; n < RINGS; n++) {
		failed += az_signal_raise(bell) != 0;
		yield();
	}
	trial_say("failed", failed);
}
