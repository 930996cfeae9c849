#include "ipc/gate.h"

#include <stddef.h>

#include "abi/fault.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "base/mem.h"
#include "ipc/gate_impl.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/bundle.h"

static void on_alone_too_long(struct timer *timer)
{
	sched_end(timer_owner(timer, struct domain, alone), DOMAIN_TRAPPED,
	    AZ_TRAP_DEADLINE);
}

/* When x, whose caller goes on without it, must be done: in what is left of
 * its time, or as much again when it is for want of the CPU that it is not. */
static uint64_t end_of_work(
    const struct thread *t, const struct domain *caller, uint64_t timeout)
{
	bool starved = t->state == THREAD_READY || t->throttled;

	return caller->works_until == 0 || starved ? clock_now() + timeout
						   : caller->works_until;
}

/* Cut t's chain below what `at`, a record of it, called: gives the thread that
 * the caller has now, stopped in the call. What lies behind the last record
 * goes with the upper part: it is a call or a return in the making. */
static struct thread *split(struct thread *t, struct record *at)
{
	struct record *top = *sched_top(t);
	struct domain *x = at->gate->callee, *home = t->domain;
	struct domain *caller = thread_domain(t, at - 1);
	struct thread *p = x->thread;
	uint64_t timeout = gate_channel(at->gate)->timeout;
	ptrdiff_t n = at - t->records;

	sched_charge();
	memcpy(p->records, t->records, (size_t)(n + 1) * sizeof(*at));
	*sched_top(p) = p->records + n;
	p->domain = home;
	home->thread = p;
	for (ptrdiff_t i = 0; i < n; i++)
		thread_domain(p, p->records + i)->entered = p->records + i;
	memmove(t->records + 1, at + 1, (size_t)(top - at) * sizeof(*at));
	*sched_top(t) = top - n;
	t->domain = x;
	x->thread = t;
	x->watch.heard = true;
	for (struct record *r = t->records; r < top - n; r++)
		thread_domain(t, r)->entered = r;
	gate_hook(x);
	x->alone.fire = on_alone_too_long;
	if (timeout != 0)
		timer_set(&x->alone, end_of_work(t, caller, timeout));
	return p;
}

/* First code of a thread whose callee did not answer. */
static void resume_caller(void)
{
	sched_thread()->woken = false; /* it does not sleep any more */
	gate_answer(gate_verdict(sched_thread()));
}

static void resume(struct thread *t, enum az_status why)
{
	const struct gate *g = gate_awaited(t);

	t->verdict = why;
	sched_suspend(t, resume_caller);
	/* A call that is repeated begins with d's next life. */
	if (why == AZ_PEER_DIED && g->flags & GATE_RETRY) {
		if (gate_wait_for(g->callee, t))
			return;
		t->verdict = AZ_PEER_BUSY;
	}
	sched_wake(t);
}

void gate_abandon(struct domain *d, enum az_status why)
{
	struct thread *t = domain_thread(d);
	struct record *at = d->entered;

	if (at <= RECORD_CLOSED || thread_domain(t, at) != d)
		return;
	if (++at < *sched_top(t)) {
		resume(split(t, at), why);
	} else if (t->waits_for != NULL) {
		gate_stop_waiting(t);
		t->verdict = why;
		sched_wake(t);
	} else if (t->verdict != 0) {
		t->verdict = why; /* instead of an answer on its way */
	}
}

/* Whoever waits for d, which will not be opened again. */
static void turn_away(struct domain *d, enum az_status why)
{
	struct thread *t;

	while ((t = d->callers) != NULL) {
		d->callers = t->next_caller;
		t->waits_for = NULL;
		t->verdict = why;
		sched_wake(t);
	}
}

/* Take the activation of d off its thread: gives the caller's, if it has come
 * in, which is to be resumed. */
static struct thread *unwind(struct domain *d)
{
	struct record *at = d->entered;
	struct thread *t = record_thread(at);
	ptrdiff_t n = at - t->records;

	if (thread_domain(t, at) != d) {
		/* It was let in and has not come: it waits on. */
		t->next_caller = d->callers;
		d->callers = t;
		return NULL;
	}
	if (at + 1 < *sched_top(t))
		t = split(t, at + 1);
	gate_stop_waiting(t);
	if (n == 0)
		return NULL;
	*sched_top(t) = t->records + n;
	return t;
}

void gate_evict(struct domain *d, enum az_status why)
{
	struct thread *caller = NULL;

	if (d->entered > RECORD_CLOSED)
		caller = unwind(d);
	d->entered = RECORD_CLOSED;
	d->closed = why;
	gate_unlimit(d);
	gate_alone_over(d);
	if (why != AZ_PEER_DIED)
		turn_away(d, why);
	if (caller != NULL)
		resume(caller, why);
}

void gate_open(struct domain *d)
{
	d->closed = 0;
	d->entered = d->thread->records;
}

/* The moment when d's call must be over. */
static void on_late(struct timer *timer)
{
	gate_abandon(timer_owner(timer, struct domain, late), AZ_PEER_TIMEOUT);
}

void gate_limit(struct domain *caller, const struct gate *g)
{
	uint64_t timeout = gate_channel(g)->timeout;

	if (timeout == 0 || caller->late.at != 0)
		return;
	caller->late.fire = on_late;
	caller->works_until = clock_now() + timeout;
	timer_set(&caller->late, caller->works_until);
}

void gate_unlimit(struct domain *caller)
{
	timer_cancel(&caller->late);
	caller->works_until = 0;
}

void gate_stamp(struct thread *t)
{
	for (struct record *r = t->records + 1; r < *sched_top(t); r++) {
		struct domain *caller = thread_domain(t, r - 1);

		if (caller->late.at != 0 || gate_channel(r->gate)->timeout == 0)
			continue;
		gate_limit(caller, r->gate);
		gate_hook(r->gate->callee);
	}
}
