#include "task/watch.h"

#include <stddef.h>

#include "arch/clock.h"
#include "task/budget.h"
#include "task/domain.h"
#include "task/thread.h"

enum {
	NS_PER_MS = 1000000,
	LOOKS = 4,
	/* What hangs while the kernel works for it is ended behind that. */
	AGAIN_NS = NS_PER_MS,
};

static uint64_t whole(const struct domain *d)
{
	return (uint64_t)d->module->watchdog * NS_PER_MS;
}

void watch_look(struct domain *d, uint64_t ns)
{
	struct watch *w = &d->watch;

	w->silent += budget_least(ns, whole(d) / LOOKS);
	if (w->heard || d->thread->records[1].gate != NULL)
		w->silent = 0;
	w->heard = false;
}

uint64_t watch_patience(const struct domain *d)
{
	uint64_t all = whole(d), silent = d->watch.silent;

	if (all == 0)
		return CLOCK_NEVER;
	return silent < all ? budget_least(all - silent, all / LOOKS)
			    : AGAIN_NS;
}

bool watch_hung(const struct domain *d)
{
	return whole(d) != 0 && d->watch.silent >= whole(d);
}
