/* host/wasi/clock: time, as coarse as the grant says. */
#include <stddef.h>

#include "arch/clock.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"

/* The grant, and a clock that exists: CPU-time clocks do not. */
static enum wasi_errno check_clock(
    const struct domain *d, enum az_call call, uint64_t id)
{
	if (d->clock_res == 0)
		return (enum wasi_errno)state_denied(
		    d, call, AZ_GRANT_CLOCK, "clock: 1ms");
	return id <= WASI_MONOTONIC ? WASI_SUCCESS : WASI_INVAL;
}

HOST_CALL(CLOCK_RES_GET, d, arg)
{
	WASI_TRY(check_clock(d, AZ_CALL_CLOCK_RES_GET, arg[0]));
	return memory_answer(d, arg[1], &d->clock_res, sizeof d->clock_res);
}

HOST_CALL(CLOCK_TIME_GET, d, arg)
{
	uint64_t now;

	WASI_TRY(check_clock(d, AZ_CALL_CLOCK_TIME_GET, arg[0]));
	now = arg[0] == WASI_REALTIME ? clock_wall() : clock_now();
	now -= now % d->clock_res;
	return memory_answer(d, arg[2], &now, sizeof now);
}
