#include "arch/clock.h"
#include "arch/cpu.h"
#include "test/fake.h"

enum { WALL_AT_BOOT = 1000000000 }; /* seconds since 1970 */

static uint64_t now, wanted = CLOCK_NEVER;
static void (*on_timer)(void);

void clock_start(void)
{
	now = 0;
	wanted = CLOCK_NEVER;
}

void clock_calibrate(void)
{
}

uint64_t clock_now(void)
{
	return now;
}

uint64_t clock_wall(void)
{
	return WALL_AT_BOOT * UINT64_C(1000000000) + now;
}

void clock_arm(uint64_t ns)
{
	wanted = ns;
}

void clock_set_handler(void (*handler)(void))
{
	on_timer = handler;
}

void fake_advance(uint64_t ns)
{
	uint64_t end = now + ns;

	while (wanted <= end) {
		if (wanted > now)
			now = wanted;
		wanted = CLOCK_NEVER;
		if (on_timer != NULL)
			on_timer();
	}
	now = end;
}

/* Sleep until the next timer interrupt, if there will be one. */
void cpu_idle(void)
{
	if (wanted != CLOCK_NEVER)
		fake_advance(wanted > now ? wanted - now : 0);
}

uint64_t cpu_cycles(void)
{
	return now;
}
