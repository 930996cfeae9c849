/* How calls through gates end otherwise: by the death of either side, the end
 * of their time or of their right, or of the room for longer chains. */
#include "ipc/gate.h"

#include "ipc/test_gate.h"

static void die(void)
{
	struct domain *self = sched_domain();

	play.got[self->id] = ask(CHAN_SERVER, DO_NAP, DIE);
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), AZ_PEER_GONE);
}

static void die_waiting(void)
{
	sched_sleep_until(clock_now() + 1 * MS);
	play.got[sched_domain()->id] = ask(CHAN_SERVER, DO_ADD, 1);
}

static void nap_and_die(void)
{
	assert_int_equal(ask(CHAN_SERVER, DO_NAP, 10), 10);
	play.got[sched_domain()->id] = ask(CHAN_SERVER, DO_NAP, DIE);
}

static void a_dead_callee_is_an_answer(void **state)
{
	(void)state;
	run(die, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(w.domains[SERVER].end, DOMAIN_TRAPPED);
	assert_int_equal(w.domains[SERVER].end_code, TRAPPED);
	assert_int_equal(w.domains[CLIENT].end, DOMAIN_EXITED);
}

static void hard(void)
{
	(void)ask(CHAN_HARD, DO_NAP, DIE);
	fail();
}

static void without_a_status_the_caller_traps(void **state)
{
	(void)state;
	run(hard, NULL);
	assert_int_equal(w.domains[CLIENT].end, DOMAIN_TRAPPED);
	assert_int_equal(w.domains[CLIENT].end_code, AZ_TRAP_PEER);
}

/* The middle has no status from the server, and dies of that. */
static void deaths_climb(void)
{
	w.domains[MIDDLE].gates[import_of(CHAN_SERVER, DO_NAP)].flags &=
	    (uint8_t)~GATE_STATUS;
	play.got[CLIENT] = ask(CHAN_MIDDLE, DO_DOWN, DIE);
}

static void a_death_climbs_as_far_as_it_must(void **state)
{
	(void)state;
	run(deaths_climb, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(w.domains[MIDDLE].end_code, AZ_TRAP_PEER);
	assert_int_equal(w.domains[SERVER].end_code, TRAPPED);
	assert_int_equal(w.domains[CLIENT].end, DOMAIN_EXITED);
}

/* The one that naps dies on waking: the other waits meanwhile. */
static void a_restarted_callee_answers_again(void **state)
{
	(void)state;
	play.restarts = 1;
	run(nap_and_die, die_waiting);
	assert_int_equal(play.got[OTHER], 3);
	assert_int_equal(play.got[CLIENT], AZ_PEER_DIED);
}

/* --- While it is down ------------------------------------------------------------ */

static uint32_t late_channel;
static int32_t late_got;

static void die_and_ask(void)
{
	assert_int_equal(ask(CHAN_SERVER, DO_NAP, DIE), AZ_PEER_DIED);
	play.got[CLIENT] = ask(CHAN_SERVER, DO_ADD, 1);
}

static void ask_later(void)
{
	sched_sleep_until(clock_now() + 2 * MS);
	play.got[OTHER] = ask(late_channel, DO_ADD, 5);
	late_got = ask(late_channel, DO_ADD, 6);
}

/* Of a server that is down from 0 to 30 ms. */
static void ask_while_down(uint32_t channel)
{
	late_channel = channel;
	play.restarts = 1;
	play.pause = 30 * MS;
	run(die_and_ask, ask_later);
}

static void calls_wait_for_a_restart(void **state)
{
	(void)state;
	ask_while_down(CHAN_SERVER);
	assert_int_equal(play.got[CLIENT], 3);
	assert_int_equal(play.at[CLIENT], 30 * MS);
	assert_int_equal(play.got[OTHER], 7);
	assert_int_equal(late_got, 8);
}

static void they_wait_for_their_time(void **state)
{
	(void)state;
	ask_while_down(CHAN_TIMED);
	assert_int_equal(play.got[OTHER], AZ_PEER_TIMEOUT);
	assert_int_equal(late_got, 8);
	assert_int_equal(play.at[OTHER], 30 * MS);
}

static void they_wait_in_the_queue(void **state)
{
	(void)state;
	w.channels[CHAN_SERVER].queue = 1;
	ask_while_down(CHAN_SERVER);
	w.channels[CHAN_SERVER].queue = 2;
	assert_int_equal(play.got[CLIENT], 3);
	assert_int_equal(play.got[OTHER], AZ_PEER_BUSY);
	assert_int_equal(late_got, AZ_PEER_BUSY);
	assert_int_equal(play.at[OTHER], 2 * MS);
}

static void they_hear_when_it_is_given_up(void **state)
{
	(void)state;
	play.gives_up = true;
	ask_while_down(CHAN_SERVER);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(play.got[OTHER], AZ_PEER_GONE);
	assert_int_equal(play.at[OTHER], 30 * MS);
}

static void on_kill(struct timer *t)
{
	(void)t;
	sched_end(&w.domains[SERVER], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
}

/* One is in it, the other behind that. */
static void what_it_has_not_seen_waits_on(void **state)
{
	static struct timer kill = { .fire = on_kill };

	(void)state;
	play.restarts = 1;
	play.pause = 3 * MS;
	timer_set(&kill, 5 * MS);
	run(nap_10, die_waiting);
	assert_int_equal(play.got[CLIENT], AZ_PEER_DIED);
	assert_int_equal(play.at[CLIENT], 5 * MS);
	assert_int_equal(play.got[OTHER], 3);
	assert_int_equal(play.at[OTHER], 8 * MS);
}

static void nap_and_kill(void)
{
	nap_10();
	on_kill(NULL);
}

/* The other has been let in, and not had its turn. */
static void what_was_let_in_waits_on(void **state)
{
	(void)state;
	play.restarts = 1;
	play.pause = 3 * MS;
	w.channels[CHAN_SERVER].queue = 1;
	run(nap_and_kill, die_waiting);
	w.channels[CHAN_SERVER].queue = 2;
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.got[OTHER], 3);
	assert_int_equal(play.at[OTHER], 13 * MS);
}

static void no_call_without_an_end(void **state)
{
	(void)state;
	caps.lost = CHAN_SERVER;
	run(nap_10, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_REVOKED);
}

/* --- Calls that are repeated, or late ------------------------------------------------ */

/* Dies once: the argument is too much for the first instance only. */
static void again(void)
{
	play.got[CLIENT] = ask(CHAN_RETRY, DO_NAP, 10);
}

static void kill_server(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[SERVER], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
}

static void a_call_is_repeated(void **state)
{
	(void)state;
	play.restarts = 1;
	run(again, kill_server);
	assert_int_equal(play.got[CLIENT], 10);
	assert_int_equal(play.at[CLIENT], 15 * MS);
	play.at[CLIENT] = 0;
}

/* What is repeated depends on the function, and on the channel. */
static void other_functions_are_not_repeated(void **state)
{
	static const struct {
		uint32_t channel, function;
		bool repeated;
	} gates[] = {
		{ CHAN_RETRY, DO_NAP, true },
		{ CHAN_RETRY, DO_ADD, false },
		{ CHAN_SERVER, DO_NAP, false },
	};

	(void)state;
	run(again, NULL);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal((w.domains[CLIENT]
					 .gates[import_of(gates[i].channel,
					     gates[i].function)]
					 .flags &
				     GATE_RETRY) != 0,
		    gates[i].repeated);
}

static void a_call_is_not_repeated_for_ever(void **state)
{
	(void)state;
	run(again, kill_server);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(play.at[CLIENT], 5 * MS);
}

static void timed(void)
{
	assert_int_equal(ask(CHAN_TIMED, DO_NAP, 19), 19);
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 30);
	play.at[MIDDLE] = clock_now();
	assert_int_equal(ask(CHAN_SERVER, DO_NAP, 1), 1);
}

static void a_call_has_its_time(void **state)
{
	(void)state;
	play.restarts = 1;
	run(timed, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_TIMEOUT);
	assert_int_equal(play.at[MIDDLE], 39 * MS);
	/* The server was ended then, and is there again. */
	assert_int_equal(play.restarts, 0);
	assert_int_equal(play.at[CLIENT], 40 * MS);
}

static void work_late(void)
{
	play.wakeful = true;
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 30);
}

/* Until its time is up, and not until somebody last looked. */
static void a_late_call_is_paid_by_the_caller(void **state)
{
	(void)state;
	run(work_late, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_TIMEOUT);
	assert_int_equal(w.domains[CLIENT].budget.used_total +
			     w.domains[SERVER].budget.used_total,
	    30 * MS);
	assert_in_range(w.domains[CLIENT].budget.used_total, TIMEOUT + 1,
	    TIMEOUT + TIMEOUT / 8);
}

static void too_long(void)
{
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 300);
	sched_sleep_until(clock_now() + 30 * MS);
}

static void a_callee_has_its_time_and_no_more(void **state)
{
	(void)state;
	run(too_long, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_TIMEOUT);
	assert_int_equal(w.domains[SERVER].end_code, AZ_TRAP_DEADLINE);
	assert_int_equal(w.domains[SERVER].ended, 20 * MS);
}

static void wait_and_nap(void)
{
	sched_sleep_until(clock_now() + 1 * MS);
	play.got[OTHER] = ask(CHAN_TIMED, DO_NAP, 15);
	sched_sleep_until(clock_now() + 10 * MS);
}

static void waiting_is_of_the_time(void **state)
{
	(void)state;
	run(nap_10, wait_and_nap);
	assert_int_equal(play.at[CLIENT], 10 * MS);
	assert_int_equal(play.got[OTHER], AZ_PEER_TIMEOUT);
	assert_int_equal(play.at[OTHER], 31 * MS);
	/* It is not the server's fault: it has its time from 10 to 30. */
	assert_int_equal(play.napped, 25);
	assert_int_equal(w.domains[SERVER].end, DOMAIN_RUNNING);
}

static void just_late(void)
{
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 20);
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), 3);
}

/* It is ready to go on when the time is over, and has not had its turn. */
static void who_waits_for_the_cpu_is_not_at_fault(void **state)
{
	(void)state;
	run(just_late, NULL);
	assert_int_equal(play.got[CLIENT], AZ_PEER_TIMEOUT);
	assert_int_equal(w.domains[SERVER].end, DOMAIN_RUNNING);
}

static void nap_long(void)
{
	play.got[CLIENT] = ask(CHAN_TIMED, DO_NAP, 300);
}

static void kill_and_wait(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[CLIENT], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	sched_sleep_until(clock_now() + 30 * MS);
}

static void left_alone_it_has_what_was_left(void **state)
{
	(void)state;
	run(nap_long, kill_and_wait);
	assert_int_equal(w.domains[SERVER].end_code, AZ_TRAP_DEADLINE);
	assert_int_equal(w.domains[SERVER].ended, 20 * MS);
}

static void kill_client(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[CLIENT], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	play.got[OTHER] = ask(CHAN_SERVER, DO_NAP, 1);
}

static void a_callee_outlives_its_caller(void **state)
{
	(void)state;
	run(nap_10, kill_client);
	assert_int_equal(w.domains[CLIENT].end_code, AZ_TRAP_KILLED);
	assert_int_equal(play.got[OTHER], 1);
	assert_int_equal(play.at[OTHER], 11 * MS);
}

static void kill_middle(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	sched_end(&w.domains[MIDDLE], DOMAIN_TRAPPED, AZ_TRAP_KILLED);
	play.got[OTHER] = ask(CHAN_SERVER, DO_NAP, 1);
}

static void down_10_and_on(void)
{
	down_10();
	play.at[MIDDLE] = clock_now();
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), 3);
}

static void a_chain_is_cut_in_its_middle(void **state)
{
	(void)state;
	run(down_10_and_on, kill_middle);
	assert_int_equal(play.got[CLIENT], AZ_PEER_GONE);
	assert_int_equal(play.at[MIDDLE], 5 * MS);
	assert_int_equal(play.got[OTHER], 1);
	assert_int_equal(play.napped, 11);
}

static void take_right(void)
{
	sched_sleep_until(clock_now() + 5 * MS);
	caps.on_end(&caps.root, CAP_REVOKED);
}

static void nap_10_twice(void)
{
	nap_10();
	play.at[MIDDLE] = clock_now();
	assert_int_equal(ask(CHAN_SERVER, DO_ADD, 1), AZ_PEER_REVOKED);
	assert_int_equal(ask(CHAN_RETRY, DO_ADD, 1), 3);
}

static void a_right_ends_in_the_call(void **state)
{
	(void)state;
	run(nap_10_twice, take_right);
	assert_int_equal(play.got[CLIENT], AZ_PEER_REVOKED);
	assert_int_equal(play.at[MIDDLE], 5 * MS);
}

static void too_deep(void)
{
	static struct gate within;
	struct thread *t = sched_thread();

	/* Records of calls that nobody made: only their number counts. */
	within.callee = sched_domain();
	for (uint32_t i = 1; i < RECORDS_MAX; i++)
		t->records[i].gate = &within;
	cpu_local()->record = t->records + RECORDS_MAX;
	within.callee->entered = cpu_local()->record - 1;
	(void)ask(CHAN_SERVER, DO_ADD, 1);
	fail();
}

static void chains_have_a_longest(void **state)
{
	(void)state;
	run(too_deep, NULL);
	assert_int_equal(w.domains[CLIENT].end_code, AZ_TRAP_EXHAUSTION);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_dead_callee_is_an_answer),
		TEST(without_a_status_the_caller_traps),
		TEST(a_death_climbs_as_far_as_it_must),
		TEST(a_restarted_callee_answers_again),
		TEST(calls_wait_for_a_restart),
		TEST(they_wait_for_their_time),
		TEST(they_wait_in_the_queue),
		TEST(they_hear_when_it_is_given_up),
		TEST(what_it_has_not_seen_waits_on),
		TEST(what_was_let_in_waits_on),
		TEST(no_call_without_an_end),
		TEST(a_call_is_repeated),
		TEST(other_functions_are_not_repeated),
		TEST(a_call_is_not_repeated_for_ever),
		TEST(a_call_has_its_time),
		TEST(a_late_call_is_paid_by_the_caller),
		TEST(a_callee_has_its_time_and_no_more),
		TEST(waiting_is_of_the_time),
		TEST(who_waits_for_the_cpu_is_not_at_fault),
		TEST(left_alone_it_has_what_was_left),
		TEST(a_callee_outlives_its_caller),
		TEST(a_chain_is_cut_in_its_middle),
		TEST(a_right_ends_in_the_call),
		TEST(chains_have_a_longest),
	};

	return cmocka_run_group_tests_name(
	    "ipc/gate_end", tests, set_up_all, NULL);
}
