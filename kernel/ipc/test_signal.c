/* Channels' ends, signals and timers, one rule at a time. The scheduler is
 * this file's own: who sleeps lets time pass, up to the next timer. */
#include "ipc/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "abi/status.h"
#include "arch/clock.h"
#include "base/log.h"
#include "ipc/test_channel.h"
#include "mm/frame.h"
#include "task/sched.h"

#define MS ((uint64_t)1000000)

static uint64_t now;
static uint32_t wakes;
static char log_text[4096];

uint64_t clock_now(void)
{
	return now;
}

struct thread *sched_thread(void)
{
	return (struct thread *)(void *)&wakes;
}

void sched_wake(struct thread *t)
{
	assert_ptr_equal(t, &wakes);
	wakes++;
}

bool sched_sleep_until(uint64_t ns)
{
	uint32_t before = wakes;

	assert_true(timer_next() != TIMER_NEVER || ns != CLOCK_NEVER);
	now = timer_next() < ns ? timer_next() : ns;
	timer_run(now);
	return wakes > before;
}

static void take_log(const char *text, size_t len)
{
	size_t at = strlen(log_text);

	assert_true(at + len < sizeof(log_text));
	memcpy(log_text + at, text, len);
	log_text[at + len] = '\0';
}

static int open_world(void **state)
{
	(void)state;
	make_world();
	now = 100 * MS;
	memset(log_text, 0, sizeof(log_text));
	log_set_sink(take_log);
	assert_int_equal(channel_init(&world), AZ_OK);
	for (uint32_t i = 0; i < MODULES; i++) {
		assert_int_equal(channel_attach(&domains[i]), AZ_OK);
		live_again(&domains[i]);
	}
	return 0;
}

static int close_world(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MODULES; i++)
		channel_detach(&domains[i]);
	assert_int_equal(timer_next(), TIMER_NEVER);
	return 0;
}

static int32_t take(uint32_t module, uint32_t channel, uint64_t ns)
{
	return signal_wait(&domains[module], handle_of(module, channel),
	    AZ_CHANNEL_SIGNAL, ns);
}

static void every_reader_has_its_own_count(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    signal_raise(&domains[A], handle_of(A, TICK)), 0);
	assert_int_equal(take(B, TICK, 0), 3);
	assert_int_equal(take(B, TICK, 0), 0);
	assert_int_equal(signal_raise(&domains[A], handle_of(A, TICK)), 0);
	assert_int_equal(take(C, TICK, UINT64_MAX), 4);
	assert_int_equal(take(B, TICK, 5), 1);
	assert_int_equal(take(D, TICK, 5), 4);
	/* Others were not concerned. */
	assert_int_equal(take(B, DUO, 0), 0);
}

static void a_wait_ends_in_time(void **state)
{
	uint64_t start = now;

	(void)state;
	assert_int_equal(take(B, TICK, 7 * MS), 0);
	assert_int_equal(now, start + 7 * MS);
	assert_int_equal(take(B, TICK, 0), 0);
	assert_int_equal(now, start + 7 * MS);
}

static void counts_saturate(void **state)
{
	uint32_t end = channel_end(&domains[B], DUO);

	(void)state;
	signal_post(end, UINT32_MAX - 1);
	signal_post(end, 1);
	signal_post(end, 5);
	assert_int_equal(take(B, DUO, 0), INT32_MAX);
	assert_int_equal(take(B, DUO, 0), INT32_MAX);
	assert_int_equal(take(B, DUO, 0), 1);
	assert_int_equal(take(B, DUO, 0), 0);
}

static void handles_name_own_ends_only(void **state)
{
	(void)state;
	assert_int_equal((int32_t)handle_of(D, STORE), AZ_DENIED);
	assert_int_equal((int32_t)handle_of(C, PIPE), AZ_DENIED);
	assert_int_equal(channel_handle(&domains[A], "nothing", 7), AZ_DENIED);
	assert_int_equal(channel_handle(&domains[A], "tic", 3), AZ_DENIED);
	assert_int_equal(channel_handle(&domains[A], "", 0), AZ_DENIED);
	assert_int_equal(handle_of(A, TICK), handle_of(A, TICK));
	assert_int_equal(channel_close(&domains[A], handle_of(A, TICK)), 0);
	assert_int_equal((int32_t)handle_of(A, TICK), AZ_PEER_REVOKED);
	live_again(&domains[A]);
	assert_true((int32_t)handle_of(A, TICK) > 0);
}

static void only_the_writer_raises(void **state)
{
	(void)state;
	assert_int_equal(
	    signal_raise(&domains[B], handle_of(B, TICK)), AZ_DENIED);
	assert_int_equal(take(A, TICK, 0), AZ_DENIED);
	/* A's number, in other hands; a handle of another kind. */
	assert_int_equal(
	    signal_raise(&domains[D], handle_of(A, DUO)), AZ_BAD_HANDLE);
	assert_int_equal(
	    signal_raise(&domains[A], handle_of(A, PIPE)), AZ_BAD_HANDLE);
	assert_int_equal(
	    signal_nudge(&domains[A], handle_of(A, TICK)), AZ_BAD_HANDLE);
	assert_int_equal(take(B, TICK, 0), 0);
}

static void rings_wake_the_other_end(void **state)
{
	(void)state;
	assert_int_equal(signal_nudge(&domains[A], handle_of(A, PIPE)), 0);
	assert_int_equal(signal_wait(&domains[B], handle_of(B, PIPE),
			     AZ_CHANNEL_RING, UINT64_MAX),
	    1);
	assert_int_equal(signal_nudge(&domains[B], handle_of(B, PIPE)), 0);
	assert_int_equal(signal_wait(&domains[A], handle_of(A, PIPE),
			     AZ_CHANNEL_RING, UINT64_MAX),
	    1);
	assert_int_equal(
	    signal_wait(&domains[B], handle_of(B, PIPE), AZ_CHANNEL_RING, 0),
	    0);
}

static void lending_needs_the_right_and_one_peer(void **state)
{
	int32_t lent;

	(void)state;
	/* tick without LEND; a ring; over a channel with several others. */
	assert_int_equal(
	    lend(A, handle_of(A, TICK), handle_of(A, DUO), AZ_RIGHT_WRITE),
	    AZ_DENIED);
	assert_int_equal(
	    lend(A, handle_of(A, PIPE), handle_of(A, DUO), AZ_RIGHT_WRITE),
	    AZ_BAD_ARGUMENT);
	assert_int_equal(
	    lend(B, handle_of(B, DUO), handle_of(B, STORE), AZ_RIGHT_READ),
	    AZ_BAD_ARGUMENT);
	/* More than it has. */
	assert_int_equal(lend(A, handle_of(A, DUO), handle_of(A, STORE),
			     AZ_RIGHT_WRITE | AZ_RIGHT_READ),
	    AZ_DENIED);
	lent = lend(C, handle_of(C, STORE), handle_of(C, TICK), AZ_RIGHT_CALL);
	assert_true(lent > 0);
	/* It is A's now, and without LEND it stays there. */
	assert_int_equal(
	    lend(A, (uint32_t)lent, handle_of(A, DUO), AZ_RIGHT_CALL),
	    AZ_DENIED);
	assert_true(derive(A, (uint32_t)lent, AZ_RIGHT_CALL) > 0);
	channel_detach(&domains[B]);
	assert_int_equal(
	    lend(A, handle_of(A, DUO), handle_of(A, DUO), AZ_RIGHT_WRITE),
	    AZ_PEER_GONE);
	assert_int_equal(
	    channel_generation(&domains[A], handle_of(A, STORE)), AZ_PEER_GONE);
}

/* B lends its reading of duo to A: the count is shared, the right is not
 * more than B's. */
static void a_borrower_takes_from_the_lender(void **state)
{
	int32_t lent =
	    lend(B, handle_of(B, DUO), handle_of(B, DUO), AZ_RIGHT_READ);

	(void)state;
	assert_true(lent > 0);
	assert_int_equal(signal_raise(&domains[A], handle_of(A, DUO)), 0);
	assert_int_equal(
	    signal_wait(&domains[A], (uint32_t)lent, AZ_CHANNEL_SIGNAL, 0), 1);
	assert_int_equal(take(B, DUO, 0), 0);
	assert_int_equal(signal_raise(&domains[A], (uint32_t)lent), AZ_DENIED);
	live_again(&domains[B]);
	assert_int_equal(
	    signal_wait(&domains[A], (uint32_t)lent, AZ_CHANNEL_SIGNAL, 0),
	    AZ_BAD_HANDLE);
}

static bool logged(const char *what)
{
	bool found = strstr(log_text, what) != NULL;

	log_text[0] = '\0';
	return found;
}

static void leases_end_and_are_logged(void **state)
{
	struct channel_part part = { handle_of(B, DUO), AZ_RIGHT_READ, 3 * MS };
	uint32_t call = handle_of(C, STORE);
	int32_t mine = channel_derive(&domains[B], &part);
	int32_t lent = channel_lend(&domains[B], &part, handle_of(B, DUO));
	struct cap *c;

	(void)state;
	assert_true(mine > 0 && lent > 0);
	/* The wait is cut short by the end of the lease. */
	assert_int_equal(signal_wait(&domains[B], (uint32_t)mine,
			     AZ_CHANNEL_SIGNAL, UINT64_MAX),
	    AZ_PEER_REVOKED);
	assert_int_equal(now, 103 * MS);
	assert_true(
	    logged("info cap lease-ended module=a object=duo reason=time\n"));
	assert_int_equal(cap_find_any(&c, C, call), 0);
	timer_run(now = 105 * MS);
	assert_int_equal(cap_find_any(&c, C, call), AZ_BAD_HANDLE);
	assert_true(
	    logged("info cap lease-ended module=c object=store reason=time\n"));
	lent = channel_lend(&domains[B], &part, handle_of(B, DUO));
	assert_int_equal(channel_close(&domains[A], (uint32_t)lent), 0);
	assert_true(logged("module=a object=duo reason=closed\n"));
	lent = channel_lend(&domains[B], &part, handle_of(B, DUO));
	assert_int_equal(channel_revoke(&domains[B], handle_of(B, DUO)), 0);
	assert_true(logged("module=a object=duo reason=revoked\n"));
	live_again(&domains[C]);
	live_again(&domains[C]);
	assert_true(logged("module=c object=store reason=died\n"));
	/* What had no lease, and what a module gave itself, says nothing. */
	mine = channel_derive(&domains[B], &part);
	assert_int_equal(channel_close(&domains[B], (uint32_t)mine), 0);
	live_again(&domains[B]);
	assert_string_equal(log_text, "");
}

static int32_t after(
    uint32_t module, uint32_t channel, uint64_t first, uint64_t period)
{
	return signal_after(
	    &domains[module], handle_of(module, channel), first, period);
}

static void timers_do_not_drift(void **state)
{
	uint64_t start = now;

	(void)state;
	assert_int_equal(after(B, TICK, 4 * MS, 3 * MS), 0);
	for (uint64_t n = 0; n < 1000; n++) {
		assert_int_equal(take(B, TICK, UINT64_MAX), 1);
		assert_int_equal(now, start + (4 + 3 * n) * MS);
		/* Whoever comes late finds what was missed. */
		now += n % 3 * MS / 2;
	}
	now += 31 * MS;
	timer_run(now);
	assert_int_equal(take(B, TICK, 0), 10);
	/* A reader's timer is its own affair. */
	assert_int_equal(take(C, TICK, 0), 0);
	assert_int_equal(after(B, TICK, 0, 0), 0);
	assert_int_equal(timer_next(), TIMER_NEVER);
}

static void timers_are_few_and_not_too_fast(void **state)
{
	uint32_t handles[SIGNAL_TIMERS_MAX + 1];

	(void)state;
	for (uint32_t i = 0; i <= SIGNAL_TIMERS_MAX; i++)
		handles[i] =
		    (uint32_t)derive(B, handle_of(B, TICK), AZ_RIGHT_READ);
	for (int round = 0; round < 3; round++)
		for (uint32_t i = 0; i < SIGNAL_TIMERS_MAX; i++)
			assert_int_equal(
			    signal_after(&domains[B], handles[i], MS, MS), 0);
	assert_int_equal(
	    signal_after(&domains[B], handles[SIGNAL_TIMERS_MAX], MS, MS),
	    AZ_PEER_BUSY);
	assert_int_equal(signal_after(&domains[B], handles[0], 0, 0), 0);
	assert_int_equal(
	    signal_after(&domains[B], handles[SIGNAL_TIMERS_MAX], MS, 0), 0);
	assert_int_equal(after(C, TICK, 0, 1), AZ_BAD_ARGUMENT);
	assert_int_equal(after(C, TICK, 0, MS - 1), AZ_BAD_ARGUMENT);
	assert_int_equal(after(C, TICK, 0, UINT64_MAX), AZ_BAD_ARGUMENT);
	assert_int_equal(after(C, TICK, UINT64_MAX, 0), AZ_BAD_ARGUMENT);
	assert_int_equal(after(C, TICK, INT64_MAX, INT64_MAX), 0);
	assert_int_equal(after(C, STORE, MS, 0), AZ_BAD_HANDLE);
	assert_int_equal(signal_after(&domains[C], 77, MS, 0), AZ_BAD_HANDLE);
	/* Those whose capability has ended are free again. */
	assert_int_equal(channel_revoke(&domains[B], handle_of(B, TICK)), 0);
	assert_int_equal(after(B, TICK, MS, MS), 0);
	now += MS;
	timer_run(now);
	assert_int_equal(take(B, TICK, 0), 1);
}

static void a_writer_s_timer_is_for_all(void **state)
{
	(void)state;
	assert_int_equal(after(A, TICK, MS, 0), 0);
	assert_int_equal(take(B, TICK, UINT64_MAX), 1);
	assert_int_equal(take(C, TICK, 0), 1);
	assert_int_equal(take(C, TICK, 2 * MS), 0);
}

/* A module may be lent something before it runs for the first time. */
static void what_was_lent_before_a_life_stays(void **state)
{
	int32_t lent;
	struct cap *c;

	(void)state;
	cap_clear(B);
	lent = lend(A, handle_of(A, DUO), handle_of(A, STORE), AZ_RIGHT_WRITE);
	channel_begin(&domains[B]);
	assert_int_equal(cap_find_any(&c, B, (uint32_t)lent), 0);
	assert_true((int32_t)handle_of(B, DUO) > 0);
}

/* What was lent for waiting, or for lending, raises nothing in the lender's
 * hands. */
static void a_borrower_s_timer_needs_the_right(void **state)
{
	int32_t lent =
	    lend(B, handle_of(B, DUO), handle_of(B, DUO), AZ_RIGHT_READ);
	int32_t passed_on =
	    lend(B, handle_of(B, DUO), handle_of(B, DUO), AZ_RIGHT_LEND);
	int32_t mine = derive(B, handle_of(B, DUO), AZ_RIGHT_LEND);
	int32_t raising =
	    lend(A, handle_of(A, DUO), handle_of(A, DUO), AZ_RIGHT_WRITE);

	(void)state;
	assert_true(lent > 0 && passed_on > 0 && mine > 0 && raising > 0);
	assert_int_equal(
	    signal_after(&domains[A], (uint32_t)lent, MS, 0), AZ_DENIED);
	assert_int_equal(
	    signal_after(&domains[A], (uint32_t)passed_on, MS, 0), AZ_DENIED);
	assert_int_equal(
	    signal_after(&domains[B], (uint32_t)mine, MS, 0), AZ_DENIED);
	timer_run(now += 2 * MS);
	assert_int_equal(take(B, DUO, 0), 0);
	assert_int_equal(
	    signal_after(&domains[B], (uint32_t)raising, MS, 0), 0);
	assert_int_equal(take(B, DUO, UINT64_MAX), 1);
}

static void a_new_life_begins_without_counts(void **state)
{
	uint32_t before = handle_of(B, TICK);

	(void)state;
	assert_int_equal(signal_raise(&domains[A], handle_of(A, TICK)), 0);
	assert_int_equal(after(B, TICK, MS, MS), 0);
	live_again(&domains[B]);
	assert_int_not_equal(handle_of(B, TICK), before);
	assert_int_equal(signal_wait(&domains[B], before, AZ_CHANNEL_SIGNAL, 0),
	    AZ_BAD_HANDLE);
	assert_int_equal(take(B, TICK, 0), 0);
	now += 5 * MS;
	timer_run(now);
	assert_int_equal(take(B, TICK, 0), 0);
	domains[B].generation = 7;
	assert_int_equal(
	    channel_generation(&domains[A], handle_of(A, STORE)), 7);
	assert_int_equal(channel_generation(&domains[A], handle_of(A, TICK)),
	    AZ_BAD_ARGUMENT);
}

static void every_allocation_may_fail(void **state)
{
	uint64_t before;
	uint32_t n = 1;
	az_err err;

	(void)state;
	channel_detach(&domains[A]);
	before = frame_count_free();
	do {
		frame_fail_at(n++);
		err = channel_attach(&domains[A]);
		if (err == AZ_OK)
			channel_detach(&domains[A]);
		else
			assert_int_equal(err, AZ_ENOMEM);
		assert_int_equal(frame_count_free(), before);
	} while (err != AZ_OK);
	assert_in_range(n, 3, 9);
	frame_fail_at(0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_reader_has_its_own_count),
		T(a_wait_ends_in_time),
		T(counts_saturate),
		T(handles_name_own_ends_only),
		T(only_the_writer_raises),
		T(rings_wake_the_other_end),
		T(lending_needs_the_right_and_one_peer),
		T(a_borrower_takes_from_the_lender),
		T(leases_end_and_are_logged),
		T(timers_do_not_drift),
		T(timers_are_few_and_not_too_fast),
		T(a_writer_s_timer_is_for_all),
		T(a_borrower_s_timer_needs_the_right),
		T(a_new_life_begins_without_counts),
		T(what_was_lent_before_a_life_stays),
		T(every_allocation_may_fail),
	};

	return cmocka_run_group_tests_name("ipc/signal", tests, NULL, NULL);
}
