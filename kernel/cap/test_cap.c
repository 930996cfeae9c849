/* Capabilities against a naive model, against forgers, and without memory.
 * test_cap [N]: N times as many forged handles and random histories. */
#include "cap/cap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/index.h"
#include "abi/rights.h"
#include "abi/status.h"
#include "mm/frame.h"
#include "test/fake.h"

enum {
	RAM = 16 << 20,
	HOLDERS = 5,
	MADE_MAX = 1 << 14,
	STEPS = 400,
	HISTORIES = 100,
	FORGED = 1000000,
	ALL = AZ_RIGHT_WRITE | AZ_RIGHT_READ | AZ_RIGHT_LEND,
};

/* --- The model: everything that was ever made, and what became of it ------- */
static struct made {
	uint32_t holder, handle, rights, kind;
	int parent;
	uint64_t until;
	bool alive, told;
	enum cap_why why;
} made[MADE_MAX];
static int made_count;
static uint64_t now, seed, scale = 1;

static uint32_t pick(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % below;
}

static int model_find(uint32_t holder, uint32_t handle)
{
	for (int i = 0; i < made_count; i++)
		if (made[i].alive && made[i].holder == holder &&
		    made[i].handle == handle)
			return i;
	return -1;
}

static bool comes_from(int i, int top)
{
	while (i >= 0 && i != top)
		i = made[i].parent;
	return i == top;
}

/* top (with `self`) and what came from it ends in the model; what the code
 * told must be the same. */
static void model_end(int top, bool self, enum cap_why why)
{
	for (int i = 0; i < made_count; i++) {
		if (!made[i].alive || !comes_from(i, top) ||
		    (i == top && !self))
			continue;
		assert_true(made[i].told);
		assert_int_equal(made[i].why,
		    made[i].holder == made[top].holder ? why : CAP_REVOKED);
		made[i].alive = false;
	}
}

static void on_end(const struct cap *c, enum cap_why why)
{
	int i = model_find(c->holder, cap_handle(c));

	assert_true(i >= 0);
	assert_false(made[i].told);
	/* Nothing made from it is left. */
	assert_null(c->child);
	made[i].told = true;
	made[i].why = why;
}

static void add(const struct cap *c, int parent, uint64_t until)
{
	assert_in_range(made_count, 0, MADE_MAX - 1);
	made[made_count++] = (struct made){
		.holder = c->holder,
		.handle = cap_handle(c),
		.rights = c->rights,
		.kind = c->kind,
		.parent = parent,
		.until = until,
		.alive = true,
	};
}

static void check_all(void)
{
	for (int i = 0; i < made_count; i++) {
		const struct made *m = &made[i];
		struct cap *c = NULL;
		int32_t status = cap_find_any(&c, m->holder, m->handle);

		assert_int_equal(m->told, !m->alive);
		assert_int_equal(status, m->alive ? 0 : AZ_BAD_HANDLE);
		if (!m->alive)
			continue;
		assert_int_equal(c->rights, m->rights);
		assert_int_equal(c->kind, m->kind);
		assert_int_equal(c->holder, m->holder);
		if (m->parent >= 0) {
			assert_true(made[m->parent].alive);
			assert_int_equal(
			    c->rights & ~made[m->parent].rights, 0);
		}
	}
}

/* --- Random histories ------------------------------------------------------ */
static struct cap *any(int *index)
{
	struct cap *c = NULL;
	int at;

	for (uint32_t tries = 0; tries < 20; tries++) {
		at = (int)pick((uint32_t)made_count);
		if (!made[at].alive)
			continue;
		assert_int_equal(
		    cap_find_any(&c, made[at].holder, made[at].handle), 0);
		*index = at;
		return c;
	}
	return NULL;
}

static uint64_t some_lease(void)
{
	return pick(4) == 0 ? now + 1 + pick(50) : 0;
}

static void make_root(uint32_t holder)
{
	struct cap_wish wish = { .object = pick(9),
		.kind = (uint8_t)(1 + pick(3)),
		.rights = (uint8_t)(1 + pick(15)),
		.until = some_lease() };
	struct cap *c;

	if (cap_root(&c, holder, &wish) == 0)
		add(c, -1, wish.until);
}

static uint32_t model_made(uint32_t maker, uint32_t holder)
{
	uint32_t count = 0;

	for (int i = 0; i < made_count; i++)
		count += made[i].alive && made[i].holder == holder &&
			 made[i].parent >= 0 &&
			 made[made[i].parent].holder == maker;
	return count;
}

static void derive(void)
{
	uint32_t holder = pick(HOLDERS), rights = pick(17);
	uint64_t until = some_lease();
	struct cap *out = NULL, *from;
	int parent, status;
	bool full;

	from = any(&parent);
	if (from == NULL)
		return;
	full = model_made(from->holder, holder) >=
	       (from->holder == holder ? CAP_DERIVED_MAX : CAP_LENT_MAX);
	status = cap_derive(&out, from, holder, rights, until);
	if (rights == 0)
		assert_int_equal(status, AZ_BAD_ARGUMENT);
	else if (rights & ~made[parent].rights)
		assert_int_equal(status, AZ_DENIED);
	else
		assert_int_equal(status, full ? AZ_PEER_BUSY : 0);
	if (status == 0)
		add(out, parent, until);
	else
		assert_null(out);
}

static void end_one(void)
{
	struct cap *c;
	int at;

	c = any(&at);
	if (c == NULL)
		return;
	if (pick(2) == 0) {
		cap_revoke(c);
		model_end(at, false, CAP_REVOKED);
	} else {
		cap_close(c, CAP_CLOSED);
		model_end(at, true, CAP_CLOSED);
	}
}

/* All of holder's end; some may have ended through an ancestor that it
 * holds, too. */
static void die(uint32_t holder)
{
	cap_clear(holder);
	for (int i = 0; i < made_count; i++) {
		bool ends = false;

		for (int up = i; up >= 0; up = made[up].parent)
			ends |= made[up].alive && made[up].holder == holder;
		if (made[i].alive)
			assert_int_equal(made[i].told, ends);
	}
	for (int i = 0; i < made_count; i++)
		made[i].alive = made[i].alive && !made[i].told;
	make_root(holder);
}

static void pass_time(void)
{
	now += pick(20);
	timer_run(now);
	for (int i = 0; i < made_count; i++)
		if (made[i].alive && made[i].until != 0 && made[i].until <= now)
			for (int k = 0; k < made_count; k++)
				if (made[k].alive && comes_from(k, i))
					assert_true(made[k].told);
	for (int i = 0; i < made_count; i++)
		made[i].alive = made[i].alive && !made[i].told;
}

static void step(void)
{
	switch (pick(12)) {
	case 0:
		end_one();
		break;
	case 1:
		if (pick(4) == 0)
			die(pick(HOLDERS));
		break;
	case 2:
		pass_time();
		break;
	case 3:
		make_root(pick(HOLDERS));
		break;
	default:
		derive();
	}
}

/* The last holder's table is in room of its own. */
static uint8_t room[CAP_SLOTS_MAX * sizeof(struct cap)];
static const struct cap_room rooms[HOLDERS] = {
	[0] = { room, sizeof(struct cap) }, /* too little */
	[HOLDERS - 1] = { room, sizeof(room) },
};

static void start(void)
{
	(void)fake_memory(RAM);
	memset(room, 0, sizeof(room));
	made_count = 0;
	now = 0;
	cap_set_ended(on_end);
	assert_int_equal(cap_init(HOLDERS), AZ_OK);
	for (uint32_t i = 0; i < HOLDERS; i++) {
		assert_int_equal(
		    cap_attach(i, 2 + i, HOLDERS - 1, &rooms[i]), AZ_OK);
		make_root(i);
	}
}

static void stop(void)
{
	for (uint32_t i = 0; i < HOLDERS; i++)
		cap_detach(i);
	for (int i = 0; i < made_count; i++)
		assert_true(made[i].told);
	/* No lease is left behind. */
	assert_int_equal(timer_next(), TIMER_NEVER);
}

static void random_histories_agree_with_the_model(void **state)
{
	(void)state;
	for (uint64_t n = 0; n < HISTORIES * scale; n++) {
		seed = n;
		start();
		for (int i = 0; i < STEPS; i++) {
			step();
			check_all();
		}
		stop();
	}
}

/* --- One rule at a time ---------------------------------------------------- */
static struct cap *signal_of(uint32_t holder, uint32_t rights)
{
	struct cap_wish wish = { .kind = AZ_CHANNEL_SIGNAL,
		.rights = (uint8_t)rights };
	struct cap *c;

	assert_int_equal(cap_root(&c, holder, &wish), 0);
	add(c, -1, 0);
	return c;
}

static struct cap *child_of(struct cap *c, uint32_t holder, uint32_t rights)
{
	int parent = model_find(c->holder, cap_handle(c));
	struct cap *out;

	assert_int_equal(cap_derive(&out, c, holder, rights, 0), 0);
	add(out, parent, 0);
	return out;
}

static void forged_handles_find_nothing(void **state)
{
	struct cap *a, *mine, *out = NULL;
	uint32_t good;

	(void)state;
	start();
	a = signal_of(0, ALL);
	for (int i = 0; i < CAP_LENT_MAX; i++)
		(void)child_of(a, 1, AZ_RIGHT_READ);
	mine = child_of(a, 2, AZ_RIGHT_READ);
	good = cap_handle(mine);
	/* A neighbour, a flipped bit, another's, small and any numbers. */
	for (uint32_t bit = 0; bit < 32; bit++)
		if (model_find(2, good ^ 1u << bit) < 0)
			assert_int_equal(
			    cap_find_any(&out, 2, good ^ 1u << bit),
			    AZ_BAD_HANDLE);
	for (int i = 0; i < made_count; i++)
		if (model_find(2, made[i].handle) < 0)
			assert_int_equal(cap_find_any(&out, 2, made[i].handle),
			    AZ_BAD_HANDLE);
	seed = 20261122;
	for (uint64_t n = 0; n < FORGED * scale; n++) {
		uint32_t handle = pick(4) == 0 ? pick(1 << 16)
				  : pick(3) == 0
				      ? good + pick(64) - 32
				      : pick(1 << 16) << 16 | pick(1 << 16);

		if (model_find(2, handle) < 0)
			assert_int_equal(
			    cap_find(&out, 2, handle, 1 + pick(3), 0),
			    AZ_BAD_HANDLE);
	}
	assert_null(out);
	check_all();
	stop();
}

static void kinds_and_rights_are_checked(void **state)
{
	struct cap *a, *out = NULL;

	(void)state;
	start();
	a = signal_of(0, AZ_RIGHT_READ);
	assert_int_equal(cap_find(&out, 0, cap_handle(a), AZ_CHANNEL_CALL, 0),
	    AZ_BAD_HANDLE);
	assert_int_equal(
	    cap_find(&out, 0, cap_handle(a), AZ_CHANNEL_SIGNAL, AZ_RIGHT_WRITE),
	    AZ_DENIED);
	assert_null(out);
	assert_int_equal(
	    cap_find(&out, 0, cap_handle(a), AZ_CHANNEL_SIGNAL, AZ_RIGHT_READ),
	    0);
	assert_ptr_equal(out, a);
	stop();
}

static void revocation_reaches_every_descendant(void **state)
{
	struct cap *a, *b, *c;

	(void)state;
	start();
	a = signal_of(0, ALL);
	b = child_of(a, 1, ALL);
	(void)child_of(b, 1, AZ_RIGHT_READ);
	for (uint32_t i = 0; i < 40; i++) {
		c = child_of(b, 2 + i % 3, ALL);
		if (i % 3 == 2)
			b = c; /* deeper */
		if (i == 11)
			break;
	}
	cap_revoke(a);
	model_end(model_find(0, cap_handle(a)), false, CAP_REVOKED);
	check_all();
	assert_null(a->child);
	stop();
}

/* The fifth for another holder, and the 33rd for itself, is refused; others
 * are not concerned. */
static void nobody_fills_the_table_of_another(void **state)
{
	struct cap *a, *b, *out;

	(void)state;
	start();
	a = signal_of(0, ALL);
	b = signal_of(1, ALL);
	for (int i = 0; i < CAP_LENT_MAX; i++)
		(void)child_of(a, 2, ALL);
	assert_int_equal(cap_derive(&out, a, 2, ALL, 0), AZ_PEER_BUSY);
	(void)child_of(b, 2, ALL);
	for (int i = 0; i < CAP_DERIVED_MAX; i++)
		(void)child_of(a, 0, ALL);
	assert_int_equal(cap_derive(&out, a, 0, ALL, 0), AZ_PEER_BUSY);
	check_all();
	stop();
}

/* More others than its table was made for lend to one that is dead; what it
 * lives on has its place all the same. */
static void nobody_takes_the_place_of_a_root(void **state)
{
	enum { MANY = 12 };
	struct cap *lender, *out;
	uint32_t lent = 0;

	(void)state;
	(void)fake_memory(RAM);
	made_count = 0;
	cap_set_ended(NULL);
	assert_int_equal(cap_init(MANY), AZ_OK);
	for (uint32_t i = 0; i < MANY; i++)
		assert_int_equal(cap_attach(i, 2, 0, &rooms[0]), AZ_OK);
	for (uint32_t i = 1; i < MANY; i++) {
		lender = signal_of(i, ALL);
		for (int k = 0; k < CAP_LENT_MAX; k++)
			lent += cap_derive(&out, lender, 0, ALL, 0) == 0;
	}
	assert_int_equal(lent, CAP_DERIVED_MAX);
	(void)signal_of(0, ALL);
	cap_clear(0);
	(void)signal_of(0, ALL);
	(void)signal_of(0, ALL);
	assert_int_equal(
	    cap_root(&out, 0, &(struct cap_wish){ .kind = 1 }), AZ_PEER_BUSY);
	for (uint32_t i = 0; i < MANY; i++)
		cap_detach(i);
}

static void a_slot_ends_with_its_generations(void **state)
{
	uint32_t first = 0;

	(void)state;
	start();
	for (uint32_t n = 1; n <= CAP_GENERATION_MAX; n++) {
		struct cap *c = signal_of(4, ALL);

		made_count--;
		made[made_count].told = false;
		if (n == 1)
			first = cap_handle(c);
		assert_int_equal(
		    cap_handle(c), first + ((n - 1) << CAP_SLOT_BITS));
		assert_true((int32_t)cap_handle(c) > 0);
		add(c, -1, 0);
		cap_close(c, CAP_CLOSED);
		made_count--;
	}
	/* Another slot now, and the first one's handles stay dead. */
	assert_int_not_equal(cap_handle(signal_of(4, ALL)) % CAP_SLOTS_MAX,
	    first % CAP_SLOTS_MAX);
	check_all();
	stop();
}

static void without_a_table_nothing_is_found(void **state)
{
	struct cap *out = NULL;
	struct cap_wish wish = { .kind = 1, .rights = 1 };

	(void)state;
	start();
	cap_detach(3);
	cap_detach(3);
	for (uint32_t handle = 0; handle < 1 << 14; handle++)
		assert_int_equal(cap_find_any(&out, 3, handle), AZ_BAD_HANDLE);
	assert_int_equal(cap_root(&out, 3, &wish), AZ_PEER_BUSY);
	assert_null(out);
	stop();
}

static void every_allocation_may_fail(void **state)
{
	uint64_t before;
	uint32_t n = 1;
	az_err err;

	(void)state;
	(void)fake_memory(RAM);
	assert_int_equal(cap_init(HOLDERS), AZ_OK);
	before = frame_count_free();
	do {
		frame_fail_at(n++);
		err = cap_attach(0, CAP_SLOTS_MAX, 7, &rooms[0]);
		if (err != AZ_OK)
			assert_int_equal(err, AZ_ENOMEM);
		cap_detach(0);
		assert_int_equal(frame_count_free(), before);
	} while (err != AZ_OK);
	assert_in_range(n, 10, 100);
	frame_fail_at(0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_histories_agree_with_the_model),
		cmocka_unit_test(forged_handles_find_nothing),
		cmocka_unit_test(kinds_and_rights_are_checked),
		cmocka_unit_test(revocation_reaches_every_descendant),
		cmocka_unit_test(nobody_fills_the_table_of_another),
		cmocka_unit_test(nobody_takes_the_place_of_a_root),
		cmocka_unit_test(a_slot_ends_with_its_generations),
		cmocka_unit_test(without_a_table_nothing_is_found),
		cmocka_unit_test(every_allocation_may_fail),
	};

	if (argc > 1)
		scale = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests_name("cap", tests, NULL, NULL);
}
