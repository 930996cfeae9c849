/* The scheduler over a clock that moves only when a thread says that it
 * works; module text is a call of sched_way_out where a timer interrupt
 * would have hit. */
#include "task/sched.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "abi/fault.h"
#include "arch/clock.h"
#include "arch/cpu.h"
#include "arch/power.h"
#include "mm/frame.h"
#include "task/domain.h"
#include "task/thread.h"
#include "test/fake.h"

enum { MS = 1000000, THREADS_MAX = 8, RAM = 64 << 20 };

struct script {
	struct domain domain;
	struct az_module module;
	void (*run)(struct script *self);
	char letter;
};

static struct script scripts[THREADS_MAX];
static uint32_t script_count, reaped, chores_done;
static char trace[256];

static void note(char c)
{
	size_t len = strlen(trace);

	if (len + 1 < sizeof(trace))
		trace[len] = c;
}

static struct script *self_script(void)
{
	return (struct script *)(void *)sched_domain();
}

static void begin(void)
{
	struct script *s = self_script();

	sched_way_out();
	s->run(s);
	sched_exit(0);
}

/* Compute for ns in steps of a tenth of a millisecond. */
static void work(uint64_t ns)
{
	for (uint64_t done = 0; done < ns; done += MS / 10) {
		fake_advance(MS / 10);
		sched_way_out();
	}
}

static struct script *add(void (*run)(struct script *self))
{
	struct script *s = &scripts[script_count];

	s->run = run;
	s->letter = (char)('a' + script_count);
	s->domain.module = &s->module;
	script_count++;
	return s;
}

static void chores(void)
{
	chores_done++;
}

static void reap(struct domain *d)
{
	sched_halt(d->thread);
	thread_free(&d->thread);
	if (++reaped == script_count)
		power_end(AZ_END_OK);
}

static void run_all(void *unused)
{
	(void)unused;
	for (uint32_t i = 0; i < script_count; i++) {
		struct script *s = &scripts[i];
		uint64_t end = s->module.deadline;

		assert_int_equal(
		    thread_alloc(&s->domain.thread, &s->domain, begin), AZ_OK);
		sched_start(s->domain.thread,
		    end != 0 ? clock_now() + end : CLOCK_NEVER);
	}
	sched_run(reap, chores);
}

static void play(void)
{
	enum az_end end;

	assert_true(fake_catch(run_all, NULL, &end));
	assert_int_equal(end, AZ_END_OK);
}

static int set_up(void **state)
{
	(void)state;
	memset(scripts, 0, sizeof(scripts));
	memset(trace, 0, sizeof(trace));
	script_count = reaped = chores_done = 0;
	fake_memory(RAM);
	clock_start();
	return 0;
}

static void work_30(struct script *self)
{
	for (int i = 0; i < 6; i++) {
		note(self->letter);
		work(5 * MS);
	}
}

static void slices_alternate(void **state)
{
	(void)state;
	add(work_30);
	add(work_30);
	add(work_30);
	play();
	assert_string_equal(trace, "aabbccaabbccaabbcc");
}

/* Long work in the kernel, then 20 ms in steps. */
static void work_too_long(struct script *self)
{
	note('L');
	fake_advance(14 * MS);
	sched_way_out();
	for (int i = 0; i < 10; i++) {
		note(self->letter);
		work(2 * MS);
	}
}

static void a_turn_too_long_is_taken_off_the_next(void **state)
{
	(void)state;
	add(work_too_long);
	add(work_30);
	play();
	assert_string_equal(trace, "Lbbaaabbaaaaabbaa");
}

static void work_50(struct script *self)
{
	for (int i = 0; i < 10; i++) {
		note(self->letter);
		work(5 * MS);
	}
}

/* Nobody waits for the first 30 ms of the other. */
static void sleep_then_work(struct script *self)
{
	assert_false(sched_sleep_until(clock_now() + 30 * MS));
	work_30(self);
}

static void a_turn_alone_is_never_too_long(void **state)
{
	(void)state;
	add(sleep_then_work);
	add(work_50);
	play();
	assert_string_equal(trace, "bbbbbbaabbaabbaa");
}

static void alone_a_thread_is_not_interrupted(void **state)
{
	(void)state;
	add(work_30);
	play();
	assert_string_equal(trace, "aaaaaa");
	assert_int_equal(scripts[0].domain.budget.used_total, 30 * MS);
}

static void sleep_by_letter(struct script *self)
{
	uint64_t until = clock_now() + (uint64_t)(5 - script_count) * MS +
			 (uint64_t)(self->letter - 'a') * MS;

	assert_false(sched_sleep_until(until));
	assert_true(clock_now() >= until);
	note(self->letter);
}

static void sleepers_wake_in_the_order_of_their_time(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		add(sleep_by_letter);
	play();
	assert_string_equal(trace, "abcd");
}

static void wait_for_wake(struct script *self)
{
	assert_true(sched_sleep_until(CLOCK_NEVER));
	note(self->letter);
	/* The second wake came while this thread was awake. */
	work(2 * SCHED_SLICE_NS);
	assert_true(sched_sleep_until(CLOCK_NEVER));
	note(self->letter);
}

static void wake_twice(struct script *self)
{
	work(MS);
	note(self->letter);
	sched_wake(scripts[0].domain.thread);
	sched_pass();
	sched_wake(scripts[0].domain.thread);
}

static void wakes_are_remembered(void **state)
{
	(void)state;
	add(wait_for_wake);
	add(wake_twice);
	play();
	assert_string_equal(trace, "baa");
}

static void wait_once(struct script *self)
{
	assert_true(sched_sleep_until(CLOCK_NEVER));
	note(self->letter);
}

static void spin(struct script *self)
{
	(void)self;
	for (;;)
		work(MS);
}

static void sleep_for_ever(struct script *self)
{
	(void)self;
	sched_sleep_until(CLOCK_NEVER);
	fail();
}

static void deadlines_end_the_running_and_the_sleeping(void **state)
{
	(void)state;
	add(spin)->module.deadline = 25 * MS;
	add(sleep_for_ever)->module.deadline = 12 * MS;
	add(work_30);
	play();
	for (int i = 0; i < 2; i++) {
		struct domain *d = &scripts[i].domain;

		assert_int_equal(d->end, DOMAIN_TRAPPED);
		assert_int_equal(d->end_code, AZ_TRAP_DEADLINE);
	}
	assert_in_range(scripts[0].domain.ended, 25 * MS, 36 * MS);
	assert_in_range(scripts[1].domain.ended, 12 * MS, 23 * MS);
	assert_int_equal(scripts[2].domain.end, DOMAIN_EXITED);
}

static void budget_holds_in_every_period(void **state)
{
	struct script *limited;

	(void)state;
	limited = add(spin);
	limited->module.cpu_budget = 2 * MS;
	limited->module.cpu_period = 20 * MS;
	limited->module.deadline = 200 * MS;
	add(spin)->module.deadline = 200 * MS;
	play();
	assert_in_range(limited->domain.budget.used_total, 18 * MS, 24 * MS);
	assert_in_range(
	    scripts[1].domain.budget.used_total, 170 * MS, 182 * MS);
}

static void budget_holds_on_an_idle_machine(void **state)
{
	struct script *limited;

	(void)state;
	limited = add(spin);
	limited->module.cpu_budget = 1 * MS;
	limited->module.cpu_period = 10 * MS;
	limited->module.deadline = 95 * MS;
	play();
	assert_in_range(limited->domain.budget.used_total, 9 * MS, 11 * MS);
}

static void hog(struct script *self)
{
	work_30(self);
	work_30(self);
}

static void wake_does_not_lift_a_spent_budget(void **state)
{
	(void)state;
	add(spin);
	scripts[0].module.cpu_budget = 1 * MS;
	scripts[0].module.cpu_period = 50 * MS;
	scripts[0].module.deadline = 49 * MS;
	add(hog);
	play();
	assert_in_range(scripts[0].domain.budget.used_total, 1 * MS, 2 * MS);
}

static void spend_then_wait(struct script *self)
{
	work(3 * MS);
	note(self->letter);
	assert_true(sched_sleep_until(CLOCK_NEVER));
	note(self->letter);
}

static void wake_the_first(struct script *self)
{
	sched_sleep_until(80 * MS);
	note(self->letter);
	sched_wake(scripts[0].domain.thread);
}

/* It was throttled once; that must not make it deaf in a later sleep. */
static void wake_reaches_a_thread_that_was_throttled(void **state)
{
	(void)state;
	add(spend_then_wait);
	scripts[0].module.cpu_budget = 1 * MS;
	scripts[0].module.cpu_period = 10 * MS;
	scripts[0].module.deadline = 500 * MS;
	add(wake_the_first);
	play();
	assert_string_equal(trace, "aba");
	assert_int_equal(scripts[0].domain.end, DOMAIN_EXITED);
}

static void endless_budgets_do_not_wrap(void **state)
{
	(void)state;
	add(spin)->module.deadline = 100 * MS;
	scripts[0].module.cpu_budget = UINT64_MAX - 5;
	scripts[0].module.cpu_period = UINT64_MAX;
	add(work_30);
	scripts[1].module.cpu_budget = 30 * MS;
	scripts[1].module.cpu_period = UINT64_MAX;
	scripts[1].module.deadline = 900 * MS;
	fake_advance(MS);
	play();
	assert_in_range(scripts[0].domain.budget.used_total, 60 * MS, 80 * MS);
	assert_int_equal(scripts[1].domain.end_code, AZ_TRAP_DEADLINE);
	assert_int_equal(scripts[1].domain.budget.used_total / MS, 30);
}

static struct script *add_as(
    enum az_priority priority, void (*run)(struct script *self))
{
	struct script *s = add(run);

	s->module.priority = priority;
	return s;
}

static void the_highest_priority_runs_first(void **state)
{
	(void)state;
	add_as(AZ_PRIORITY_BACKGROUND, work_30);
	add_as(AZ_PRIORITY_NORMAL, work_30);
	add_as(AZ_PRIORITY_URGENT, work_30);
	play();
	assert_string_equal(trace, "ccccccbbbbbbaaaaaa");
}

/* 7 ms asleep, 1 ms awake, three times. */
static void wake_and_work(struct script *self)
{
	for (int i = 0; i < 3; i++) {
		uint64_t until = clock_now() + 7 * MS;

		assert_false(sched_sleep_until(until));
		/* Never later than the step in which it was due. */
		assert_in_range(clock_now() - until, 0, MS / 10);
		note(self->letter);
		work(MS);
	}
}

/* The two of lower priority take turns of 10 ms each, whatever comes between
 * them. */
static void a_wake_preempts_but_takes_no_turn(void **state)
{
	(void)state;
	add_as(AZ_PRIORITY_NORMAL, work_30);
	add_as(AZ_PRIORITY_NORMAL, work_30);
	add_as(AZ_PRIORITY_URGENT, wake_and_work);
	play();
	assert_string_equal(trace, "aacbcbacabbaabb");
}

static void raise_and_work(struct script *self)
{
	work(2 * MS);
	note(self->letter);
	sched_wake(scripts[0].domain.thread);
	work(MS);
	note(self->letter);
}

static void woken_by_a_call_it_runs_at_once(void **state)
{
	(void)state;
	add_as(AZ_PRIORITY_URGENT, wait_once);
	add_as(AZ_PRIORITY_NORMAL, raise_and_work);
	play();
	assert_string_equal(trace, "bab");
}

static void the_background_is_not_forgotten(void **state)
{
	(void)state;
	add_as(AZ_PRIORITY_NORMAL, spin)->module.deadline = 1700 * MS;
	add_as(AZ_PRIORITY_BACKGROUND, spin)->module.deadline = 1700 * MS;
	play();
	assert_in_range(scripts[1].domain.budget.used_total, 90 * MS, 110 * MS);
}

/* What is urgent and wants everything gets its budget and no more. */
static void an_urgent_hog_costs_its_budget(void **state)
{
	(void)state;
	add_as(AZ_PRIORITY_URGENT, spin)->module.deadline = 400 * MS;
	scripts[0].module.cpu_budget = 5 * MS;
	scripts[0].module.cpu_period = 20 * MS;
	add_as(AZ_PRIORITY_NORMAL, spin)->module.deadline = 400 * MS;
	play();
	assert_in_range(scripts[0].domain.budget.used_total, 98 * MS, 106 * MS);
	assert_in_range(
	    scripts[1].domain.budget.used_total, 294 * MS, 302 * MS);
}

static void end_the_others(struct script *self)
{
	work(MS);
	for (uint32_t i = 0; i < script_count; i++)
		if (&scripts[i] != self)
			sched_end(
			    &scripts[i].domain, DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	/* One end is enough. */
	sched_end(&scripts[0].domain, DOMAIN_EXITED, 5);
	note(self->letter);
	sched_way_out();
	note(self->letter);
}

/* One is asleep, one preempted, one has not run yet. */
static void ends_reach_all_that_do_not_run(void **state)
{
	(void)state;
	add(sleep_for_ever);
	add(spin);
	add(end_the_others);
	add(work_30);
	play();
	assert_string_equal(trace, "cc");
	for (uint32_t i = 0; i < script_count; i++)
		assert_int_equal(scripts[i].domain.end,
		    i == 2 ? DOMAIN_EXITED : DOMAIN_TRAPPED);
}

static void ask_for_chores(struct script *self)
{
	uint32_t done = chores_done;

	sched_do_chores();
	assert_int_equal(chores_done, done + 1);
	note(self->letter);
	sched_want_chores();
	assert_int_equal(chores_done, done + 1);
	sched_way_out();
	assert_int_equal(chores_done, done + 2);
	note(self->letter);
}

static void chores_come_before_all_turns(void **state)
{
	(void)state;
	add(ask_for_chores);
	add(work_30);
	play();
	assert_string_equal(trace, "aabbbbbb");
}

/* Go through a gate into the second domain, as gate_call leaves it. */
static void enter_callee(void)
{
	static struct gate gate;

	gate.callee = &scripts[1].domain;
	cpu_local()->record++->gate = &gate;
}

static void leave_callee(void)
{
	cpu_local()->record--;
}

static void exit_at_once(struct script *self)
{
	(void)self;
}

static void stay_in_callee(struct script *self)
{
	(void)self;
	enter_callee();
	while (clock_now() < 200 * MS)
		work(MS);
	leave_callee();
}

static struct script *add_limited(
    void (*run)(struct script *self), uint64_t budget)
{
	struct script *s = add(run);

	s->module.cpu_budget = budget;
	s->module.cpu_period = 20 * MS;
	return s;
}

static void a_call_is_paid_by_its_home_then_by_the_callee(void **state)
{
	(void)state;
	add_limited(stay_in_callee, 2 * MS);
	add_limited(exit_at_once, 3 * MS);
	play();
	assert_in_range(scripts[0].domain.budget.used_total, 19 * MS, 23 * MS);
	assert_in_range(scripts[1].domain.budget.used_total, 28 * MS, 34 * MS);
}

static void return_without_a_budget(struct script *self)
{
	(void)self;
	enter_callee();
	work(10 * MS);
	assert_in_range(clock_now(), 10 * MS, 11 * MS);
	leave_callee();
	/* It is noticed that nobody pays any more. */
	work(3 * MS / 2);
	assert_in_range(clock_now(), 20 * MS, 23 * MS);
}

static void what_a_callee_pays_ends_with_the_call(void **state)
{
	(void)state;
	add_limited(return_without_a_budget, 2 * MS);
	add(exit_at_once);
	play();
	assert_in_range(scripts[1].domain.budget.used_total, 7 * MS, 9 * MS);
}

static void memory_balances(void **state)
{
	uint64_t before;

	(void)state;
	add(work_30);
	add(spin)->module.deadline = 5 * MS;
	before = frame_count_free();
	play();
	assert_int_equal(frame_count_free(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slices_alternate, set_up),
		cmocka_unit_test_setup(
		    a_turn_too_long_is_taken_off_the_next, set_up),
		cmocka_unit_test_setup(a_turn_alone_is_never_too_long, set_up),
		cmocka_unit_test_setup(
		    alone_a_thread_is_not_interrupted, set_up),
		cmocka_unit_test_setup(
		    sleepers_wake_in_the_order_of_their_time, set_up),
		cmocka_unit_test_setup(wakes_are_remembered, set_up),
		cmocka_unit_test_setup(
		    deadlines_end_the_running_and_the_sleeping, set_up),
		cmocka_unit_test_setup(budget_holds_in_every_period, set_up),
		cmocka_unit_test_setup(budget_holds_on_an_idle_machine, set_up),
		cmocka_unit_test_setup(
		    wake_does_not_lift_a_spent_budget, set_up),
		cmocka_unit_test_setup(
		    wake_reaches_a_thread_that_was_throttled, set_up),
		cmocka_unit_test_setup(endless_budgets_do_not_wrap, set_up),
		cmocka_unit_test_setup(the_highest_priority_runs_first, set_up),
		cmocka_unit_test_setup(
		    a_wake_preempts_but_takes_no_turn, set_up),
		cmocka_unit_test_setup(woken_by_a_call_it_runs_at_once, set_up),
		cmocka_unit_test_setup(the_background_is_not_forgotten, set_up),
		cmocka_unit_test_setup(an_urgent_hog_costs_its_budget, set_up),
		cmocka_unit_test_setup(ends_reach_all_that_do_not_run, set_up),
		cmocka_unit_test_setup(chores_come_before_all_turns, set_up),
		cmocka_unit_test_setup(
		    a_call_is_paid_by_its_home_then_by_the_callee, set_up),
		cmocka_unit_test_setup(
		    what_a_callee_pays_ends_with_the_call, set_up),
		cmocka_unit_test_setup(memory_balances, set_up),
	};

	return cmocka_run_group_tests_name("task/sched", tests, NULL, NULL);
}
