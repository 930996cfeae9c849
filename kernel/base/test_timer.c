#include "base/timer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { COUNT = 6, ROUNDS = 20000 };

static struct timer timers[COUNT];
static char trace[64];
static uint64_t next_seen;
static int changes;

static void note(struct timer *t)
{
	size_t len = strlen(trace);

	assert_int_equal(t->at, 0);
	assert_true(len + 1 < sizeof trace);
	trace[len] = (char)('a' + (t - timers));
}

static void again(struct timer *t)
{
	note(t);
	timer_set(t, 100 + strlen(trace));
}

static void on_change(void)
{
	changes++;
	next_seen = timer_next();
}

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT; i++) {
		timer_cancel(&timers[i]);
		timers[i].fire = note;
	}
	memset(trace, 0, sizeof trace);
	changes = 0;
	timer_set_hook(on_change);
	return 0;
}

static void they_fire_in_order_of_time_then_of_setting(void **state)
{
	(void)state;
	timer_set(&timers[0], 30);
	timer_set(&timers[1], 10);
	timer_set(&timers[2], 30);
	timer_set(&timers[3], TIMER_NEVER);
	timer_set(&timers[4], 0);
	timer_run(0);
	assert_string_equal(trace, "");
	timer_run(29);
	assert_string_equal(trace, "eb");
	timer_run(30);
	assert_string_equal(trace, "ebac");
	assert_int_equal(timer_next(), TIMER_NEVER);
	timer_cancel(&timers[3]);
	timer_cancel(&timers[3]);
	timer_run(TIMER_NEVER);
	assert_string_equal(trace, "ebac");
}

static void set_anew_it_fires_once(void **state)
{
	(void)state;
	timer_set(&timers[0], 5);
	timer_set(&timers[1], 6);
	timer_set(&timers[0], 7);
	timer_run(9);
	assert_string_equal(trace, "ba");
}

static void one_that_fires_may_set_itself(void **state)
{
	(void)state;
	timers[0].fire = again;
	timer_set(&timers[0], 1);
	timer_run(102);
	assert_string_equal(trace, "aaa");
	assert_int_equal(timer_next(), 103);
}

static void the_hook_hears_of_a_new_first_one(void **state)
{
	(void)state;
	timer_set(&timers[0], 50);
	assert_int_equal(changes, 1);
	timer_set(&timers[1], 60);
	assert_int_equal(changes, 1);
	timer_set(&timers[2], 40);
	assert_int_equal(next_seen, 40);
	timer_cancel(&timers[1]);
	assert_int_equal(changes, 2);
	timer_cancel(&timers[2]);
	assert_int_equal(next_seen, 50);
	timer_set(&timers[0], 70);
	assert_int_equal(next_seen, 70);
	timer_run(100);
	assert_int_equal(changes, 4);
}

/* Against the naive way: a table of times. */
static void random_use_agrees_with_a_table(void **state)
{
	uint64_t at[COUNT] = { 0 }, now = 0, first, seed = 1;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		int i;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		i = (int)(seed >> 40) % COUNT;
		if ((seed >> 33) % 3 == 0) {
			timer_cancel(&timers[i]);
			at[i] = 0;
		} else if ((seed >> 33) % 3 == 1) {
			at[i] = now + 1 + (seed >> 50) % 30;
			timer_set(&timers[i], at[i]);
		} else {
			now += (seed >> 50) % 10;
			memset(trace, 0, sizeof trace);
			timer_run(now);
			for (int k = 0; k < COUNT; k++) {
				bool due = at[k] != 0 && at[k] <= now;

				assert_int_equal(
				    strchr(trace, 'a' + k) != NULL, due);
				at[k] = due ? 0 : at[k];
			}
		}
		first = TIMER_NEVER;
		for (int k = 0; k < COUNT; k++)
			if (at[k] != 0 && at[k] < first)
				first = at[k];
		assert_int_equal(timer_next(), first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(
		    they_fire_in_order_of_time_then_of_setting, set_up),
		cmocka_unit_test_setup(set_anew_it_fires_once, set_up),
		cmocka_unit_test_setup(one_that_fires_may_set_itself, set_up),
		cmocka_unit_test_setup(
		    the_hook_hears_of_a_new_first_one, set_up),
		cmocka_unit_test_setup(random_use_agrees_with_a_table, set_up),
	};

	return cmocka_run_group_tests_name("base/timer", tests, NULL, NULL);
}
