/* Table instructions: what is written, what is refused before anything is,
 * and that nothing keeps interrupts out for long. */
#include "task/tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "abi/layout.h"
#include "task/domain.h"
#include "task/sched.h"
#include "verify/image.h"
#include "wasm/table.h"

enum { FUNCS, EXTERNS, LARGE, TABLES }; /* tables */
enum { ALL, NULLS, ELEMS };             /* element segments */
enum { MANY = 1 << 19 };

static const struct az_table tables[TABLES] = {
	[FUNCS] = { 4, 100, 10, AZ_FUNCREF },
	[EXTERNS] = { 3, AZ_NONE, 3, AZ_EXTERNREF },
	[LARGE] = { MANY, MANY, MANY, AZ_FUNCREF },
};
static const struct az_func funcs[] = { { .off = 0, .sig = 0 },
	{ .off = 48, .sig = 1 } };
static const az_funcref entries[] = { 1, 0, AZ_NONE, AZ_NONE };
static const struct az_elem elems[ELEMS] = {
	[ALL] = { AZ_PASSIVE, 0, 0, 0, 3 },
	[NULLS] = { AZ_PASSIVE, 0, 0, 2, 2 },
};
static const struct az_image_head head = {
	.funcs.count = 2,
	.sigs.count = 2,
	.tables.count = TABLES,
	.elems.count = ELEMS,
	.entries.count = 4,
	.segments.count = 1,
};
static const struct image_view view = {
	.head = &head,
	.funcs = funcs,
	.tables = tables,
	.elems = elems,
	.entries = entries,
};

static struct domain d;
static uint8_t dropped[1 + ELEMS];
static uint32_t points;

void sched_point(void)
{
	points++;
}

static uint32_t result;

/* Arguments as abi/call orders them. */
#define OP(op, ...)                                                            \
	tables_op(&d, AZ_HELP_##op,                                            \
	    (const uint32_t[TABLES_ARGS]){ __VA_ARGS__ }, &result)

static bool fill(uint32_t table, uint32_t index, uint32_t ref, uint32_t count)
{
	return OP(TABLE_FILL, index, ref, count, table);
}

static bool grow(uint32_t table, uint32_t ref, uint32_t count)
{
	return OP(TABLE_GROW, ref, count, table);
}

static uint32_t ref(uint32_t table, uint32_t index)
{
	assert_true(OP(TABLE_GET, index, table));
	return result;
}

static int set_up(void **state)
{
	(void)state;
	d = (struct domain){ .image = &view,
		.slot = AZ_SLOT_SIZE,
		.dropped = dropped,
		.tables = calloc(1, table_bytes(&view)) };
	for (uint32_t i = 0; i < TABLES; i++)
		d.table_size[i] = tables[i].size;
	memset(dropped, 0, sizeof(dropped));
	points = 0;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(d.tables);
	return 0;
}

static void places_end_with_the_table(void **state)
{
	(void)state;
	assert_true(OP(TABLE_SIZE, LARGE));
	assert_int_equal(result, MANY);
	assert_false(OP(TABLE_SIZE, TABLES));
	assert_ptr_equal(tables_at(&d, FUNCS, 0, 4), d.tables);
	assert_ptr_equal(tables_at(&d, FUNCS, 4, 0), d.tables + 4);
	assert_null(tables_at(&d, FUNCS, 0, 5));
	assert_null(tables_at(&d, FUNCS, 5, 0));
	assert_null(tables_at(&d, FUNCS, 1, UINT32_MAX));
	assert_null(tables_at(&d, FUNCS, UINT32_MAX, 2));
	assert_null(tables_at(&d, TABLES, 0, 0));
	assert_ptr_equal(tables_at(&d, EXTERNS, 0, 3), d.tables + 16);
	assert_ptr_equal(tables_at(&d, LARGE, 0, MANY), d.tables + 20);
}

static void growing_stops_at_the_capacity(void **state)
{
	(void)state;
	assert_true(grow(FUNCS, 2, 5));
	assert_int_equal(result, 4);
	assert_int_equal(ref(FUNCS, 3), 0);
	assert_int_equal(ref(FUNCS, 4), 2);
	assert_int_equal(ref(FUNCS, 8), 2);
	assert_null(tables_at(&d, FUNCS, 9, 1));
	assert_true(grow(FUNCS, 0, 2));
	assert_int_equal(result, UINT32_MAX);
	assert_true(grow(FUNCS, 0, UINT32_MAX));
	assert_int_equal(result, UINT32_MAX);
	assert_true(grow(FUNCS, 0, 0));
	assert_int_equal(result, 9);
	assert_true(grow(FUNCS, 0, 1));
	assert_int_equal(d.table_size[FUNCS], 10);
	/* What no table of functions can hold changes nothing. */
	assert_false(grow(LARGE, 5, 0));
	assert_true(grow(EXTERNS, 5, 1));
	assert_int_equal(result, UINT32_MAX);
}

static void filling_writes_what_thunks_compare(void **state)
{
	(void)state;
	assert_true(fill(FUNCS, 1, 1, 2));
	assert_int_equal(d.tables[0].tag, 0);
	assert_int_equal(d.tables[2].tag, 2);
	assert_int_equal(d.tables[2].target, AZ_SLOT_SIZE + AZ_TEXT_BASE + 48);
	assert_true(fill(FUNCS, 1, 0, 1));
	assert_int_equal(d.tables[1].tag | d.tables[1].target, 0);
	assert_false(fill(FUNCS, 3, 1, 2));
	assert_int_equal(ref(FUNCS, 3), 0);
	assert_true(fill(FUNCS, 4, 1, 0));
	/* Beyond the entries, or one that is null. */
	assert_false(fill(FUNCS, 0, 5, 0));
	assert_false(fill(FUNCS, 0, 3, 1));
	assert_true(fill(EXTERNS, 0, UINT32_MAX, 3));
	assert_int_equal(ref(EXTERNS, 2), UINT32_MAX);
	assert_int_equal(d.tables[16].tag | d.tables[16].target, 0);
}

static void copies_may_overlap(void **state)
{
	(void)state;
	assert_true(grow(FUNCS, 0, 6));
	assert_true(fill(FUNCS, 1, 1, 1));
	assert_true(fill(FUNCS, 2, 2, 1));
	assert_true(OP(TABLE_COPY, 2, 1, 8, FUNCS, FUNCS));
	assert_int_equal(ref(FUNCS, 2), 1);
	assert_int_equal(ref(FUNCS, 3), 2);
	assert_true(OP(TABLE_COPY, 0, 1, 9, FUNCS, FUNCS));
	assert_int_equal(ref(FUNCS, 2), 2);
	assert_false(OP(TABLE_COPY, 2, 1, 9, FUNCS, FUNCS));
	assert_false(OP(TABLE_COPY, 1, 2, 9, FUNCS, FUNCS));
	assert_true(OP(TABLE_COPY, 7, 0, 10, LARGE, FUNCS));
	assert_int_equal(ref(LARGE, 9), 2);
	/* No reference of one kind becomes one of the other. */
	assert_false(OP(TABLE_COPY, 0, 0, 1, EXTERNS, FUNCS));
	assert_false(OP(TABLE_COPY, 0, 0, 0, FUNCS, EXTERNS));
}

static void segments_are_read_until_they_are_dropped(void **state)
{
	(void)state;
	assert_true(fill(FUNCS, 0, 1, 4));
	assert_true(OP(TABLE_INIT, 1, 0, 3, FUNCS, ALL));
	assert_int_equal(ref(FUNCS, 1), 1);
	assert_int_equal(d.tables[1].tag, 2);
	assert_int_equal(ref(FUNCS, 2), 2);
	assert_int_equal(d.tables[2].tag, 1);
	assert_int_equal(ref(FUNCS, 3), 0);
	assert_true(fill(EXTERNS, 0, 9, 3));
	assert_true(OP(TABLE_INIT, 1, 1, 1, EXTERNS, NULLS));
	assert_int_equal(ref(EXTERNS, 1), 0);
	assert_false(OP(TABLE_INIT, 0, 2, 2, FUNCS, ALL));
	assert_false(OP(TABLE_INIT, 0, UINT32_MAX, 2, FUNCS, ALL));
	assert_false(OP(TABLE_INIT, 2, 0, 3, FUNCS, ALL));
	assert_false(OP(TABLE_INIT, 0, 0, 1, FUNCS, ELEMS));
	assert_true(OP(TABLE_INIT, 4, 0, 0, FUNCS, ELEMS));
	assert_true(OP(ELEM_DROP, ELEMS));
	assert_true(OP(ELEM_DROP, ALL));
	assert_memory_equal(dropped, "\0\1\0", sizeof(dropped));
	assert_false(OP(TABLE_INIT, 0, 0, 1, FUNCS, ALL));
	assert_true(OP(TABLE_INIT, 0, 0, 0, FUNCS, ALL));
	assert_false(OP(TABLE_INIT, 0, 1, 0, FUNCS, ALL));
	assert_true(OP(TABLE_INIT, 0, 2, 0, FUNCS, NULLS));
}

static void long_operations_let_interrupts_in(void **state)
{
	(void)state;
	assert_true(fill(LARGE, 0, 1, MANY));
	assert_in_range(points, 16, MANY / 1024);
	points = 0;
	assert_true(fill(LARGE, 0, 2, 1));
	assert_true(OP(TABLE_COPY, 1, 0, MANY - 1, LARGE, LARGE));
	assert_in_range(points, 7, MANY / 1024);
	assert_int_equal(ref(LARGE, 1), 2);
	assert_int_equal(ref(LARGE, 2), 1);
	assert_int_equal(ref(LARGE, MANY - 1), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(places_end_with_the_table),
		TEST(growing_stops_at_the_capacity),
		TEST(filling_writes_what_thunks_compare),
		TEST(copies_may_overlap),
		TEST(segments_are_read_until_they_are_dropped),
		TEST(long_operations_let_interrupts_in),
	};

	return cmocka_run_group_tests_name("task/tables", tests, NULL, NULL);
}
