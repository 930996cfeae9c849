#include "mm/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "mm/frame.h"
#include "test/fake.h"

enum { RAM = 4 << 20, SIZE = 40, CAP = 300 };

static void test_cap(void **state)
{
	struct pool pool;
	void *object[CAP], *again;

	(void)state;
	(void)fake_memory(RAM);
	pool_init(&pool, SIZE, CAP);
	for (int n = 0; n < CAP; n++) {
		object[n] = pool_alloc(&pool);
		assert_non_null(object[n]);
		assert_int_equal((uintptr_t)object[n] % 16, 0);
		for (int i = 0; i < SIZE; i++)
			assert_int_equal(((uint8_t *)object[n])[i], 0);
		memset(object[n], n, SIZE);
	}
	assert_null(pool_alloc(&pool));
	assert_int_equal(pool.used, CAP);
	for (int n = 0; n < CAP; n++)
		assert_int_equal(((uint8_t *)object[n])[SIZE - 1], n & 0xff);
	again = object[7];
	pool_free(&pool, &object[7]);
	assert_null(object[7]);
	assert_int_equal(((uint8_t *)again)[SIZE - 1], POOL_POISON);
	assert_ptr_equal(pool_alloc(&pool), again);
	assert_int_equal(((uint8_t *)again)[SIZE - 1], 0);
	object[7] = again;
	for (int n = 0; n < CAP; n++)
		pool_free(&pool, &object[n]);
	pool_free(&pool, &object[0]);
	assert_int_equal(pool.used, 0);
}

static void test_no_memory(void **state)
{
	struct pool pool;

	(void)state;
	(void)fake_memory(RAM);
	pool_init(&pool, SIZE, CAP);
	frame_fail_at(1);
	assert_null(pool_alloc(&pool));
	assert_int_equal(pool.used, 0);
	assert_non_null(pool_alloc(&pool));
}

struct twice {
	struct pool pool;
	void *object;
};

static void free_twice(void *arg)
{
	struct twice *t = arg;
	void *copy = t->object;

	pool_free(&t->pool, &t->object);
	pool_free(&t->pool, &copy);
}

static void use_stale(void *arg)
{
	struct twice *t = arg;
	uint8_t *stale = t->object;

	pool_free(&t->pool, &t->object);
	stale[SIZE - 1] = 1;
	(void)pool_alloc(&t->pool);
}

static void test_misuse_panics(void **state)
{
	struct twice t;
	enum az_end end;

	(void)state;
	(void)fake_memory(RAM);
	pool_init(&t.pool, SIZE, CAP);
	t.object = pool_alloc(&t.pool);
	(void)pool_alloc(&t.pool);
	assert_true(fake_catch(free_twice, &t, &end));
	t.object = pool_alloc(&t.pool);
	assert_true(fake_catch(use_stale, &t, &end));
	assert_int_equal(end, AZ_END_PANIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_misuse_panics),
	};

	return cmocka_run_group_tests_name("mm/pool", tests, NULL, NULL);
}
