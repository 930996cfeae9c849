#include "base/timer.h"

#include <stdbool.h>
#include <stddef.h>

static struct timer *timers; /* sorted; none that never fires */
static bool running;
static void (*change_hook)(void);

static void take(struct timer *t)
{
	struct timer **link = &timers;

	if (t->at != TIMER_NEVER) {
		while (*link != t)
			link = &(*link)->next;
		*link = t->next;
	}
	t->at = 0;
}

static void put(struct timer *t)
{
	struct timer **link = &timers;

	if (t->at == TIMER_NEVER)
		return;
	while (*link != NULL && (*link)->at <= t->at)
		link = &(*link)->next;
	t->next = *link;
	*link = t;
}

static void tell_change(uint64_t before)
{
	if (timer_next() != before && change_hook != NULL && !running)
		change_hook();
}

void timer_set(struct timer *t, uint64_t at)
{
	uint64_t before = timer_next();

	if (t->at == at && at != 0)
		return;
	if (t->at != 0)
		take(t);
	t->at = at != 0 ? at : 1;
	put(t);
	tell_change(before);
}

void timer_cancel(struct timer *t)
{
	uint64_t before;

	if (t->at == 0)
		return;
	before = timer_next();
	take(t);
	tell_change(before);
}

uint64_t timer_next(void)
{
	return timers != NULL ? timers->at : TIMER_NEVER;
}

void timer_run(uint64_t now)
{
	running = true;
	while (timers != NULL && timers->at <= now) {
		struct timer *t = timers;

		take(t);
		t->fire(t);
	}
	running = false;
}

void timer_set_hook(void (*on_change)(void))
{
	change_hook = on_change;
}
