/* Budgets, as the scheduler keeps them. */
#include "task/budget.h"

#include "arch/cpu.h"
#include "task/test_sched.h"

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

/* --- What hangs ------------------------------------------------------------- */

/* Compute for ns in module text, where interrupts hit it. */
static void text(uint64_t ns)
{
	struct trap_frame frame = { 0 };

	for (uint64_t done = 0; done < ns; done += MS / 10) {
		fake_advance(MS / 10);
		sched_way_out();
		sched_interrupted(&frame);
	}
}

/* A call of the host that takes ns in the kernel. */
static void call_host(uint64_t ns)
{
	fake_advance(ns);
	sched_domain()->watch.heard = true;
	sched_way_out();
}

static struct script *add_watched(void (*run)(struct script *self), uint32_t ms)
{
	struct script *s = add(run);

	s->module.watchdog = ms;
	return s;
}

static void hang_at_last(struct script *self)
{
	for (int i = 0; i < 5; i++) {
		text(8 * MS);
		call_host(0);
	}
	note(self->letter);
	text(1000 * MS);
	note(self->letter);
}

static void what_hangs_is_ended_in_time(void **state)
{
	struct domain *d = &add_watched(hang_at_last, 10)->domain;

	(void)state;
	play();
	assert_string_equal(trace, "a");
	assert_int_equal(d->end, DOMAIN_TRAPPED);
	assert_int_equal(d->end_code, AZ_TRAP_HUNG);
	assert_in_range(d->ended, 50 * MS, 40 * MS + 25 * MS / 2 + MS / 10);
}

static void go_out_often(struct script *self)
{
	for (int i = 0; i < 20; i++) {
		text(8 * MS);
		enter_callee();
		if (i % 5 == 0)
			text(30 * MS);
		leave_callee();
	}
	call_host(50 * MS);
	text(8 * MS);
	assert_false(sched_sleep_until(clock_now() + 100 * MS));
	call_host(0);
	text(8 * MS);
	note(self->letter);
}

/* Through gates, however quick, and whatever the time in there. */
static void what_calls_does_not_hang(void **state)
{
	(void)state;
	add_watched(go_out_often, 10);
	add(exit_at_once);
	play();
	assert_string_equal(trace, "a");
	assert_int_equal(scripts[0].domain.end, DOMAIN_EXITED);
}

static void work_in_callee(struct script *self)
{
	enter_callee();
	text(100 * MS);
	note(self->letter);
	leave_callee();
}

static void a_callee_does_not_hang_for_its_callers(void **state)
{
	(void)state;
	add(work_in_callee);
	add_watched(exit_at_once, 10);
	play();
	assert_string_equal(trace, "a");
	assert_int_equal(scripts[1].domain.end, DOMAIN_EXITED);
}

static void share_the_cpu(struct script *self)
{
	(void)self;
	text(1000 * MS);
}

static void only_its_own_time_counts(void **state)
{
	struct domain *d = &add_watched(share_the_cpu, 50)->domain;

	(void)state;
	add(spin)->module.deadline = 500 * MS;
	play();
	assert_int_equal(d->end_code, AZ_TRAP_HUNG);
	assert_in_range(d->budget.used_total, 50 * MS, 63 * MS);
	assert_in_range(d->ended, 90 * MS, 140 * MS);
}

/* memory.fill and the like: the kernel works for it, and is no call. */
static void work_by_the_kernel(struct script *self)
{
	(void)self;
	text(MS);
	work(200 * MS);
	text(2 * MS);
	note(self->letter);
}

static void what_the_kernel_does_for_it_counts(void **state)
{
	struct domain *d = &add_watched(work_by_the_kernel, 100)->domain;

	(void)state;
	play();
	assert_string_equal(trace, "");
	assert_int_equal(d->end_code, AZ_TRAP_HUNG);
	assert_in_range(d->ended, 201 * MS, 202 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(budget_holds_in_every_period),
		TEST(budget_holds_on_an_idle_machine),
		TEST(wake_does_not_lift_a_spent_budget),
		TEST(wake_reaches_a_thread_that_was_throttled),
		TEST(endless_budgets_do_not_wrap),
		TEST(an_urgent_hog_costs_its_budget),
		TEST(a_call_is_paid_by_its_home_then_by_the_callee),
		TEST(what_a_callee_pays_ends_with_the_call),
		TEST(what_hangs_is_ended_in_time),
		TEST(what_calls_does_not_hang),
		TEST(a_callee_does_not_hang_for_its_callers),
		TEST(only_its_own_time_counts),
		TEST(what_the_kernel_does_for_it_counts),
	};

	return cmocka_run_group_tests_name("task/budget", tests, NULL, NULL);
}
