/* The SDK's ring, on a host: two ends as coroutines that are preempted before
 * each access to what they share, that die anywhere and start again, and that
 * lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

static void step(void);
int32_t az_ring_wait(int32_t handle, int64_t ns);
int32_t az_ring_wake(int32_t handle);

#define AZ_RING_STEP() step()
#include "../packages/sdk/azoth_ring.h"

_Static_assert(
    (int)AZ_RING_HEAD == 2 * AZ_PAGE && sizeof(struct az_ring_side) == 8,
    "as abi/ring has it");

enum { WHOLE, WORD, FIXED, VARY, IN_PLACE, KINDS };
enum { SIZE = 256, WINDOW = 8192 + SIZE, STACK = 64 << 10, RECORDS = 40 };

/* An end: a coroutine, or nothing while it runs on the test's own stack. */
struct end {
	ucontext_t context;
	char *stack;
	bool done, asleep;
	uint32_t count; /* of wake-ups that wait for it */
};

static struct end ends[2];
static struct end *running; /* NULL: steps are not watched */
static ucontext_t home;
static uint8_t *window;
static uint32_t steps_left; /* until the running end is preempted */
static int kind;            /* of records */
static uint32_t taken;

static struct az_ring_side *side(int role)
{
	return (struct az_ring_side *)(void *)(window + AZ_PAGE * role);
}

static void step(void)
{
	if (running == NULL || steps_left-- > 0)
		return;
	swapcontext(&running->context, &home);
}

int32_t az_ring_wait(int32_t handle, int64_t ns)
{
	struct end *e = &ends[handle];

	(void)ns;
	while (e->count == 0 && running != NULL) {
		e->asleep = true;
		swapcontext(&e->context, &home);
	}
	e->asleep = false;
	e->count = 0;
	return 1;
}

int32_t az_ring_wake(int32_t handle)
{
	ends[!handle].count++;
	return 0;
}

/* Record n: what it holds follows from its number. */
static uint32_t make(uint8_t *bytes, uint32_t n)
{
	static const uint32_t lens[] = {
		[WHOLE] = 64, [WORD] = 8, [FIXED] = 24
	};
	uint32_t len = kind < VARY ? lens[kind] : n * 7 % 90;

	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(n * 31 + i);
	return len;
}

static bool put_in_place(struct az_ring *r, const uint8_t *bytes, uint32_t len)
{
	void *at = az_ring_reserve(r, len + 8);

	if (at == NULL)
		return false;
	step();
	memcpy(at, bytes, len);
	az_ring_commit(r, len);
	return true;
}

static bool put(struct az_ring *r, const uint8_t *bytes, uint32_t len)
{
	uint64_t word;

	switch (kind) {
	case WHOLE:
		return az_ring_put64(r, bytes);
	case WORD:
		memcpy(&word, bytes, 8);
		return az_ring_put8(r, word);
	case FIXED:
		return az_ring_put_fixed(r, bytes, 24);
	case IN_PLACE:
		return put_in_place(r, bytes, len);
	default:
		return az_ring_put(r, bytes, len);
	}
}

static bool take_in_place(struct az_ring *r, uint8_t *bytes, uint32_t *len)
{
	int32_t got;
	const void *at = az_ring_peek(r, &got);

	if (at == NULL) {
		assert_int_equal(got, AZ_RING_EMPTY);
		return false;
	}
	*len = (uint32_t)got;
	memcpy(bytes, at, *len);
	az_ring_release(r);
	return true;
}

static bool take(struct az_ring *r, uint8_t *bytes, uint32_t *len)
{
	uint64_t word = 0;
	int32_t got;

	switch (kind) {
	case WHOLE:
		*len = 64;
		return az_ring_take64(r, bytes);
	case WORD:
		*len = 8;
		if (!az_ring_take8(r, &word))
			return false;
		memcpy(bytes, &word, 8);
		return true;
	case FIXED:
		*len = 24;
		return az_ring_take_fixed(r, bytes, 24);
	case IN_PLACE:
		return take_in_place(r, bytes, len);
	default:
		got = az_ring_take(r, bytes, 100);
		assert_true(got >= 0 || got == AZ_RING_EMPTY);
		*len = (uint32_t)got;
		return got >= 0;
	}
}

/* Where record n starts: what is put depends on its number alone, so a
 * position says how many came before it. */
static uint32_t position_of(uint32_t n)
{
	uint32_t at = 0;
	uint8_t bytes[100];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t len = make(bytes, i), left = SIZE - at % SIZE;

		if (kind == IN_PLACE && left < az_ring_span(len + 8))
			at += left;
		at += kind >= VARY ? az_ring_span(len) : len;
	}
	return at;
}

static uint32_t number_at(uint32_t position)
{
	uint32_t n = 0;

	while (position_of(n + 1) <= position)
		n++;
	/* What was left before the end has been filled, and no more. */
	if (kind == IN_PLACE && position > position_of(n))
		assert_int_equal(position % SIZE, 0);
	else
		assert_int_equal(position_of(n), position);
	return n;
}

static void write_all(void)
{
	struct az_ring r;
	uint8_t bytes[100];

	az_ring_open(&r, window, SIZE, AZ_RING_WRITER, AZ_RING_WRITER);
	for (uint32_t n = number_at(az_ring_position(&r)); n < RECORDS; n++) {
		uint32_t len = make(bytes, n);

		while (!put(&r, bytes, len))
			az_ring_await(&r, -1);
	}
	ends[AZ_RING_WRITER].done = true;
	swapcontext(&ends[AZ_RING_WRITER].context, &home);
}

static void read_all(void)
{
	struct az_ring r;
	uint8_t bytes[100], want[100];
	uint32_t len;

	az_ring_open(&r, window, SIZE, AZ_RING_READER, AZ_RING_READER);
	for (uint32_t n = number_at(az_ring_position(&r)); n < RECORDS; n++) {
		while (!take(&r, bytes, &len))
			az_ring_await(&r, -1);
		assert_int_equal(len, make(want, n));
		assert_memory_equal(bytes, want, len);
		assert_int_equal(r.own->position, position_of(n + 1));
		taken++;
	}
	ends[AZ_RING_READER].done = true;
	swapcontext(&ends[AZ_RING_READER].context, &home);
}

static void begin(int role)
{
	struct end *e = &ends[role];

	e->done = e->asleep = false;
	e->count = 0; /* as signal_ended */
	getcontext(&e->context);
	if (e->stack == NULL)
		e->stack = malloc(STACK);
	e->context.uc_stack.ss_sp = e->stack;
	e->context.uc_stack.ss_size = STACK;
	e->context.uc_link = NULL;
	makecontext(
	    &e->context, role == AZ_RING_WRITER ? write_all : read_all, 0);
}

static void run(int role, uint32_t steps)
{
	steps_left = steps;
	running = &ends[role];
	swapcontext(&home, &running->context);
	running = NULL;
}

static bool can_run(int role)
{
	return !ends[role].done && (!ends[role].asleep || ends[role].count > 0);
}

static void set_ring(uint32_t position)
{
	free(window);
	/* Exactly as large as it is: the sanitizer sees every step beyond. */
	window = aligned_alloc(64, WINDOW);
	memset(window, 0, WINDOW);
	side(0)->position = side(1)->position = position;
	taken = 0;
}

/* The system goes on until both are done; nobody sleeps for ever. `next` says
 * who runs for how long, and who dies. */
static void play(uint64_t seed, bool kill)
{
	set_ring(0);
	begin(0);
	begin(1);
	while (!ends[0].done || !ends[1].done) {
		int role;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		role = (int)(seed >> 40 & 1);
		if (!can_run(role))
			role = !role;
		assert_true(can_run(role)); /* else a wake-up was lost */
		run(role, (uint32_t)(seed >> 45) % 12);
		if (kill && (seed >> 52) % 16 == 0 && !ends[role].done)
			begin(role);
	}
	assert_int_equal(side(1)->position, position_of(RECORDS));
}

static void any_interleaving(void **state)
{
	(void)state;
	for (kind = 0; kind < KINDS; kind++)
		for (uint64_t seed = 1; seed <= 2000; seed++) {
			play(seed, false);
			assert_int_equal(taken, RECORDS);
		}
}

/* Nothing lost, nothing doubled: each record is passed once, with its own
 * bytes, however often the two ends die. */
static void any_restart(void **state)
{
	(void)state;
	for (kind = 0; kind < KINDS; kind++)
		for (uint64_t seed = 1; seed <= 2000; seed++)
			play(seed, true);
}

/* One preemption of each end at every pair of steps. */
static void every_preemption(void **state)
{
	(void)state;
	for (kind = 0; kind < KINDS; kind++)
		for (uint32_t a = 0; a < 60; a++)
			for (uint32_t b = 0; b < 60; b++) {
				set_ring(0);
				begin(0);
				begin(1);
				run(0, a);
				run(1, b);
				while (!ends[0].done || !ends[1].done) {
					int role = can_run(0) ? 0 : 1;

					assert_true(can_run(role));
					run(role, UINT32_MAX);
				}
				assert_int_equal(taken, RECORDS);
			}
}

/* Positions run over 2^32. */
static void round_the_end(void **state)
{
	struct az_ring w, r;
	uint8_t bytes[64], got[100];

	(void)state;
	set_ring(UINT32_MAX - 63 - 64 * 5);
	az_ring_open(&w, window, SIZE, AZ_RING_WRITER, 0);
	az_ring_open(&r, window, SIZE, AZ_RING_READER, 1);
	for (uint32_t n = 0; n < 20; n++) {
		memset(bytes, (int)n, 64);
		for (uint32_t k = 0; k < SIZE / 64; k++)
			assert_true(az_ring_put64(&w, bytes));
		assert_false(az_ring_put64(&w, bytes));
		for (uint32_t k = 0; k < SIZE / 64; k++) {
			assert_true(az_ring_take64(&r, got));
			assert_memory_equal(got, bytes, 64);
		}
		assert_false(az_ring_take64(&r, got));
	}
	assert_false(az_ring_put(&w, bytes, SIZE - 7));
	assert_true(az_ring_put(&w, bytes, 0));
	assert_int_equal(az_ring_take(&r, got, 0), 0);
	assert_true(az_ring_put(&w, bytes, 60));
	assert_int_equal(az_ring_take(&r, got, 59), AZ_RING_TOO_LONG);
	assert_int_equal(az_ring_take(&r, got, 59), AZ_RING_EMPTY);
}

static uint64_t noise = 1;

static uint32_t random_word(void)
{
	noise = noise * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(noise >> 32);
}

/* The other end writes anything anywhere, before each step of ours. */
static void lie(void)
{
	uint32_t at = random_word() % WINDOW;
	uint32_t value = random_word();

	switch (random_word() % 4) {
	case 0:
		side(0)->position = side(1)->position + value % 600;
		break;
	case 1:
		side(random_word() % 2)->position = value;
		break;
	case 2:
		window[at] = (uint8_t)value;
		break;
	case 3:
		value %= SIZE;
		memcpy(window + AZ_RING_HEAD + at % (SIZE - 3), &value, 4);
		break;
	}
}

static void lie_in_place(struct az_ring *r)
{
	uint32_t len = random_word() % SIZE, sum = 0;
	uint8_t *to = az_ring_reserve(&r[0], len);
	int32_t got;
	const uint8_t *from = az_ring_peek(&r[1], &got);

	if (to != NULL) {
		memset(to, 7, len);
		az_ring_commit(&r[0], len);
	}
	for (int32_t i = 0; from != NULL && i < got; i++)
		sum += from[i];
	if (from != NULL && sum != 1)
		az_ring_release(&r[1]);
}

static void lying(void)
{
	struct az_ring r[2];
	uint8_t *bytes = malloc(64), *small = malloc(24), *varied = malloc(40);

	memset(bytes, 1, 64);
	for (int role = 0; role < 2; role++)
		az_ring_open(
		    &r[role], window, SIZE, (enum az_ring_role)role, role);
	for (uint32_t n = 0; n < 100000; n++) {
		int32_t got = az_ring_take(&r[1], varied, 40);

		assert_true(got == AZ_RING_EMPTY || got == AZ_RING_TOO_LONG ||
			    (got >= 0 && got <= 40));
		(void)az_ring_put64(&r[0], bytes);
		(void)az_ring_take64(&r[1], bytes);
		(void)az_ring_put(&r[0], bytes, random_word() % 64);
		memset(small, 0, 24);
		(void)az_ring_put_fixed(&r[0], small, 24);
		(void)az_ring_take_fixed(&r[1], small, 24);
		lie_in_place(r);
		(void)az_ring_await(&r[0], 0);
	}
	free(bytes);
	free(small);
	free(varied);
	ends[0].done = true;
	swapcontext(&ends[0].context, &home);
}

static void a_liar_harms_itself_alone(void **state)
{
	(void)state;
	set_ring(0);
	begin(0);
	makecontext(&ends[0].context, lying, 0);
	while (!ends[0].done) {
		lie();
		ends[0].count = 1;
		run(0, random_word() % 3);
	}
}

static int tear_down(void **state)
{
	(void)state;
	free(window);
	free(ends[0].stack);
	free(ends[1].stack);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_interleaving),
		cmocka_unit_test(any_restart),
		cmocka_unit_test(every_preemption),
		cmocka_unit_test(round_the_end),
		cmocka_unit_test(a_liar_harms_itself_alone),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
