/* Revocation, in every order of events. Each of three actors does a few steps;
 * all interleavings of their steps are played, so that a switch comes before
 * and after each one: before and after the end of a capability, of its
 * ancestor or of its owner, and while somebody waits through it. The
 * scheduler is this file's own: who waits is woken, or asked whether it was.
 * Then random plays with random orders. test_revoke [N]: N times as many. */
#include "ipc/signal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <ucontext.h>

#include <cmocka.h>

#include "abi/status.h"
#include "arch/clock.h"
#include "ipc/test_channel.h"
#include "task/sched.h"

enum { ACTORS = 3, STEPS_MAX = 8, ACTOR_STACK = 64 << 10, RANDOM = 10000 };

/* --- A scheduler that does as it is told ----------------------------------- */
struct thread_like {
	ucontext_t context;
	uint32_t done; /* steps */
	bool sleeps, woken, over;
	char stack[ACTOR_STACK];
};

static struct thread_like actors[ACTORS];
static ucontext_t director;
static int current;
static uint64_t now, plays, scale = 1;

uint64_t clock_now(void)
{
	return now;
}

struct thread *sched_thread(void)
{
	return (struct thread *)(void *)&actors[current];
}

void sched_wake(struct thread *t)
{
	((struct thread_like *)(void *)t)->woken = true;
}

/* Back to the director, until it is this actor's turn again. */
static void give_turn(void)
{
	int self = current;

	swapcontext(&actors[self].context, &director);
	current = self;
}

bool sched_sleep_until(uint64_t ns)
{
	struct thread_like *self = &actors[current];
	bool woken;

	(void)ns;
	self->sleeps = true;
	give_turn();
	self->sleeps = false;
	woken = self->woken;
	self->woken = false;
	return woken;
}

/* --- What actors do -------------------------------------------------------- */
static uint32_t own, lent, sub; /* handles: A's, B's, C's */
static bool revoked;            /* what B and C have must be dead */
static int32_t answers[ACTORS][STEPS_MAX];

static void check_dead(uint32_t module, uint32_t handle)
{
	struct cap *c;

	if (handle != 0)
		assert_int_equal(
		    cap_find_any(&c, module, handle), AZ_BAD_HANDLE);
}

static void end_of_all(void)
{
	revoked = true;
	check_dead(B, lent);
	check_dead(C, sub);
}

static int32_t lend_it(void)
{
	int32_t handle =
	    lend(A, own, handle_of(A, DUO), AZ_RIGHT_WRITE | AZ_RIGHT_LEND);

	if (handle > 0)
		lent = (uint32_t)handle;
	/* A new one is not concerned by what was before it. */
	revoked = handle > 0 ? false : revoked;
	return handle;
}

static int32_t revoke_it(void)
{
	int32_t status = channel_revoke(&domains[A], own);

	assert_true(status == 0 || status == AZ_BAD_HANDLE);
	end_of_all();
	return status;
}

static int32_t close_it(void)
{
	int32_t status = channel_close(&domains[A], own);

	end_of_all();
	return status;
}

static int32_t die_as_owner(void)
{
	live_again(&domains[A]);
	end_of_all();
	return 0;
}

static int32_t use_it(void)
{
	int32_t status = signal_raise(&domains[B], lent);

	assert_int_equal(status, lent == 0 || revoked ? AZ_BAD_HANDLE : 0);
	return status;
}

static int32_t lend_on(void)
{
	int32_t handle = lend(B, lent, handle_of(B, STORE), AZ_RIGHT_WRITE);

	/* B serves two: whom it means cannot be known. */
	assert_true(handle == AZ_BAD_ARGUMENT || handle == AZ_BAD_HANDLE);
	return handle;
}

static int32_t derive_it(void)
{
	int32_t handle = derive(B, lent, AZ_RIGHT_WRITE);

	assert_int_equal(handle > 0, lent != 0 && !revoked);
	return handle;
}

static int32_t set_timer(void)
{
	return signal_after(&domains[B], lent, 1, 5 * (uint64_t)1000000);
}

static int32_t let_time_pass(void)
{
	now += 10 * (uint64_t)1000000;
	timer_run(now);
	return 0;
}

/* --- Waits: B reads its own end, and has lent a part of it to itself ------- */
static uint32_t part;

static int32_t part_it(void)
{
	int32_t handle = derive(B, handle_of(B, DUO), AZ_RIGHT_READ);

	part = handle > 0 ? (uint32_t)handle : part;
	return handle;
}

static int32_t wait_through_it(void)
{
	int32_t answer =
	    signal_wait(&domains[B], part, AZ_CHANNEL_SIGNAL, UINT64_MAX);
	struct cap *c;
	bool lives = cap_find_any(&c, B, part) == 0;

	/* An answer that is not the count: exactly when it is dead. */
	assert_true(answer > 0
			? lives
			: answer == AZ_PEER_REVOKED || answer == AZ_BAD_HANDLE);
	if (answer == AZ_PEER_REVOKED)
		assert_false(lives);
	return answer;
}

static int32_t revoke_parts(void)
{
	(void)channel_revoke(&domains[B], handle_of(B, DUO));
	check_dead(B, part);
	return 0;
}

static int32_t close_part(void)
{
	int32_t status = channel_close(&domains[B], part);

	check_dead(B, part);
	return status;
}

static bool died;

/* The domain dies, and with it what it was about to do. */
static int32_t die_as_waiter(void)
{
	live_again(&domains[B]);
	check_dead(B, part);
	check_dead(B, lent);
	revoked = true;
	actors[1].sleeps = actors[1].woken = false;
	actors[1].over = died = true;
	return 0;
}

static int32_t raise_duo(void)
{
	return signal_raise(&domains[A], handle_of(A, DUO));
}

typedef int32_t step_fn(void);

/* --- Every order ----------------------------------------------------------- */
struct play {
	step_fn *steps[ACTORS][STEPS_MAX];
};

static const struct play *playing;

static void act(void)
{
	int self = current;

	for (uint32_t i = 0; playing->steps[self][i] != NULL; i++) {
		answers[self][i] = playing->steps[self][i]();
		actors[self].done++;
		give_turn();
	}
	actors[self].over = true;
	for (;;)
		give_turn();
}

static uint32_t steps_of(int actor)
{
	uint32_t n = 0;

	while (playing->steps[actor][n] != NULL)
		n++;
	return n;
}

static void give_turn_to(int actor)
{
	current = actor;
	swapcontext(&director, &actors[actor].context);
}

static void raise_curtain(void)
{
	for (uint32_t i = 0; i < MODULES; i++)
		live_again(&domains[i]);
	own = (uint32_t)derive(
	    A, handle_of(A, DUO), AZ_RIGHT_WRITE | AZ_RIGHT_LEND);
	lent = sub = part = 0;
	revoked = died = false;
	for (int i = 0; i < ACTORS; i++) {
		struct thread_like *t = &actors[i];

		t->done = 0;
		t->sleeps = t->woken = t->over = false;
		getcontext(&t->context);
		t->context.uc_stack.ss_sp = t->stack;
		t->context.uc_stack.ss_size = sizeof(t->stack);
		makecontext(&t->context, act, 0);
	}
}

/* Who still waits at the end, and has no news, has a capability that lives:
 * taken away, it must go on with that. */
static void drop_curtain(void)
{
	for (int i = 0; i < ACTORS; i++) {
		bool news = actors[i].woken;

		if (!actors[i].sleeps)
			continue;
		if (!news)
			assert_int_equal(close_part(), 0);
		assert_true(actors[i].woken);
		give_turn_to(i);
		assert_false(actors[i].sleeps);
		if (!news)
			assert_int_equal(
			    answers[i][actors[i].done - 1], AZ_PEER_REVOKED);
	}
	for (uint32_t i = 0; i < MODULES; i++)
		cap_clear(i);
	assert_int_equal(timer_next(), TIMER_NEVER);
	/* Nobody touches the thread of the dead. */
	if (died)
		assert_false(actors[1].woken);
	plays++;
}

/* Play one order: at each turn the actor that it names does one step, or, if
 * it sleeps, is asked once more whether it was woken. */
static void play_order(const uint8_t *order, uint32_t length)
{
	raise_curtain();
	for (uint32_t i = 0; i < length; i++) {
		struct thread_like *t = &actors[order[i]];
		bool slept = t->sleeps;
		bool news = t->woken;

		if (t->over)
			continue;
		give_turn_to(order[i]);
		/* Woken, it does not wait for nothing: the count was there,
		 * or the wait has ended. */
		if (slept && news)
			assert_false(t->sleeps);
	}
	drop_curtain();
}

/* All orders of n[i] turns of each actor. */
static void every_order(
    uint8_t *order, uint32_t at, uint32_t length, uint32_t n[ACTORS])
{
	if (at == length) {
		play_order(order, length);
		return;
	}
	for (int i = 0; i < ACTORS; i++) {
		if (n[i] == 0)
			continue;
		n[i]--;
		order[at] = (uint8_t)i;
		every_order(order, at + 1, length, n);
		n[i]++;
	}
}

static void open_house(void)
{
	make_world();
	assert_int_equal(channel_init(&world), AZ_OK);
	for (uint32_t i = 0; i < MODULES; i++)
		assert_int_equal(channel_attach(&domains[i]), AZ_OK);
}

static void close_house(void)
{
	for (uint32_t i = 0; i < MODULES; i++)
		channel_detach(&domains[i]);
}

static void perform(const struct play *play)
{
	uint8_t order[ACTORS * STEPS_MAX];
	uint32_t n[ACTORS], length = 0;

	open_house();
	playing = play;
	for (int i = 0; i < ACTORS; i++) {
		n[i] = steps_of(i);
		length += n[i];
	}
	every_order(order, 0, length, n);
	close_house();
}

static void used_lent_and_revoked(void **state)
{
	static const struct play play = { {
	    { lend_it, revoke_it, lend_it, close_it },
	    { use_it, derive_it, use_it, lend_on, use_it },
	    { let_time_pass },
	} };

	(void)state;
	perform(&play);
}

static void the_owner_dies(void **state)
{
	static const struct play play = { {
	    { lend_it, die_as_owner },
	    { use_it, set_timer, derive_it, use_it },
	    { let_time_pass, let_time_pass },
	} };

	(void)state;
	perform(&play);
}

static void revoked_during_a_wait(void **state)
{
	static const struct play play = { {
	    { raise_duo, revoke_parts, raise_duo },
	    { part_it, wait_through_it, wait_through_it, part_it,
		wait_through_it },
	    { let_time_pass },
	} };

	(void)state;
	perform(&play);
}

static void closed_during_a_wait(void **state)
{
	static const struct play play = { {
	    { close_part, raise_duo, close_part },
	    { part_it, wait_through_it, wait_through_it },
	    { raise_duo, revoke_parts },
	} };

	(void)state;
	perform(&play);
}

static uint32_t pick(uint32_t below)
{
	static uint64_t seed = 20261122;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

/* Whatever A, B and the world may do, in any number and order. */
static void random_plays(void **state)
{
	static step_fn *const pool[ACTORS][STEPS_MAX] = {
		{ lend_it, lend_it, revoke_it, close_it, die_as_owner,
		    raise_duo, raise_duo, let_time_pass },
		{ use_it, derive_it, set_timer, part_it, part_it,
		    wait_through_it, wait_through_it, lend_on },
		{ let_time_pass, let_time_pass, raise_duo, revoke_parts,
		    close_part, close_part, die_as_waiter, revoke_it },
	};
	struct play play;
	uint8_t order[2 * ACTORS * STEPS_MAX];

	(void)state;
	open_house();
	playing = &play;
	for (uint64_t n = 0; n < RANDOM * scale; n++) {
		for (int i = 0; i < ACTORS; i++)
			for (uint32_t k = 0; k < STEPS_MAX; k++)
				play.steps[i][k] =
				    k + 1 < STEPS_MAX ? pool[i][pick(STEPS_MAX)]
						      : NULL;
		for (uint32_t k = 0; k < sizeof(order); k++)
			order[k] = (uint8_t)pick(ACTORS);
		play_order(order, sizeof(order));
	}
	close_house();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(used_lent_and_revoked),
		cmocka_unit_test(the_owner_dies),
		cmocka_unit_test(revoked_during_a_wait),
		cmocka_unit_test(closed_during_a_wait),
		cmocka_unit_test(random_plays),
	};
	int failed;

	if (argc > 1)
		scale = strtoull(argv[1], NULL, 10);
	failed = cmocka_run_group_tests_name("ipc/revoke", tests, NULL, NULL);
	print_message("%llu interleavings\n", (unsigned long long)plays);
	return failed;
}
