/* The stubs are run, not read: a slot is laid out in this process, thunks are
 * called through it, and the kernel's entry is a C function. */
#include "wasm/stub.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "abi/call.h"
#include "abi/image.h"
#include "abi/layout.h"
#include "verify/image.h"
#include "wasm/table.h"

enum { TABLE_SIZE = 5, LOW_ENTRY = 0x10000000, REFUSED = 0x5e5e };

static uint8_t *slot;
static uint32_t seen_index, seen_tag;

/* Stands for the kernel behind STUB_INDIRECT: edi and esi as it sees them. */
static uint64_t refused(uint32_t index, uint32_t tag)
{
	seen_index = index;
	seen_tag = tag;
	return REFUSED;
}

/* 0: (i32)->i32   1: (i32 x6)->i32   2: (f64 x9, i32 x2)->i32 */
static struct az_sig sigs[3] = {
	{ .param_count = 1, .result_count = 1, .types = { AZ_I32, AZ_I32 } },
	{ .param_count = 6,
	    .result_count = 1,
	    .types = { AZ_I32, AZ_I32, AZ_I32, AZ_I32, AZ_I32, AZ_I32,
		AZ_I32 } },
	{ .param_count = 11,
	    .result_count = 1,
	    .types = { AZ_F64, AZ_F64, AZ_F64, AZ_F64, AZ_F64, AZ_F64, AZ_F64,
		AZ_F64, AZ_F64, AZ_I32, AZ_I32, AZ_I32 } },
};
static const struct az_import imports[] = {
	{ .kind = AZ_IMPORT_HOST, .call = AZ_CALL_FD_WRITE, .sig = 1 }
};
/* f0: lea eax, [rdi + 1]; ret   f1: lea eax, [r9 + 2]; ret
 * f2: lea eax, [rsi + 3]; ret, each 8 bytes. */
static const uint8_t text[] = { 0x8d, 0x47, 1, 0xc3, 0x90, 0x90, 0x90, 0x90,
	0x41, 0x8d, 0x41, 2, 0xc3, 0x90, 0x90, 0x90, 0x8d, 0x46, 3, 0xc3, 0x90,
	0x90, 0x90, 0x90 };
static const struct az_func funcs[] = { { .off = 0, .len = 8, .sig = 0 },
	{ .off = 8, .len = 8, .sig = 1 }, { .off = 16, .len = 8, .sig = 2 } };
static const az_funcref entries[] = { 0, 1, 2 };
static const struct az_elem elems[] = {
	{ .mode = AZ_ACTIVE, .dest = 1, .count = 3 }
};
static const struct az_table tables[] = { { TABLE_SIZE, AZ_NONE, TABLE_SIZE,
    AZ_FUNCREF } };
static struct az_image_head head = {
	.funcs.count = 3,
	.sigs.count = 3,
	.imports.count = 1,
	.tables.count = 1,
	.elems.count = 1,
	.entries.count = 3,
};
static const struct image_view view = { .head = &head,
	.text = text,
	.funcs = funcs,
	.sigs = sigs,
	.imports = imports,
	.tables = tables,
	.elems = elems,
	.entries = entries };

static void place(uint64_t base, const void *bytes, size_t len)
{
	uint8_t *at = slot + base;

	assert_int_equal(
	    mprotect(at, (len + 4095) & ~4095ul, PROT_READ | PROT_WRITE), 0);
	memcpy(at, bytes, len);
	assert_int_equal(
	    mprotect(at, (len + 4095) & ~4095ul, PROT_READ | PROT_EXEC), 0);
}

/* Build the slot and, at an address that stubs can name, a jump to f. */
static int set_up(void **state)
{
	static uint8_t stubs[1 << 16];
	uint64_t target = (uint64_t)(uintptr_t)&refused;
	uint8_t *low =
	    mmap((void *)LOW_ENTRY, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	struct table_entry *table;

	(void)state;
	assert_ptr_equal(low, (void *)LOW_ENTRY);
	memcpy(low, (uint8_t[]){ 0x49, 0xbb }, 2); /* movabs r11 */
	memcpy(low + 2, &target, 8);
	memcpy(low + 10, (uint8_t[]){ 0x41, 0xff, 0xe3 }, 3); /* jmp r11 */
	slot = mmap(NULL, 1ul << 28, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(slot != MAP_FAILED);
	assert_true(stub_size(&view) <= sizeof(stubs));
	stub_write(stubs, &view, LOW_ENTRY);
	place(AZ_STUB_BASE, stubs, stub_size(&view));
	place(AZ_TEXT_BASE, text, sizeof(text));
	table = (void *)(slot + AZ_TABLE_BASE);
	assert_int_equal(
	    mprotect(table, table_bytes(&view), PROT_READ | PROT_WRITE), 0);
	assert_true(table_fill(table, &view, (uint64_t)(uintptr_t)slot));
	return 0;
}

static void *thunk(uint32_t sig)
{
	return slot + AZ_THUNK_BASE + sig * AZ_THUNK_STRIDE;
}

typedef uint32_t fn1(uint32_t a, uint32_t index);
typedef uint32_t fn6(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e,
    uint32_t f, uint32_t index);
typedef uint32_t fn11(double a, double b, double c, double d, double e,
    double f, double g, double h, double i, uint32_t j, uint32_t k,
    uint32_t index);

static void thunk_jumps_to_the_entry_of_its_type(void **state)
{
	(void)state;
	assert_int_equal(((fn1 *)thunk(0))(41, 1), 42);
	assert_int_equal(((fn6 *)thunk(1))(0, 0, 0, 0, 0, 40, 2), 42);
	assert_int_equal(
	    ((fn11 *)thunk(2))(0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 39, 3), 42);
}

static void thunk_refuses_type_null_and_range(void **state)
{
	static const uint32_t bad[] = { 0, 2, 3, 4, 5, 7, 8, 9, 0x7fffffff,
		0x80000001, 0xfffffff9, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(((fn1 *)thunk(0))(1, bad[i]), REFUSED);
		assert_int_equal(seen_index, bad[i]);
		assert_int_equal(seen_tag, 1);
	}
	assert_int_equal(((fn6 *)thunk(1))(0, 0, 0, 0, 0, 1, 1), REFUSED);
	assert_int_equal(seen_tag, 2);
	assert_int_equal(
	    ((fn11 *)thunk(2))(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0xdead),
	    REFUSED);
	assert_int_equal(seen_index, 0xdead);
}

static void import_and_helper_stubs_reach_the_kernel(void **state)
{
	fn1 *import = (fn1 *)(slot + AZ_IMPORT_BASE);
	fn1 *grow = (fn1 *)(slot + AZ_HELPER_BASE +
			    AZ_HELP_MEM_GROW * AZ_HELPER_STRIDE);

	(void)state;
	assert_int_equal(import(11, 12), REFUSED);
	assert_int_equal(seen_index, 11);
	assert_int_equal(grow(13, 0), REFUSED);
	assert_int_equal(seen_index, 13);
}

static void table_is_a_power_of_two_with_nulls(void **state)
{
	const struct table_entry *t = (void *)(slot + AZ_TABLE_BASE);

	(void)state;
	assert_int_equal(table_slots(&view), 8);
	for (uint32_t i = TABLE_SIZE; i < 8; i++)
		assert_int_equal(t[i].tag, 0);
	assert_int_equal(t[0].tag, 0);
	assert_int_equal(t[2].tag, 2);
}

static void table_segment_that_does_not_fit_is_refused(void **state)
{
	struct az_elem elem = { .mode = AZ_ACTIVE, .dest = 3, .count = 3 };
	struct image_view v = view;
	struct table_entry out[8] = { 0 };

	(void)state;
	v.elems = &elem;
	assert_false(table_fill(out, &v, 0));
	elem.dest = UINT32_MAX;
	assert_false(table_fill(out, &v, 0));
	elem.mode = AZ_PASSIVE;
	assert_true(table_fill(out, &v, 0));
	assert_int_equal(out[3].tag, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thunk_jumps_to_the_entry_of_its_type),
		cmocka_unit_test(thunk_refuses_type_null_and_range),
		cmocka_unit_test(import_and_helper_stubs_reach_the_kernel),
		cmocka_unit_test(table_is_a_power_of_two_with_nulls),
		cmocka_unit_test(table_segment_that_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests_name("wasm/stub", tests, set_up, NULL);
}
