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

enum { LOW_ENTRY = 0x10000000, REFUSED = 0x5e5e };
enum { GROWS, EMPTY, FULL, EXTERNS, TABLES };

static uint8_t *slot;
static uint32_t seen_index, seen_thunk;

/* Stands for the kernel behind STUB_INDIRECT: edi and esi as it sees them. */
static uint64_t refused(uint32_t index, uint32_t number)
{
	seen_index = index;
	seen_thunk = number;
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
	    .stack_args = 8,
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
static const az_funcref entries[] = { 0, 1, 2, AZ_FUNCREF_IMPORT };
static const struct az_table tables[TABLES] = {
	[GROWS] = { 4, AZ_NONE, 5, AZ_FUNCREF },
	[EMPTY] = { 0, 0, 0, AZ_FUNCREF },
	[FULL] = { 4, 4, 4, AZ_FUNCREF },
	[EXTERNS] = { 1, 1, 1, AZ_EXTERNREF },
};
static struct az_image_head head = {
	.text.count = sizeof(text),
	.funcs.count = 3,
	.sigs.count = 3,
	.imports.count = 1,
	.tables.count = TABLES,
	.entries.count = 4,
};
static const struct image_view view = { .head = &head,
	.text = text,
	.funcs = funcs,
	.sigs = sigs,
	.imports = imports,
	.tables = tables,
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

static struct table_entry value(uint32_t table, uint32_t ref)
{
	return table_value(&view, (uint64_t)(uintptr_t)slot, table, ref);
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
	table = (void *)(slot + table_base(&view));
	assert_int_equal(
	    mprotect(table, table_bytes(&view), PROT_READ | PROT_WRITE), 0);
	for (uint32_t i = 0; i < 3; i++) {
		table[1 + i] = value(GROWS, 1 + i);
		table[table_first(&view, FULL) + 3 - i] = value(FULL, 1 + i);
	}
	table[table_first(&view, EXTERNS)] = value(EXTERNS, 1);
	return 0;
}

static void *thunk_of(uint32_t table, uint32_t sig)
{
	return slot + AZ_THUNK_BASE +
	       (table * head.sigs.count + sig) * AZ_THUNK_STRIDE;
}

static void *thunk(uint32_t sig)
{
	return thunk_of(GROWS, sig);
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
		assert_int_equal(seen_thunk, 0);
	}
	assert_int_equal(((fn6 *)thunk(1))(0, 0, 0, 0, 0, 1, 1), REFUSED);
	assert_int_equal(seen_thunk, 1);
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

/* The same types through another table, where functions lie the other way. */
static void each_table_has_its_thunks(void **state)
{
	(void)state;
	assert_int_equal(((fn1 *)thunk_of(FULL, 0))(41, 3), 42);
	assert_int_equal(((fn6 *)thunk_of(FULL, 1))(0, 0, 0, 0, 0, 40, 2), 42);
	assert_int_equal(((fn1 *)thunk_of(FULL, 0))(41, 1), REFUSED);
	assert_int_equal(seen_thunk, 2 * 3);
	assert_int_equal(((fn1 *)thunk_of(FULL, 0))(41, 4), REFUSED);
	assert_int_equal(((fn1 *)thunk_of(FULL, 0))(41, 0), REFUSED);
	/* Neither a table without entries nor one of other references. */
	assert_int_equal(((fn1 *)thunk_of(EMPTY, 0))(41, 0), REFUSED);
	assert_int_equal(seen_thunk, 1 * 3);
	assert_int_equal(((fn11 *)thunk_of(EXTERNS, 2))(
			     0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 39, 41),
	    REFUSED);
	assert_int_equal(seen_index, 41);
	assert_int_equal(seen_thunk, 3 * 3 + 2);
	assert_int_equal(((fn1 *)thunk_of(EXTERNS, 0))(41, 0), REFUSED);
}

static void tables_are_powers_of_two_in_a_row(void **state)
{
	(void)state;
	assert_int_equal(table_slots(&view, GROWS), 8);
	assert_int_equal(table_slots(&view, EMPTY), 1);
	assert_int_equal(table_slots(&view, FULL), 4);
	assert_int_equal(table_slots(&view, EXTERNS), 1);
	assert_int_equal(table_first(&view, GROWS), 0);
	assert_int_equal(table_first(&view, FULL), 9);
	assert_int_equal(table_first(&view, TABLES), 14);
	assert_int_equal(table_bytes(&view), 14 * 16);
}

static void a_reference_becomes_what_the_thunk_needs(void **state)
{
	const uint64_t at = (uintptr_t)slot;
	struct table_entry e;

	(void)state;
	e = value(GROWS, 0);
	assert_true(e.target == 0 && e.tag == 0 && e.ref == 0);
	e = value(GROWS, 3);
	assert_true(e.target == at + AZ_TEXT_BASE + 16);
	assert_true(e.tag == 3 && e.ref == 3);
	e = value(GROWS, 4);
	assert_true(e.target == at + AZ_IMPORT_BASE);
	assert_true(e.tag == 2 && e.ref == 4);
	e = value(EXTERNS, 0xdeadbeef);
	assert_true(e.target == 0 && e.tag == 0 && e.ref == 0xdeadbeef);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thunk_jumps_to_the_entry_of_its_type),
		cmocka_unit_test(thunk_refuses_type_null_and_range),
		cmocka_unit_test(import_and_helper_stubs_reach_the_kernel),
		cmocka_unit_test(each_table_has_its_thunks),
		cmocka_unit_test(tables_are_powers_of_two_in_a_row),
		cmocka_unit_test(a_reference_becomes_what_the_thunk_needs),
	};

	return cmocka_run_group_tests_name("wasm/stub", tests, set_up, NULL);
}
