#include "arch/clock.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

#include "arch/linux/irq.h"
#include "base/panic.h"

enum { NS_PER_S = 1000000000 };

static uint64_t base, wall_base;
static timer_t timer;
static uint64_t wanted = CLOCK_NEVER;
static void (*on_timer)(void);

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static void timer_interrupt(void)
{
	/* Or an earlier request's signal. */
	if (wanted == CLOCK_NEVER || clock_now() < wanted)
		return;
	wanted = CLOCK_NEVER;
	if (on_timer != NULL)
		on_timer();
}

void clock_start(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGALRM };

	base = read_clock(CLOCK_MONOTONIC);
	wall_base = read_clock(CLOCK_REALTIME);
	invariant(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	irq_set_handler(IRQ_TIMER, timer_interrupt);
}

void clock_calibrate(void)
{
}

uint64_t clock_now(void)
{
	return base != 0 ? read_clock(CLOCK_MONOTONIC) - base : 0;
}

uint64_t clock_wall(void)
{
	return wall_base + clock_now();
}

void clock_arm(uint64_t ns)
{
	struct itimerspec at = { 0 };
	uint64_t when = ns < CLOCK_NEVER - base ? base + ns : CLOCK_NEVER;

	if (ns == wanted)
		return;
	wanted = ns;
	/* All zero disarms. */
	if (ns != CLOCK_NEVER) {
		at.it_value.tv_sec = (time_t)(when / NS_PER_S);
		at.it_value.tv_nsec = (long)(when % NS_PER_S);
	}
	timer_settime(timer, TIMER_ABSTIME, &at, NULL);
}

void clock_set_handler(void (*handler)(void))
{
	on_timer = handler;
}
