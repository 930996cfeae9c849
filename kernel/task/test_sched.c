/* Turns, sleeps, wakes, priorities and ends of threads. */
#include "task/sched.h"

#include "mm/frame.h"
#include "task/test_sched.h"

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

static uint64_t first_tick;

static void on_tick(struct thread *t)
{
	(void)t;
	if (first_tick == 0 && clock_now() > 0)
		first_tick = clock_now();
}

/* As a module does that binds a gate and then runs on. */
static void ask_for_ticks(struct script *self)
{
	static struct gate gates[1];

	self->domain.gates = gates;
	sched_need_tick(5 * MS);
	sched_way_out();
	work(40 * MS);
}

static void ticks_begin_at_once(void **state)
{
	(void)state;
	first_tick = 0;
	sched_set_tick(on_tick);
	add(ask_for_ticks);
	play();
	assert_in_range(first_tick, 5 * MS, 6 * MS);
}

static void exit_at_once(struct script *self)
{
	note(self->letter);
}

static void wake_at_5_and_17(struct script *self)
{
	assert_false(sched_sleep_until(5 * MS));
	note(self->letter);
	assert_false(sched_sleep_until(17 * MS));
	note(self->letter);
}

/* An urgent thread waits for a piece, another one for a slice; then it is the
 * boot stack's turn again, whoever has ended meanwhile. */
static void work_at_home_takes_turns(void **state)
{
	(void)state;
	pieces = 7;
	add_as(AZ_PRIORITY_URGENT, wake_at_5_and_17);
	add(exit_at_once);
	add(work_30);
	play();
	assert_string_equal(trace, "b..a.ca...c...cc...cc.........");
	/* Each pays for its own end. */
	for (uint32_t i = 0; i < script_count; i++)
		assert_int_equal(scripts[i].domain.budget.used_total,
		    (i == 2 ? 30 : 0) * MS + 7 * 4 * MS);
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
		TEST(slices_alternate),
		TEST(a_turn_too_long_is_taken_off_the_next),
		TEST(a_turn_alone_is_never_too_long),
		TEST(alone_a_thread_is_not_interrupted),
		TEST(sleepers_wake_in_the_order_of_their_time),
		TEST(wakes_are_remembered),
		TEST(deadlines_end_the_running_and_the_sleeping),
		TEST(the_highest_priority_runs_first),
		TEST(a_wake_preempts_but_takes_no_turn),
		TEST(woken_by_a_call_it_runs_at_once),
		TEST(the_background_is_not_forgotten),
		TEST(ends_reach_all_that_do_not_run),
		TEST(chores_come_before_all_turns),
		TEST(ticks_begin_at_once),
		TEST(work_at_home_takes_turns),
		TEST(memory_balances),
	};

	return cmocka_run_group_tests_name("task/sched", tests, NULL, NULL);
}
