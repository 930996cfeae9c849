/* base/timer: what is to happen at a moment, in one list sorted by time.
 *
 * A timer is part of the thing that it is for. It fires once, at the first
 * timer_run at or after its time, and is then no longer set; fire may set it
 * again. Equal times fire in the order in which they were set.
 * Memory: none. Context: interrupts off; fire runs in a timer interrupt.
 */
#ifndef AZ_BASE_TIMER_H
#define AZ_BASE_TIMER_H

#include <stddef.h>
#include <stdint.h>

#define TIMER_NEVER UINT64_MAX

/* Zeroed is a timer that is not set. */
struct timer {
	struct timer *next;
	uint64_t at; /* ns since boot; 0: not set */
	void (*fire)(struct timer *t);
};

/* The struct type whose member t is. */
#define timer_owner(t, type, member)                                           \
	((type *)(void *)((char *)(t)-offsetof(type, member)))

/* Set t, anew if it is set. TIMER_NEVER: only timer_cancel ends it. */
void timer_set(struct timer *t, uint64_t at);
/* Nothing when it is not set. */
void timer_cancel(struct timer *t);

/* When the next one fires; TIMER_NEVER for none. */
uint64_t timer_next(void);
/* Fire all whose time has come. */
void timer_run(uint64_t now);

/* Called when timer_next has changed, but for timer_run (task/sched). */
void timer_set_hook(void (*on_change)(void));

#endif
