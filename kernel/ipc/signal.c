#include "ipc/signal.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/index.h"
#include "abi/rights.h"
#include "abi/status.h"
#include "arch/clock.h"
#include "cap/cap.h"
#include "ipc/signal_impl.h"
#include "mm/map.h"
#include "task/budget.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/bundle.h"

static const struct bundle *bundle;
static struct end *ends;      /* by AZ_TABLE_PEER */
static struct party *parties; /* by AZ_TABLE_MODULE */

struct party *signal_party(const struct domain *d)
{
	return &parties[d->id];
}

struct end *signal_end(uint32_t end)
{
	return &ends[end];
}

az_err signal_init(const struct bundle *b)
{
	bundle = b;
	TRY(map_array(&ends, b->peer_count));
	return map_array(&parties, b->module_count);
}

void signal_post(uint32_t end, uint32_t n)
{
	struct end *e = &ends[end];

	struct party *owner = &parties[bundle->peers[end].module];

	e->count = n < UINT32_MAX - e->count ? e->count + n : UINT32_MAX;
	owner->counted = owner->stirred = true;
	if (owner->waits_any)
		sched_wake(owner->thread);
	for (struct party *p = e->waiting; p != NULL; p = p->next)
		sched_wake(p->thread);
}

static bool wait_any(struct party *p, bool *flag, uint64_t until)
{
	bool was;

	p->thread = sched_thread();
	p->waits_any = true;
	while (!*flag && clock_now() < until)
		(void)sched_sleep_until(until);
	p->waits_any = false;
	was = *flag;
	*flag = false;
	return was;
}

bool signal_sleep(const struct domain *d, uint64_t until)
{
	return wait_any(&parties[d->id], &parties[d->id].stirred, until);
}

bool signal_any(const struct domain *d, uint64_t ns)
{
	struct party *p = &parties[d->id];

	return wait_any(p, &p->counted, signal_moment(ns));
}

void signal_forget(const struct domain *d)
{
	parties[d->id].waits_any = false;
}

void signal_stop(struct party *p)
{
	struct party **link = &ends[p->through->end].waiting;

	while (*link != p)
		link = &(*link)->next;
	*link = p->next;
	p->ns = p->until = 0; /* a number of the module's own */
	p->through = NULL;
}

static void cancel(struct alarm *a)
{
	timer_cancel(&a->timer);
	*a = (struct alarm){ 0 };
}

void signal_ended(const struct cap *c)
{
	struct party *p = &parties[c->holder];

	if (c->parent == NULL)
		ends[c->end].count = 0;
	for (uint32_t i = 0; i < SIGNAL_TIMERS_MAX; i++)
		if (p->alarms[i].through == c)
			cancel(&p->alarms[i]);
	if (p->through == c) {
		signal_stop(p);
		sched_wake(p->thread);
	}
}

/* n times for all readers, or for the own end of one that reads. */
static void raise(const struct cap *c, uint32_t n)
{
	const struct az_run *run = &bundle->channels[c->object].peers;

	if ((c->rights & AZ_RIGHT_WRITE) == 0) {
		signal_post(c->end, n);
		return;
	}
	for (uint32_t i = 1; i < run->count; i++)
		signal_post(run->first + i, n);
}

int32_t signal_raise(const struct domain *d, uint32_t handle)
{
	struct cap *c;

	CAP_TRY(cap_find(&c, d->id, handle, AZ_CHANNEL_SIGNAL, AZ_RIGHT_WRITE));
	raise(c, 1);
	return 0;
}

uint32_t signal_other(const struct cap *c)
{
	uint32_t first = bundle->channels[c->object].peers.first;

	return c->end == first ? first + 1 : first;
}

int32_t signal_nudge(const struct domain *d, uint32_t handle)
{
	struct cap *c;

	CAP_TRY(cap_find_any(&c, d->id, handle));
	if (c->kind != AZ_CHANNEL_RING && c->kind != AZ_CHANNEL_SOCKET)
		return AZ_BAD_HANDLE;
	signal_post(signal_other(c), 1);
	return 0;
}

uint64_t signal_moment(uint64_t ns)
{
	return ns < INT64_MAX ? budget_after(clock_now(), ns) : CLOCK_NEVER;
}

struct party *signal_begin(const struct cap *c, uint64_t ns)
{
	struct party *p = &parties[c->holder];
	struct end *e = &ends[c->end];

	p->through = c;
	p->thread = sched_thread();
	p->ns = ns;
	p->until = signal_moment(ns);
	p->turns = false;
	p->next = e->waiting;
	e->waiting = p;
	return p;
}

int32_t signal_finish(struct party *p)
{
	struct end *e;
	uint32_t count;

	while (p->through != NULL && ends[p->through->end].count == 0 &&
	       clock_now() < p->until)
		(void)sched_sleep_until(p->until);
	if (p->through == NULL)
		return AZ_PEER_REVOKED;
	e = &ends[p->through->end];
	signal_stop(p);
	count = e->count < INT32_MAX ? e->count : INT32_MAX;
	e->count -= count;
	return (int32_t)count;
}

/* What is waited for through handle: of that kind, or for a signal also a
 * socket or a device. */
static int32_t find_wait(
    struct cap **out, const struct domain *d, uint32_t handle, uint32_t kind)
{
	CAP_TRY(cap_find_any(out, d->id, handle));
	if ((*out)->kind < kind ||
	    ((*out)->kind == AZ_CHANNEL_RING) != (kind == AZ_CHANNEL_RING))
		return AZ_BAD_HANDLE;
	if (kind != AZ_CHANNEL_RING && ((*out)->rights & AZ_RIGHT_READ) == 0)
		return AZ_DENIED;
	return 0;
}

int32_t signal_wait(
    const struct domain *d, uint32_t handle, uint32_t kind, uint64_t ns)
{
	struct cap *c;

	CAP_TRY(find_wait(&c, d, handle, kind));
	return signal_finish(signal_begin(c, ns));
}

/* Periods are counted from the time for which it was set. */
static void on_alarm(struct timer *timer)
{
	struct alarm *a = timer_owner(timer, struct alarm, timer);
	const struct cap *c = a->through;
	uint64_t late = clock_now() - a->due, n = 1;

	if (a->period == 0) {
		a->through = NULL;
	} else {
		n += late / a->period;
		a->due += n * a->period;
		timer_set(timer, a->due);
	}
	raise(c, n < UINT32_MAX ? (uint32_t)n : UINT32_MAX);
}

/* p's timer for c, or a free one. */
static struct alarm *find_alarm(struct party *p, const struct cap *c)
{
	struct alarm *free = NULL;

	for (uint32_t i = 0; i < SIGNAL_TIMERS_MAX; i++) {
		if (p->alarms[i].through == c)
			return &p->alarms[i];
		if (p->alarms[i].through == NULL)
			free = &p->alarms[i];
	}
	return free;
}

/* Whom c's holder can wake by it: all readers, or itself. */
static bool may_raise(const struct cap *c)
{
	bool own = bundle->peers[c->end].module == c->holder;

	return (c->rights & (AZ_RIGHT_WRITE | (own ? AZ_RIGHT_READ : 0))) != 0;
}

int32_t signal_after(
    const struct domain *d, uint32_t handle, uint64_t first, uint64_t period)
{
	struct alarm *a;
	struct cap *c;

	CAP_TRY(cap_find(&c, d->id, handle, AZ_CHANNEL_SIGNAL, 0));
	if (!may_raise(c))
		return AZ_DENIED;
	if (first > INT64_MAX || period > INT64_MAX ||
	    (period != 0 && period < SIGNAL_PERIOD_MIN))
		return AZ_BAD_ARGUMENT;
	a = find_alarm(&parties[d->id], c);
	if (a == NULL)
		return AZ_PEER_BUSY;
	if (first == 0 && period == 0) {
		cancel(a);
		return 0;
	}
	a->through = c;
	a->period = period;
	a->due = budget_after(clock_now(), first);
	a->timer.fire = on_alarm;
	timer_set(&a->timer, a->due);
	return 0;
}
