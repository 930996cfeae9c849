/* Waits for nothing, for ever. */
#include "../authority/trial.h"

__attribute__((import_module("wasi_snapshot_preview1"),
    import_name("sched_yield"))) int32_t
sched_yield(void);

void _start(void)
{
	for (;;)
		sched_yield();
}
