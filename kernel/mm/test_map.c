#include "mm/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/layout.h"
#include "arch/page.h"
#include "mm/frame.h"
#include "test/fake.h"

enum { RAM = 16 << 20, BIG = 3 << 20, FAILURES = 1000 };
#define SLOT (AZ_SLOT_SIZE * 10000)

static void test_alloc(void **state)
{
	uint64_t before;
	uint8_t *run = NULL, *other = NULL;

	(void)state;
	(void)fake_memory(RAM);
	before = frame_count_free();
	assert_int_equal(map_alloc((void **)&run, BIG + 1), AZ_OK);
	assert_int_equal((uint64_t)run % PAGE_SIZE, 0);
	for (uint32_t n = 0; n < BIG + PAGE_SIZE; n++)
		assert_int_equal(run[n], 0);
	memset(run, 0xee, BIG + 1);
	/* A guard page follows. */
	assert_int_equal(
	    page_lookup((uint64_t)run + BIG + PAGE_SIZE, NULL, NULL), 0);
	assert_int_equal(map_alloc((void **)&other, 1), AZ_OK);
	assert_true(other > run + BIG + PAGE_SIZE);
	assert_int_equal(other[0], 0);
	map_free((void **)&run, BIG + 1);
	assert_null(run);
	map_free((void **)&run, BIG + 1);
	map_free((void **)&other, 1);
	assert_int_equal(frame_count_free(), before);
}

/* What is mapped again lies in frames side by side, as the first time: a host
 * keeps one mapping of it. */
static void test_order_is_kept(void **state)
{
	enum { SIZE = 1 << 20 };
	uint64_t virt = SLOT + AZ_MEMORY_BASE, before;

	(void)state;
	(void)fake_memory(RAM);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(map_fresh(virt, SIZE, PAGE_WRITE), AZ_OK);
		/* A table's frame comes behind the first page's. */
		before = page_lookup(virt + PAGE_SIZE, NULL, NULL) - PAGE_SIZE;
		for (uint64_t at = PAGE_SIZE; at < SIZE; at += PAGE_SIZE)
			assert_int_equal(
			    page_lookup(virt + at, NULL, NULL), before + at);
		map_release(virt, SIZE);
	}
}

static void test_too_much(void **state)
{
	uint64_t before;
	void *run = &before;

	(void)state;
	(void)fake_memory(RAM);
	before = frame_count_free();
	assert_int_equal(map_alloc(&run, RAM), AZ_ENOMEM);
	assert_int_equal(map_alloc(&run, SIZE_MAX), AZ_ENOMEM);
	assert_int_equal(map_alloc(&run, SIZE_MAX - 5000), AZ_ENOMEM);
	assert_int_equal(map_fresh(SLOT, 2 * RAM, PAGE_WRITE), AZ_ENOMEM);
	assert_ptr_equal(run, &before);
	assert_int_equal(frame_count_free(), before);
}

/* Everything that map offers, once; frees what it made. */
static az_err use_all(void)
{
	void *run = NULL;
	az_err err;

	TRY(map_alloc(&run, 5 * PAGE_SIZE));
	memset(run, 0x11, 5 * PAGE_SIZE);
	map_protect(run, 5 * PAGE_SIZE, PAGE_READ);
	err = map_share(SLOT, run, 5 * PAGE_SIZE, PAGE_EXEC);
	if (err == AZ_OK) {
		err = map_fresh(SLOT + AZ_MEMORY_BASE, BIG, PAGE_WRITE);
		if (err == AZ_OK)
			map_release(SLOT + AZ_MEMORY_BASE, BIG + PAGE_SIZE);
		map_forget(SLOT, 5 * PAGE_SIZE);
	}
	map_free(&run, 5 * PAGE_SIZE);
	return err;
}

static void test_every_failure(void **state)
{
	uint64_t before;
	uint32_t n = 1;

	(void)state;
	(void)fake_memory(RAM);
	before = frame_count_free();
	for (; n < FAILURES; n++) {
		az_err err;

		frame_fail_at(n);
		err = use_all();
		assert_int_equal(frame_count_free(), before);
		if (err == AZ_OK)
			break;
		assert_int_equal(err, AZ_ENOMEM);
	}
	/* Past the last allocation there is nothing to fail. */
	assert_in_range(n, BIG / PAGE_SIZE, FAILURES - 1);
	frame_fail_at(0);
}

static void test_share(void **state)
{
	uint8_t *run = NULL, *there = (uint8_t *)SLOT;
	unsigned prot;

	(void)state;
	(void)fake_memory(RAM);
	assert_int_equal(map_alloc((void **)&run, PAGE_SIZE), AZ_OK);
	assert_int_equal(map_share(SLOT, run, PAGE_SIZE, PAGE_EXEC), AZ_OK);
	assert_int_equal(page_lookup(SLOT, &prot, NULL),
	    page_lookup((uint64_t)run, NULL, NULL));
	assert_int_equal(prot, PAGE_EXEC);
	run[5] = 77;
	assert_int_equal(there[5], 77);
	map_forget(SLOT, PAGE_SIZE);
	assert_int_equal(run[5], 77);
	map_free((void **)&run, PAGE_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_order_is_kept),
		cmocka_unit_test(test_too_much),
		cmocka_unit_test(test_every_failure),
		cmocka_unit_test(test_share),
	};

	return cmocka_run_group_tests_name("mm/map", tests, NULL, NULL);
}
