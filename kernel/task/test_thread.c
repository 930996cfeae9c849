/* What is cleared of threads when a domain must leave nothing behind. */
#include "task/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "task/domain.h"
#include "test/fake.h"

enum {
	RESIDUE = 0x63,
	STACK = THREAD_SIZE - sizeof(struct thread),
	KEPT = 256,
	RAM = 8 << 20,
};

static struct domain home;

static int set_up(void **state)
{
	(void)state;
	fake_memory(RAM);
	return 0;
}

static void begin(void)
{
}

/* A stopped thread in its second call, full of residue: its stack down to
 * saved_sp, two records and the one behind them are in use. */
static uint8_t *fill(struct thread *t, bool preempted)
{
	uint8_t *stack = (uint8_t *)t - STACK;

	memset(stack, RESIDUE, STACK);
	memset(t->records, RESIDUE, sizeof(t->records));
	memset(&t->frame, RESIDUE, sizeof(t->frame));
	memset(t->fpu, RESIDUE, sizeof(t->fpu));
	t->top = t->records + 2;
	t->saved_sp = (uint64_t)(uintptr_t)t - KEPT;
	t->preempted = preempted;
	return stack;
}

/* How many of these bytes there still are. */
static size_t residue(const void *at, size_t len)
{
	const uint8_t *byte = at;
	size_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += byte[i] != 0;
	return sum;
}

static void what_is_over_is_cleared(void **state)
{
	struct thread *t;
	uint8_t *stack;

	(void)state;
	assert_int_equal(thread_alloc(&t, &home, begin), AZ_OK);
	for (int preempted = 0; preempted < 2; preempted++) {
		size_t used = (size_t)(preempted ? 2 : 3) * sizeof(*t->records);

		stack = fill(t, preempted);
		thread_scrub(t);
		assert_int_equal(residue(stack, STACK), KEPT);
		assert_int_equal(residue(stack + STACK - KEPT, KEPT), KEPT);
		assert_int_equal(residue(t->records, sizeof(t->records)), used);
		assert_int_equal(residue(t->records, used), used);
		assert_int_equal(residue(&t->frame, sizeof(t->frame)),
		    preempted ? sizeof(t->frame) : 0);
		assert_int_equal(residue(t->fpu, sizeof(t->fpu)),
		    preempted ? sizeof(t->fpu) : 0);
		assert_ptr_equal(t->domain, &home);
	}
	thread_free(&t);
}

static void a_renewed_thread_forgets_all_or_nothing(void **state)
{
	struct thread *t;
	uint8_t *stack;

	(void)state;
	assert_int_equal(thread_alloc(&t, &home, begin), AZ_OK);
	stack = fill(t, true);
	thread_renew(t, begin, false);
	assert_true(residue(stack, STACK) >= STACK - KEPT);
	assert_int_equal(t->state, THREAD_NEW);
	assert_ptr_equal(t->top, t->records + 1);
	stack = fill(t, true);
	thread_renew(t, begin, true);
	assert_in_range(residue(stack, STACK), 0, KEPT); /* the new start */
	assert_int_equal(residue(t->records, sizeof(t->records)), 0);
	assert_int_equal(residue(&t->frame, sizeof(t->frame)), 0);
	assert_int_equal(residue(t->fpu, sizeof(t->fpu)), 0);
	thread_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_over_is_cleared, set_up),
		cmocka_unit_test_setup(
		    a_renewed_thread_forgets_all_or_nothing, set_up),
	};

	return cmocka_run_group_tests_name("task/thread", tests, NULL, NULL);
}
