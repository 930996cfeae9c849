#include "task/sched.h"

#include <stddef.h>

#include "abi/fault.h"
#include "arch/clock.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/panic.h"
#include "task/domain.h"
#include "task/queue.h"
#include "task/thread.h"

/* One CPU; everything below is touched with interrupts off only. */
static struct {
	struct thread *current;
	struct thread_queue ready;
	struct thread *sleepers;  /* sorted by wake_at */
	struct thread *deadlines; /* sorted by deadline */
	struct thread *dead;
	uint64_t slice_end;
	uint64_t home_sp; /* the boot stack, in sched_run */
	bool resched;     /* current should give way */
	void (*witness)(struct domain *domain, uint32_t trap,
	    const struct trap_frame *frame);
} sched;

void sched_set_witness(void (*witness)(
    struct domain *domain, uint32_t trap, const struct trap_frame *frame))
{
	sched.witness = witness;
}

/* End t, which is current and doomed, where frame says (NULL: in a host
 * call). */
_Noreturn static void meet_doom(
    struct thread *t, const struct trap_frame *frame)
{
	if (sched.witness != NULL)
		sched.witness(t->domain, t->doom, frame);
	sched_trap(t->doom);
}

struct domain *sched_domain(void)
{
	return sched.current != NULL ? sched.current->domain : NULL;
}

/* Ns that t may still run in its period; CLOCK_NEVER without a budget. */
static uint64_t budget_left(struct thread *t, uint64_t now)
{
	const struct az_module *m = t->domain->module;

	if (m->cpu_budget == 0)
		return CLOCK_NEVER;
	if (now - t->period_start >= m->cpu_period) {
		t->period_start = now - (now - t->period_start) % m->cpu_period;
		t->used = 0;
	}
	return t->used < m->cpu_budget ? m->cpu_budget - t->used : 0;
}

/* The moment ns after `from`; budgets and deadlines may be of any length. */
static uint64_t after(uint64_t from, uint64_t ns)
{
	return ns < CLOCK_NEVER - from ? from + ns : CLOCK_NEVER;
}

/* Add the time since t was put on the CPU to its account. */
static void charge(struct thread *t, uint64_t now)
{
	t->used += now - t->ran_since;
	t->used_total += now - t->ran_since;
	t->ran_since = now;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Arm the timer for whatever comes first; nothing when nothing can. */
static void arm(uint64_t now)
{
	uint64_t next = CLOCK_NEVER, left;

	if (sched.sleepers != NULL)
		next = sched.sleepers->wake_at;
	if (sched.deadlines != NULL)
		next = earlier(next, sched.deadlines->deadline);
	/* A thread that is to give way anyway needs no further interrupt. */
	if (sched.current != NULL && !sched.resched) {
		if (!queue_empty(&sched.ready))
			next = earlier(next, sched.slice_end);
		left = budget_left(sched.current, now);
		if (left != CLOCK_NEVER)
			next = earlier(next, after(now, left));
	}
	clock_arm(next);
}

/* Somebody begins to wait. While nobody did, no turn was too long. */
static void begin_waiting(void)
{
	uint64_t now = clock_now();

	if (queue_empty(&sched.ready) && sched.slice_end < now)
		sched.slice_end = now;
}

static void make_ready(struct thread *t)
{
	begin_waiting();
	t->state = THREAD_READY;
	queue_push(&sched.ready, t);
}

static void wake_sleeper(struct thread *t)
{
	queue_sleep_remove(&sched.sleepers, t);
	make_ready(t);
}

void sched_doom(struct thread *t, uint32_t trap)
{
	if (t->state == THREAD_DEAD || t->doom != 0)
		return;
	t->doom = trap;
	/* Out of turn: all that it still does is to end. */
	if (t->state == THREAD_SLEEPING) {
		queue_sleep_remove(&sched.sleepers, t);
		begin_waiting();
		t->state = THREAD_READY;
		queue_push_front(&sched.ready, t);
	}
	if (t == sched.current)
		sched.resched = true;
}

/* Move everything whose time has come. */
static void on_timer(void)
{
	uint64_t now = clock_now();
	struct thread *t = sched.current;

	while (sched.sleepers != NULL && sched.sleepers->wake_at <= now)
		wake_sleeper(sched.sleepers);
	while (sched.deadlines != NULL && sched.deadlines->deadline <= now) {
		struct thread *late = sched.deadlines;

		sched.deadlines = late->next_deadline;
		late->deadline = CLOCK_NEVER;
		sched_doom(late, AZ_TRAP_DEADLINE);
	}
	if (t != NULL) {
		charge(t, now);
		if (budget_left(t, now) == 0 ||
		    (now >= sched.slice_end && !queue_empty(&sched.ready)))
			sched.resched = true;
	}
	arm(now);
}

/* The stack to continue on: of the next ready thread, which becomes the
 * current one, or the boot stack's. The old current thread is off the CPU
 * and in whatever queue it belongs. */
static uint64_t pick(void)
{
	uint64_t now = clock_now();
	struct thread *t = NULL;

	/* Kernel code is not interrupted: what a turn was too long by, the
	 * next one is too short by. */
	if (sched.current != NULL)
		sched.current->owed = now - earlier(now, sched.slice_end);
	if (sched.dead == NULL)
		t = queue_pop(&sched.ready);
	sched.resched = false;
	sched.current = t;
	if (t != NULL) {
		t->state = THREAD_RUNNING;
		t->ran_since = now;
		sched.slice_end = now + SCHED_SLICE_NS - t->owed;
		cpu_local()->kernel_sp = thread_stack_top(t);
	}
	arm(now);
	return t != NULL ? t->saved_sp : sched.home_sp;
}

/* Leave the CPU with the current thread blocked in the kernel; returns when
 * it is put back. */
static void leave(struct thread *self)
{
	uint64_t next;

	charge(self, clock_now());
	next = pick();
	/* Its own turn again: saved_sp is from an earlier time. */
	if (sched.current != self)
		context_switch(&self->saved_sp, next);
	context_fpu_reset();
}

static void put_to_sleep(struct thread *t, uint64_t until)
{
	t->state = THREAD_SLEEPING;
	t->wake_at = until;
	queue_sleep_insert(&sched.sleepers, t);
}

/* Requeue t, which wants to go on: behind the others, or, with its budget
 * spent, until the next period. */
static void give_way(struct thread *t, uint64_t now)
{
	charge(t, now);
	t->throttled = budget_left(t, now) == 0 && t->doom == 0;
	if (t->throttled)
		put_to_sleep(
		    t, after(t->period_start, t->domain->module->cpu_period));
	else
		make_ready(t);
}

void sched_pass(void)
{
	struct thread *self = sched.current;

	give_way(self, clock_now());
	leave(self);
	if (self->doom != 0)
		meet_doom(self, NULL);
}

void sched_way_out(void)
{
	if (sched.current->doom != 0)
		meet_doom(sched.current, NULL);
	if (sched.resched)
		sched_pass();
}

void sched_point(void)
{
	cpu_irq_restore(true);
	(void)cpu_irq_save();
	if (sched.current != NULL)
		sched_way_out();
}

bool sched_sleep_until(uint64_t ns)
{
	struct thread *self = sched.current;
	bool woken;

	if (self->doom != 0)
		meet_doom(self, NULL);
	if (!self->woken && clock_now() < ns) {
		/* Whatever it last slept for, now a wake counts. */
		self->throttled = false;
		put_to_sleep(self, ns);
		leave(self);
	}
	if (self->doom != 0)
		meet_doom(self, NULL);
	woken = self->woken;
	self->woken = false;
	return woken;
}

void sched_wake(struct thread *t)
{
	t->woken = true;
	if (t->state != THREAD_SLEEPING || t->throttled)
		return;
	wake_sleeper(t);
	arm(clock_now());
}

/* First code of a thread that was preempted, on its kernel stack. */
static void resume_preempted(void)
{
	struct thread *self = sched.current;

	if (self->doom != 0)
		meet_doom(self, &self->frame);
	context_fpu_restore(self->fpu);
	context_resume(&self->frame);
}

void sched_interrupted(struct trap_frame *frame)
{
	struct thread *self = sched.current;

	if (self == NULL || !domain_owns(self->domain, frame->rip))
		return;
	if (self->doom != 0)
		meet_doom(self, frame);
	if (!sched.resched)
		return;
	self->frame = *frame;
	context_fpu_save(self->fpu);
	self->saved_sp = context_prepare(
	    (void *)(uintptr_t)thread_stack_top(self), resume_preempted);
	give_way(self, clock_now());
	context_load(pick());
}

void sched_start(struct thread *t, uint64_t deadline)
{
	invariant(t->state == THREAD_NEW);
	t->deadline = deadline;
	t->period_start = clock_now();
	if (deadline != CLOCK_NEVER)
		queue_deadline_insert(&sched.deadlines, t);
	make_ready(t);
}

_Noreturn static void die(enum domain_end end, uint32_t code)
{
	struct thread *self = sched.current;
	uint64_t now = clock_now();

	invariant(self != NULL);
	charge(self, now);
	if (self->deadline != CLOCK_NEVER)
		queue_deadline_remove(&sched.deadlines, self);
	self->domain->end = end;
	self->domain->end_code = code;
	self->domain->ended = now;
	self->state = THREAD_DEAD;
	self->next = sched.dead;
	sched.dead = self;
	context_load(pick());
}

void sched_exit(uint32_t status)
{
	die(DOMAIN_EXITED, status);
}

void sched_trap(uint32_t trap)
{
	die(DOMAIN_TRAPPED, trap);
}

void sched_run(void (*reap)(struct domain *domain))
{
	clock_set_handler(on_timer);
	for (;;) {
		struct thread *dead = sched.dead;

		if (dead != NULL) {
			sched.dead = dead->next;
			reap(dead->domain);
		} else if (!queue_empty(&sched.ready)) {
			context_switch(&sched.home_sp, pick());
		} else {
			cpu_idle();
		}
	}
}
