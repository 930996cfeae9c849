#include "task/sched.h"

#include <stddef.h>

#include "abi/fault.h"
#include "arch/clock.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/panic.h"
#include "task/budget.h"
#include "task/domain.h"
#include "task/queue.h"
#include "task/record.h"
#include "task/thread.h"

enum {
	RANKS = AZ_PRIORITY_URGENT + 1,
	/* A background thread waits for so many turns of others at most. */
	PASSED_MAX = 16,
};

/* One CPU; everything below is touched with interrupts off only. */
static struct {
	struct thread_queue ready[RANKS];
	uint32_t passed;       /* turns for which the background waits */
	struct domain *dead;   /* ended, in order */
	bool called;           /* there are chores */
	struct thread *waiter; /* for them */
	bool working;        /* the boot stack is in the middle of something */
	uint64_t home_since; /* its work that nobody has been charged for */
	uint64_t slice_end;
	uint64_t home_sp; /* the boot stack, in sched_run */
	bool resched;     /* current should give way */
	bool rearm;       /* what the timer was armed for has changed */
	uint64_t tick_ns; /* 0: none */
	void (*tick)(struct thread *thread);
} sched;

void sched_set_tick(void (*tick)(struct thread *thread))
{
	sched.tick = tick;
}

void sched_need_tick(uint64_t ns)
{
	if (sched.tick_ns != 0 && sched.tick_ns <= ns)
		return;
	sched.tick_ns = ns;
	sched.rearm = true;
}

struct thread *sched_thread(void)
{
	return record_thread(cpu_local()->record);
}

struct record **sched_top(struct thread *t)
{
	return t == sched_thread() ? &cpu_local()->record : &t->top;
}

struct domain *sched_domain(void)
{
	const struct record *r = cpu_local()->record;

	return r != NULL ? thread_domain(record_thread(r), r - 1) : NULL;
}

static uint32_t rank_of(const struct thread *t)
{
	return t->domain->module->priority;
}

bool sched_any_ready(void)
{
	for (uint32_t i = 0; i < RANKS; i++)
		if (!queue_empty(&sched.ready[i]))
			return true;
	return false;
}

bool sched_expects(void)
{
	return sched.dead != NULL || sched.called || sched_any_ready() ||
	       timer_next() != CLOCK_NEVER;
}

/* As budget_left, of the current thread. */
static uint64_t time_left(uint64_t now)
{
	return budget_left(sched_thread()->domain, sched_domain(), now);
}

/* The time since the current thread was put on the CPU is paid. */
static void charge(uint64_t now)
{
	struct thread *t = sched_thread();

	budget_pay(t->domain, sched_domain(), now - t->ran_since);
	t->ran_since = now;
}

void sched_charge(void)
{
	if (sched_thread() != NULL)
		charge(clock_now());
}

/* Arm the timer for whatever comes first; nothing when nothing can. */
static void arm(uint64_t now)
{
	const struct thread *self = sched_thread();
	uint64_t next = timer_next();

	/* A thread that is to give way anyway needs no further interrupt. */
	if (self != NULL && !sched.resched) {
		if (sched_any_ready() || sched.working)
			next = budget_least(next, sched.slice_end);
		next = budget_least(next, budget_after(now, time_left(now)));
		if (sched.tick_ns != 0 && self->domain->gates != NULL)
			next = budget_least(
			    next, budget_after(now, sched.tick_ns));
	}
	sched.rearm = false;
	clock_arm(next);
}

static void want_arm(void)
{
	sched.rearm = true;
}

static void arm_if_wanted(void)
{
	if (sched.rearm)
		arm(clock_now());
}

/* t begins to wait for its turn, as the last or the first of a rank. While
 * nobody waited, no turn was too long. */
static void make_ready(struct thread *t, uint32_t rank, bool first)
{
	uint64_t now;

	if (!sched_any_ready()) {
		now = clock_now();
		if (sched.slice_end < now)
			sched.slice_end = now;
	}
	t->state = THREAD_READY;
	if (first)
		queue_push_front(&sched.ready[rank], t);
	else
		queue_push(&sched.ready[rank], t);
	if (sched_thread() != NULL && rank > rank_of(sched_thread()))
		sched.resched = true;
	sched.rearm = true;
}

/* The time of a sleeping thread has come. */
static void on_wake(struct timer *wake)
{
	struct thread *t = timer_owner(wake, struct thread, wake);

	make_ready(t, rank_of(t), false);
}

static void on_deadline(struct timer *deadline)
{
	sched_end(timer_owner(deadline, struct domain, deadline),
	    DOMAIN_TRAPPED, AZ_TRAP_DEADLINE);
}

void sched_end(struct domain *d, enum domain_end end, uint32_t code)
{
	struct domain **link = &sched.dead;

	if (d->end != DOMAIN_RUNNING)
		return;
	d->end = end;
	d->end_code = code;
	d->ended = clock_now();
	sched.resched = true;
	if (d->reaping)
		return;
	while (*link != NULL)
		link = &(*link)->next_dead;
	d->next_dead = NULL;
	d->reaping = true;
	*link = d;
}

static void stop(struct thread *t)
{
	invariant(t != sched_thread());
	for (uint32_t i = 0; i < RANKS && t->state == THREAD_READY; i++)
		(void)queue_remove(&sched.ready[i], t);
	timer_cancel(&t->wake);
	if (sched.waiter == t)
		sched.waiter = NULL;
	t->state = THREAD_DEAD;
	t->preempted = false;
	t->woken = false;
}

void sched_halt(struct thread *t)
{
	stop(t);
	timer_cancel(&t->domain->deadline);
}

void sched_suspend(struct thread *t, void (*fn)(void))
{
	stop(t);
	t->saved_sp = context_prepare(t, fn);
	t->state = THREAD_SLEEPING;
	t->throttled = false;
}

void sched_want_chores(void)
{
	sched.called = sched.resched = true;
}

static void on_timer(void)
{
	uint64_t now = clock_now();

	timer_run(now);
	if (sched_thread() != NULL) {
		if (sched.tick_ns != 0)
			sched.tick(sched_thread());
		charge(now);
		if (time_left(now) == 0 ||
		    (now >= sched.slice_end &&
			(sched_any_ready() || sched.working)))
			sched.resched = true;
	}
	arm(now);
}

/* The first of the highest rank that has one; now and then one of the
 * background although others wait. NULL: nobody is ready. */
static struct thread *next_ready(void)
{
	uint32_t rank = AZ_PRIORITY_URGENT;
	bool waits = !queue_empty(&sched.ready[AZ_PRIORITY_BACKGROUND]);

	while (rank > 0 && queue_empty(&sched.ready[rank]))
		rank--;
	if (rank == AZ_PRIORITY_NORMAL && waits && ++sched.passed > PASSED_MAX)
		rank = AZ_PRIORITY_BACKGROUND;
	if (rank == AZ_PRIORITY_BACKGROUND)
		sched.passed = 0;
	return queue_pop(&sched.ready[rank]);
}

/* Whether the boot stack goes on before any thread. In the middle of work it
 * lets urgent threads go first, and of others one at a time. */
static bool home_first(void)
{
	if (!sched.working)
		return sched.dead != NULL || sched.called;
	return sched_thread() != NULL &&
	       queue_empty(&sched.ready[AZ_PRIORITY_URGENT]);
}

/* The stack to continue on: of the next ready thread, which becomes the
 * current one, or the boot stack's. The old current thread is off the CPU
 * and in whatever queue it belongs. */
static uint64_t pick(uint64_t now)
{
	struct thread *self = sched_thread(), *t = NULL;

	if (self != NULL) {
		if (sched.tick_ns != 0)
			sched.tick(self);
		self->top = cpu_local()->record;
	}
	if (!home_first())
		t = next_ready();
	sched.resched = false;
	cpu_local()->record = t != NULL ? t->top : NULL;
	sched.slice_end = now + SCHED_SLICE_NS;
	if (t != NULL) {
		t->state = THREAD_RUNNING;
		t->ran_since = now;
		sched.slice_end -= t->owed;
	} else {
		sched.home_since = now;
	}
	arm(now);
	return t != NULL ? t->saved_sp : sched.home_sp;
}

/* The turn of the current thread is over. Kernel code is not interrupted:
 * what a turn was too long by, the next one is too short by. */
static void end_turn(uint64_t now)
{
	charge(now);
	sched_thread()->owed = now - budget_least(now, sched.slice_end);
}

/* Leave the CPU with the current thread blocked in the kernel; returns when
 * it is put back. */
static void leave(struct thread *self, uint64_t now)
{
	uint64_t next = pick(now);

	/* Its own turn again: saved_sp is from an earlier time. */
	if (sched_thread() != self)
		context_switch(&self->saved_sp, next);
	context_fpu_reset();
}

static void put_to_sleep(struct thread *t, uint64_t until)
{
	t->state = THREAD_SLEEPING;
	t->wake.fire = on_wake;
	timer_set(&t->wake, until);
}

/* Requeue the current thread, which wants to go on: behind the others; first
 * when it had to stop for a higher rank, with what is left of its turn; or,
 * with its budget spent, until there is more. */
static void give_way(bool forced, uint64_t now)
{
	struct thread *t = sched_thread();
	bool early = forced && now < sched.slice_end;

	end_turn(now);
	t->throttled = time_left(now) == 0;
	if (t->throttled) {
		put_to_sleep(t, budget_renewal(t->domain, sched_domain()));
		return;
	}
	if (early)
		t->owed = SCHED_SLICE_NS - (sched.slice_end - now);
	make_ready(t, rank_of(t), early);
}

static void pass(bool forced)
{
	struct thread *self = sched_thread();
	uint64_t now = clock_now();

	give_way(forced, now);
	leave(self, now);
}

void sched_pass(void)
{
	pass(false);
}

void sched_do_chores(void)
{
	struct thread *self = sched_thread();
	bool woken = false;

	sched.waiter = self;
	sched_want_chores();
	while (sched.waiter == self)
		woken |= sched_sleep_until(CLOCK_NEVER);
	self->woken = woken;
}

void sched_way_out(void)
{
	if (sched.resched)
		pass(true);
	arm_if_wanted();
}

/* The boot stack's turn is over when it has lasted; an urgent thread does not
 * wait for that. */
static void home_point(void)
{
	uint64_t end = sched.slice_end, since = sched.home_since, now, away;

	if (!sched_any_ready())
		return;
	now = clock_now();
	if (now < end && queue_empty(&sched.ready[AZ_PRIORITY_URGENT]))
		return;
	context_switch(&sched.home_sp, pick(now));
	away = clock_now() - now;
	sched.home_since = since + away;
	if (now < end)
		sched.slice_end = end + away;
}

void sched_point(void)
{
	cpu_irq_restore(true);
	(void)cpu_irq_save();
	if (sched_thread() != NULL)
		sched_way_out();
	else if (sched.working)
		home_point();
}

void sched_charge_home(struct domain *d)
{
	uint64_t now = clock_now();

	budget_charge(d, now - sched.home_since);
	sched.home_since = now;
}

bool sched_sleep_until(uint64_t ns)
{
	struct thread *self = sched_thread();
	uint64_t now = clock_now();
	bool woken;

	if (!self->woken && now < ns) {
		/* Whatever it last slept for, now a wake counts. */
		self->throttled = false;
		end_turn(now);
		put_to_sleep(self, ns);
		leave(self, now);
	}
	woken = self->woken;
	self->woken = false;
	return woken;
}

void sched_wake(struct thread *t)
{
	t->woken = true;
	if (t->state != THREAD_SLEEPING || t->throttled)
		return;
	timer_cancel(&t->wake);
	make_ready(t, rank_of(t), false);
}

/* Whether t is in no call, and nobody's account is looked at while it runs. */
static bool alone_and_free(struct thread *t)
{
	return *sched_top(t) == t->records + 1 && budget_none(t->domain);
}

bool sched_join(struct thread *to)
{
	struct thread *self = sched_thread();
	uint32_t rank = rank_of(to);

	if (to->state != THREAD_SLEEPING || to->throttled || sched.resched ||
	    !alone_and_free(self) || !alone_and_free(to))
		return false;
	if (rank_of(self) < rank)
		rank = rank_of(self);
	while (++rank < RANKS)
		if (!queue_empty(&sched.ready[rank]))
			return false;
	charge(clock_now());
	to->ran_since = self->ran_since;
	self->owed = 0;
	timer_cancel(&to->wake);
	self->top = cpu_local()->record;
	cpu_local()->record = to->top;
	return true;
}

void sched_part(struct thread *off, uint64_t until, void (*fn)(void))
{
	sched_thread()->state = THREAD_RUNNING;
	off->saved_sp = context_prepare(off, fn);
	put_to_sleep(off, until);
}

/* First code of a thread that was preempted, on its kernel stack. */
static void resume_preempted(void)
{
	struct thread *self = sched_thread();

	self->preempted = false;
	context_fpu_restore(self->fpu);
	context_resume(&self->frame);
}

void sched_interrupted(struct trap_frame *frame)
{
	struct thread *self = sched_thread();
	uint64_t now;

	if (self == NULL || !domain_owns(sched_domain(), frame->rip))
		return;
	watch_interrupted();
	if (!sched.resched) {
		arm_if_wanted();
		return;
	}
	now = clock_now();
	self->preempted = true;
	self->frame = *frame;
	context_fpu_save(self->fpu);
	self->saved_sp = context_prepare(self, resume_preempted);
	give_way(true, now);
	context_load(pick(now));
}

void sched_start(struct thread *t, uint64_t deadline)
{
	struct domain *d = t->domain;

	invariant(t->state == THREAD_NEW);
	budget_start(d);
	d->deadline.fire = on_deadline;
	timer_set(&d->deadline, deadline);
	make_ready(t, rank_of(t), false);
}

_Noreturn static void die(enum domain_end end, uint32_t code)
{
	invariant(sched_thread() != NULL);
	sched_end(sched_domain(), end, code);
	sched_park();
}

void sched_park(void)
{
	uint64_t now = clock_now();

	charge(now);
	sched_thread()->state = THREAD_DEAD;
	context_load(pick(now));
}

void sched_exit(uint32_t status)
{
	die(DOMAIN_EXITED, status);
}

void sched_trap(uint32_t trap)
{
	die(DOMAIN_TRAPPED, trap);
}

static void do_chores(void (*chores)(void))
{
	struct thread *waiter = sched.waiter;

	sched.called = false;
	chores();
	if (waiter == NULL || waiter != sched.waiter)
		return;
	sched.waiter = NULL;
	timer_cancel(&waiter->wake);
	make_ready(waiter, rank_of(waiter), true);
}

/* Do what comes before the turn of any thread; false: there was nothing. */
static bool work_at_home(void (*reap)(struct domain *d), void (*chores)(void))
{
	struct domain *dead = sched.dead;

	if (dead == NULL && !sched.called)
		return false;
	sched.working = true;
	if (dead != NULL) {
		sched.dead = dead->next_dead;
		dead->reaping = false;
		reap(dead);
	} else {
		do_chores(chores);
	}
	sched.working = false;
	return true;
}

void sched_run(void (*reap)(struct domain *domain), void (*chores)(void))
{
	clock_set_handler(on_timer);
	timer_set_hook(want_arm);
	for (;;) {
		if (work_at_home(reap, chores))
			continue;
		if (sched_any_ready()) {
			context_switch(&sched.home_sp, pick(clock_now()));
			continue;
		}
		sched.working = true;
		do_chores(chores);
		sched.working = false;
		if (sched.dead != NULL || sched.called || sched_any_ready())
			continue;
		arm_if_wanted();
		cpu_idle();
		sched.home_since = clock_now();
	}
}
