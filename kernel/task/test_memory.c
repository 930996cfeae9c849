/* Linear memory over the fake arch: what grows, what is refused, and that
 * nothing keeps interrupts out for long. */
#include "task/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "abi/image.h"
#include "abi/layout.h"
#include "arch/page.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "task/domain.h"
#include "task/sched.h"
#include "test/fake.h"
#include "verify/image.h"

enum { RAM = 32 << 20, WASM_PAGE = AZ_WASM_PAGE, PIECE = 1 << 16 };
/* A slot that Linux has to spare. */
#define SLOT UINT64_C(0x110000000000)

static struct domain d;
static uint64_t free_at_start;
static uint32_t points;
static void (*on_point)(void);

/* Interrupts come in here. */
void sched_point(void)
{
	points++;
	if (on_point != NULL)
		on_point();
}

static int set_up(void **state)
{
	(void)state;
	fake_memory(RAM);
	d = (struct domain){ .slot = SLOT,
		.memory = (uint8_t *)(SLOT + AZ_MEMORY_BASE),
		.memory_max = UINT64_C(65535) * WASM_PAGE };
	points = 0;
	on_point = NULL;
	free_at_start = frame_count_free();
	return 0;
}

/* Every test ends without a frame lost. */
static int tear_down(void **state)
{
	(void)state;
	map_release((uint64_t)(uintptr_t)d.memory, d.memory_size);
	return frame_count_free() == free_at_start ? 0 : -1;
}

static void growing_gives_the_old_size_and_zeros(void **state)
{
	(void)state;
	assert_int_equal(memory_grow(&d, 0), 0);
	assert_int_equal(memory_grow(&d, 2), 0);
	memset(d.memory, 0xff, 2 * WASM_PAGE);
	assert_int_equal(memory_grow(&d, 1), 2);
	assert_int_equal(d.memory_size, 3 * WASM_PAGE);
	assert_int_equal(d.memory[2 * WASM_PAGE - 1], 0xff);
	assert_int_equal(d.memory[2 * WASM_PAGE], 0);
	assert_int_equal(memory_grow(&d, 0), 3);
	assert_int_equal(d.grow_refused, 0);
}

static void the_limit_is_exact(void **state)
{
	(void)state;
	d.memory_max = 3 * WASM_PAGE;
	assert_int_equal(memory_grow(&d, 4), UINT32_MAX);
	assert_int_equal(memory_grow(&d, UINT32_MAX), UINT32_MAX);
	assert_int_equal(memory_grow(&d, 3), 0);
	assert_int_equal(memory_grow(&d, 1), UINT32_MAX);
	assert_int_equal(d.grow_refused, 3);
}

/* Asking for more than there is must not zero all of it, again and again. */
static void the_impossible_is_refused_at_once(void **state)
{
	(void)state;
	assert_int_equal(memory_grow(&d, RAM / WASM_PAGE), UINT32_MAX);
	assert_int_equal(points, 0);
	assert_int_equal(d.memory_size, 0);
	assert_int_equal(d.grow_refused, 1);
}

static void interrupts_come_in_while_it_grows(void **state)
{
	(void)state;
	assert_int_equal(memory_grow(&d, 8 * PIECE / WASM_PAGE), 0);
	assert_in_range(points, 7, 8);
}

static void any_allocation_may_fail(void **state)
{
	uint32_t n;

	(void)state;
	for (n = 1;; n++) {
		frame_fail_at(n);
		d.grow_refused = 0;
		if (memory_grow(&d, 48 * PIECE / WASM_PAGE) == 0)
			break;
		assert_int_equal(d.grow_refused, 1);
		assert_int_equal(d.memory_size, 0);
		assert_int_equal(frame_count_free(), free_at_start);
	}
	frame_fail_at(0);
	/* Every page, and a table for each 2 MiB. */
	assert_int_equal(n, 48 * PIECE / PAGE_SIZE + 2 + 1);
}

static void check_size(void)
{
	uint64_t end = (uint64_t)(uintptr_t)d.memory + d.memory_size;

	assert_int_not_equal(page_lookup(end - PAGE_SIZE, NULL, NULL), 0);
	assert_int_equal(page_lookup(end, NULL, NULL), 0);
}

/* A thread may end at a point: its reaper frees what the size says. */
static void the_size_is_what_is_mapped_at_every_point(void **state)
{
	(void)state;
	on_point = check_size;
	assert_int_equal(memory_grow(&d, 4 * PIECE / WASM_PAGE), 0);
}

static void bulk_operations_check_their_ranges(void **state)
{
	uint32_t end = 2 * WASM_PAGE;

	(void)state;
	assert_int_equal(memory_grow(&d, 2), 0);
	assert_true(memory_fill(&d, end - 4, 0x1ff, 4));
	assert_int_equal(d.memory[end - 1], 0xff);
	assert_int_equal(d.memory[end - 5], 0);
	assert_true(memory_fill(&d, end, 1, 0));
	assert_false(memory_fill(&d, end + 1, 1, 0));
	assert_false(memory_fill(&d, end - 3, 2, 4));
	assert_int_equal(d.memory[end - 3], 0xff);
	assert_false(memory_fill(&d, 1, 2, UINT32_MAX));
	assert_true(memory_copy(&d, 0, end - 4, 4));
	assert_int_equal(d.memory[3], 0xff);
	assert_false(memory_copy(&d, 0, end - 3, 4));
	assert_false(memory_copy(&d, end - 3, 0, 4));
	assert_false(memory_copy(&d, UINT32_MAX, 0, 1));
}

static uint8_t pattern(uint32_t i)
{
	return (uint8_t)(i * 7 + i / 251);
}

/* Longer than a piece, overlapping by less than one, both ways. */
static void overlapping_copies_move_every_byte(void **state)
{
	uint32_t len = 2 * PIECE + 5, shift = 3;

	(void)state;
	assert_int_equal(memory_grow(&d, 3 * PIECE / WASM_PAGE), 0);
	for (uint32_t i = 0; i < len; i++)
		d.memory[i] = pattern(i);
	assert_true(memory_copy(&d, shift, 0, len));
	for (uint32_t i = 0; i < len; i++)
		if (d.memory[i + shift] != pattern(i))
			fail_msg("to above: byte %u", i);
	assert_true(memory_copy(&d, 0, shift, len));
	for (uint32_t i = 0; i < len; i++)
		if (d.memory[i] != pattern(i))
			fail_msg("to below: byte %u", i);
}

static void segments_are_read_until_they_are_dropped(void **state)
{
	static const struct az_segment segments[] = {
		{ AZ_ACTIVE, 0, 0, 4 },
		{ AZ_PASSIVE, 0, 1, 5 },
	};
	static const struct az_image_head head = { .segments.count = 2 };
	static const struct image_view view = { .head = &head,
		.segments = segments,
		.seg_bytes = (const uint8_t *)"abcdef" };
	uint8_t dropped[2] = { 0 };

	(void)state;
	d.image = &view;
	d.dropped = dropped;
	assert_int_equal(memory_grow(&d, 1), 0);
	assert_true(memory_init(&d, 1, 8, 1, 4));
	assert_memory_equal(d.memory + 8, "cdef", 4);
	assert_false(memory_init(&d, 1, 8, 2, 4));
	assert_false(memory_init(&d, 1, WASM_PAGE - 3, 0, 4));
	/* An active one until it was; one that is not there is empty. */
	assert_true(memory_init(&d, 0, 0, 0, 4));
	assert_memory_equal(d.memory, "abcd\0", 5);
	memory_drop(&d, 0);
	assert_false(memory_init(&d, 0, 0, 0, 1));
	assert_true(memory_init(&d, 0, 0, 0, 0));
	assert_false(memory_init(&d, 7, 0, 0, 1));
	memory_drop(&d, 7);
	memory_drop(&d, 1);
	assert_false(memory_init(&d, 1, 8, 0, 1));
	assert_true(memory_init(&d, 1, WASM_PAGE, 0, 0));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(growing_gives_the_old_size_and_zeros),
		TEST(the_limit_is_exact),
		TEST(the_impossible_is_refused_at_once),
		TEST(interrupts_come_in_while_it_grows),
		TEST(any_allocation_may_fail),
		TEST(the_size_is_what_is_mapped_at_every_point),
		TEST(bulk_operations_check_their_ranges),
		TEST(overlapping_copies_move_every_byte),
		TEST(segments_are_read_until_they_are_dropped),
	};

	return cmocka_run_group_tests_name("task/memory", tests, NULL, NULL);
}
