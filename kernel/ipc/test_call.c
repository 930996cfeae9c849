/* Calls out of module text: what arrives of their arguments, what traps, and
 * where an entry function returns to. The scheduler and module text are
 * stand-ins: what never returns jumps back here. */
#include "ipc/call.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/context.h"
#include "ipc/gate.h"
#include "ipc/turn.h"
#include "task/domain.h"
#include "task/sched.h"
#include "test/fake.h"
#include "test/forge.h"
#include "verify/image.h"
#include "wasm/stub.h"
#include "wasm/table.h"

/* A slot that Linux has to spare. */
#define SLOT UINT64_C(0x110000000000)
#define TABLES (SLOT + AZ_TEXT_BASE + AZ_TEXT_MAX)
#define GARBAGE UINT64_C(0xdeadbeef00000000)
enum { RAM = 8 << 20, FUNC_START = 0, FUNC_OTHER = 80 };

static struct domain d;
static struct image_view view;
static struct az_image_head head;
static uint8_t *image;

/* What the stand-ins saw. */
static struct {
	jmp_buf end;
	enum { RETURNED, EXITED, TRAPPED, ENTERED, PARKED, LEFT } how;
	uint64_t code; /* status, trap, address entered or result */
	uint64_t sp, r15;
	uint32_t settles, ways_out;
	uint64_t args[10];
	uint32_t hook_trap;
	uint64_t hook_rip, hook_sp;
} seen;

struct domain *sched_domain(void)
{
	return &d;
}

void turn_settle(void)
{
	seen.settles++;
}

void sched_way_out(void)
{
	seen.ways_out++;
}

void sched_point(void)
{
}

void sched_exit(uint32_t status)
{
	seen.how = EXITED;
	seen.code = status;
	longjmp(seen.end, 1);
}

void sched_trap(uint32_t trap)
{
	seen.how = TRAPPED;
	seen.code = trap;
	longjmp(seen.end, 1);
}

void context_enter_module(uint64_t entry, uint64_t sp, uint64_t r15)
{
	seen.how = ENTERED;
	seen.code = entry;
	seen.sp = sp;
	seen.r15 = r15;
	longjmp(seen.end, 1);
}

void gate_park(void)
{
	seen.how = PARKED;
	longjmp(seen.end, 1);
}

void gate_leave(uint64_t value)
{
	seen.how = LEFT;
	seen.code = value;
	longjmp(seen.end, 1);
}

static uint64_t record_args(struct domain *caller, const uint64_t *arg)
{
	assert_ptr_equal(caller, &d);
	memcpy(seen.args, arg, sizeof(seen.args));
	return 0x1234;
}

static void on_trap(
    struct domain *caller, uint32_t trap, uint64_t rip, uint64_t sp)
{
	assert_ptr_equal(caller, &d);
	seen.hook_trap = trap;
	seen.hook_rip = rip;
	seen.hook_sp = sp;
}

static void map_at(uint64_t at, size_t size)
{
	void *want = (void *)(uintptr_t)at;

	assert_ptr_equal(
	    mmap(want, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
	    want);
}

static int set_up_all(void **state)
{
	(void)state;
	map_at(TABLES, AZ_PAGE_SIZE);
	map_at(SLOT + AZ_STACK_TOP - AZ_PAGE_SIZE, AZ_PAGE_SIZE);
	return 0;
}

static int set_up(void **state)
{
	static call_fn *table[AZ_CALL_COUNT];
	size_t size;

	(void)state;
	fake_memory(RAM);
	image = forge_image(&size);
	assert_int_equal(image_open(&view, image, size, NULL), AZ_REFUSE_NONE);
	head = *view.head;
	view.head = &head;
	memset(&seen, 0, sizeof(seen));
	d = (struct domain){ .slot = SLOT,
		.memory = (uint8_t *)(SLOT + AZ_MEMORY_BASE),
		.memory_max = 2 * AZ_WASM_PAGE,
		.image = &view,
		.tables = (void *)(TABLES),
		.table_size = { 4, 2 } };
	memset(d.tables, 0, AZ_PAGE_SIZE);
	for (int i = 0; i < AZ_CALL_COUNT; i++)
		table[i] = record_args;
	call_init(table, on_trap, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(image);
	return 0;
}

/* The module's stack at a call: return address, then words of arguments. */
static uint64_t stack[8];

static uint64_t call(struct call_frame frame)
{
	volatile uint64_t result = 0;

	frame.module_sp = (uint64_t)(uintptr_t)stack;
	seen.how = RETURNED;
	if (setjmp(seen.end) == 0)
		result = call_dispatch(&frame);
	return result;
}

static uint64_t call_help(uint32_t helper, uint32_t a)
{
	return call((struct call_frame){ .reg = { GARBAGE | a },
	    .number = GARBAGE | (STUB_CALL_HELPER + helper) });
}

static void arguments_come_from_registers_and_stack(void **state)
{
	struct call_frame frame = { .number =
					STUB_CALL_HOST + AZ_CALL_PATH_OPEN };

	(void)state;
	for (uint32_t i = 0; i < 6; i++)
		frame.reg[i] = GARBAGE | i;
	memcpy(stack, (uint64_t[]){ 0, GARBAGE | 6, GARBAGE | 7, GARBAGE | 8 },
	    4 * sizeof(*stack));
	assert_int_equal(call(frame), 0x1234);
	/* "iiiiiIIii": only 5 and 6 are 64 bits wide. */
	for (uint32_t i = 0; i < 9; i++)
		assert_int_equal(
		    seen.args[i], i == 5 || i == 6 ? GARBAGE | i : i);
	assert_int_equal(seen.settles, 1);
	assert_int_equal(seen.ways_out, 1);
}

static void every_call_fits_its_arguments(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < AZ_CALL_COUNT; i++)
		assert_int_equal(
		    call((struct call_frame){ .number = STUB_CALL_HOST + i }),
		    0x1234);
}

static void call_bad_host(void *unused)
{
	(void)unused;
	(void)call(
	    (struct call_frame){ .number = STUB_CALL_HOST + AZ_CALL_COUNT });
}

static void call_bad_helper(void *unused)
{
	(void)unused;
	(void)call_help(AZ_HELP_COUNT, 0);
}

/* Only the kernel's own stubs name numbers. */
static void numbers_that_no_stub_has_are_our_fault(void **state)
{
	enum az_end end;

	(void)state;
	assert_true(fake_catch(call_bad_host, NULL, &end));
	assert_int_equal(end, AZ_END_PANIC);
	assert_true(fake_catch(call_bad_helper, NULL, &end));
	assert_int_equal(end, AZ_END_PANIC);
}

static void traps_name_themselves_and_the_caller(void **state)
{
	static const uint32_t rows[][2] = {
		{ AZ_HELP_TRAP_UNREACHABLE, AZ_TRAP_UNREACHABLE },
		{ AZ_HELP_TRAP_OOB, AZ_TRAP_OOB },
		{ AZ_HELP_TRAP_INT_OVERFLOW, AZ_TRAP_INT_OVERFLOW },
		{ AZ_HELP_TRAP_DIV_BY_ZERO, AZ_TRAP_DIV_BY_ZERO },
		{ AZ_HELP_TRAP_INVALID_CONVERSION, AZ_TRAP_INVALID_CONVERSION },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		stack[0] = 0x5000 + i;
		(void)call_help(rows[i][0], 0);
		assert_int_equal(seen.how, TRAPPED);
		assert_int_equal(seen.code, rows[i][1]);
		assert_int_equal(seen.hook_trap, rows[i][1]);
		assert_int_equal(seen.hook_rip, 0x5000 + i);
		assert_int_equal(seen.hook_sp, (uintptr_t)&stack[1]);
	}
}

static void indirect_traps_say_why(void **state)
{
	struct table_entry *entry = (void *)(TABLES);

	(void)state;
	entry[1].tag = 3;
	entry[3].tag = 0;
	(void)call_help(STUB_INDIRECT, 1);
	assert_int_equal(seen.code, AZ_TRAP_INDIRECT_TYPE);
	(void)call_help(STUB_INDIRECT, 3);
	assert_int_equal(seen.code, AZ_TRAP_INDIRECT_NULL);
	(void)call_help(STUB_INDIRECT, view.tables[0].size);
	assert_int_equal(seen.code, AZ_TRAP_UNDEFINED);
	(void)call_help(STUB_INDIRECT, UINT32_MAX);
	assert_int_equal(seen.code, AZ_TRAP_UNDEFINED);
	/* The table is named by the thunk: number table * types + type. */
	entry[4].tag = 5;
	(void)call((struct call_frame){
	    .reg = { 0, view.head->sigs.count }, .number = STUB_INDIRECT });
	assert_int_equal(seen.code, AZ_TRAP_INDIRECT_TYPE);
	(void)call((struct call_frame){
	    .reg = { 2, view.head->sigs.count }, .number = STUB_INDIRECT });
	assert_int_equal(seen.code, AZ_TRAP_UNDEFINED);
}

static void memory_helpers_work_on_the_callers_memory(void **state)
{
	(void)state;
	assert_int_equal(call_help(AZ_HELP_MEM_SIZE, 0), 0);
	assert_int_equal(call_help(AZ_HELP_MEM_GROW, 2), 0);
	assert_int_equal(call_help(AZ_HELP_MEM_SIZE, 0), 2);
	assert_int_equal((uint32_t)call_help(AZ_HELP_MEM_GROW, 1), UINT32_MAX);
	(void)call((struct call_frame){
	    .reg = { GARBAGE | 4, GARBAGE | 0x41, GARBAGE | 3 },
	    .number = AZ_HELP_MEM_FILL });
	assert_int_equal(seen.how, RETURNED);
	assert_memory_equal(d.memory + 3, "\0AAA\0", 5);
	(void)call((struct call_frame){
	    .reg = { 9, 4, 2 }, .number = AZ_HELP_MEM_COPY });
	assert_memory_equal(d.memory + 8, "\0AA\0", 4);
	/* Segment 1 of the image, from its second byte. */
	d.dropped = (uint8_t[5]){ 0 };
	(void)call((struct call_frame){
	    .reg = { 1, 20, 1, 4 }, .number = AZ_HELP_MEM_INIT });
	assert_memory_equal(d.memory + 20, "worl", 4);
	(void)call_help(AZ_HELP_DATA_DROP, 1);
	(void)call((struct call_frame){
	    .reg = { 1, 20, 1, 4 }, .number = AZ_HELP_MEM_INIT });
	assert_int_equal(seen.how, TRAPPED);
	assert_int_equal(seen.code, AZ_TRAP_OOB);
}

static uint64_t call_table(uint32_t helper, const uint32_t arg[5])
{
	struct call_frame frame = { .number = GARBAGE | helper };

	for (uint32_t i = 0; i < 5; i++)
		frame.reg[i] = GARBAGE | arg[i];
	return call(frame);
}

#define TABLE(op, ...)                                                         \
	call_table(AZ_HELP_##op, (const uint32_t[5]){ __VA_ARGS__ })

/* Tables of 4 and 2 of at most 4 and 3; entries f0, f1, null, import 0. */
static void table_helpers_take_their_arguments_in_order(void **state)
{
	(void)state;
	d.dropped = (uint8_t[5]){ 0 };
	assert_int_equal(TABLE(TABLE_SIZE, 0), 4);
	assert_int_equal(TABLE(TABLE_SIZE, 1), 2);
	(void)TABLE(TABLE_SET, 1, 2, 0); /* table 0, entry 1: reference 2 */
	assert_int_equal(TABLE(TABLE_GET, 1, 0), 2);
	assert_int_equal(d.tables[1].tag, 4);
	assert_int_equal(TABLE(TABLE_GET, 1, 1), 0);
	assert_int_equal(TABLE(TABLE_GROW, 4, 1, 1), 2);
	assert_int_equal(TABLE(TABLE_GET, 2, 1), 4);
	assert_int_equal((uint32_t)TABLE(TABLE_GROW, 4, 1, 1), UINT32_MAX);
	(void)TABLE(TABLE_FILL, 2, 1, 2, 0);
	assert_int_equal(TABLE(TABLE_GET, 3, 0), 1);
	(void)TABLE(TABLE_COPY, 0, 1, 2, 0, 1); /* entries 1, 2 of table 1 */
	assert_int_equal(TABLE(TABLE_GET, 1, 0), 4);
	assert_int_equal(TABLE(TABLE_GET, 2, 0), 1);
	(void)TABLE(TABLE_INIT, 0, 1, 1, 1, 0); /* entry 1 of elements 0 */
	assert_int_equal(TABLE(TABLE_GET, 0, 1), 2);
	assert_int_equal(seen.how, RETURNED);
	(void)TABLE(ELEM_DROP, 0);
	assert_int_equal(seen.how, RETURNED);
	(void)TABLE(TABLE_INIT, 0, 1, 1, 1, 0);
	assert_int_equal(seen.code, AZ_TRAP_TABLE_OOB);
}

/* Whatever a module's code names, it is looked up or it traps. */
static void table_helpers_trap_on_every_wild_argument(void **state)
{
	static const uint32_t wild[] = { 2, 64, 65536, 0x7fffffff, 0x80000000,
		UINT32_MAX };

	(void)state;
	d.dropped = (uint8_t[5]){ 0 };
	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		uint32_t w = wild[i];

#define TRAPS(op, ...)                                                         \
	seen.code = 0;                                                         \
	(void)TABLE(op, __VA_ARGS__);                                          \
	assert_int_equal(seen.code, AZ_TRAP_TABLE_OOB)
		TRAPS(TABLE_GET, 0, w);
		TRAPS(TABLE_GET, w | 4, 0);
		TRAPS(TABLE_SET, 0, 0, w);
		TRAPS(TABLE_SET, 0, w | 8, 0);
		TRAPS(TABLE_SET, 0, 3, 0); /* an entry that is null */
		TRAPS(TABLE_SIZE, w);
		TRAPS(TABLE_GROW, 0, 0, w);
		TRAPS(TABLE_GROW, w | 8, 0, 0);
		TRAPS(TABLE_FILL, 0, 0, 0, w);
		TRAPS(TABLE_FILL, 3, 0, w, 0);
		TRAPS(TABLE_COPY, 0, 0, 0, w, 0);
		TRAPS(TABLE_COPY, 0, 0, 0, 0, w);
		TRAPS(TABLE_COPY, 1, 0, w | 4, 0, 0);
		TRAPS(TABLE_COPY, 0, 1, w, 1, 1);
		TRAPS(TABLE_INIT, 0, 0, 0, w, 0);
		TRAPS(TABLE_INIT, 0, 0, 1, 0, w | 4);
		TRAPS(TABLE_INIT, 0, 1, w, 0, 0);
#undef TRAPS
		(void)TABLE(ELEM_DROP, w | 4); /* is nothing to be dropped */
		assert_int_equal(
		    (uint32_t)TABLE(TABLE_GROW, 0, w, 0), UINT32_MAX);
		assert_int_equal(seen.how, RETURNED);
	}
	for (uint32_t i = 0; i < 16; i++)
		assert_int_equal(d.tables[i].ref, 0);
	assert_memory_equal(d.dropped, "\0\0\0\0\0", 5);
}

/* The image's start function and its _start are one and the same here. */
static void check_entered(uint64_t off)
{
	uint64_t back;

	assert_int_equal(seen.how, ENTERED);
	assert_int_equal(seen.code, SLOT + AZ_TEXT_BASE + off);
	assert_int_equal(seen.r15, SLOT + AZ_MEMORY_BASE);
	/* As after a call: 16n + 8, with where to return to on top. */
	assert_int_equal(seen.sp % 16, 8);
	assert_in_range(seen.sp, SLOT + AZ_STACK_TOP - AZ_PAGE_SIZE,
	    SLOT + AZ_STACK_TOP - 8);
	memcpy(&back, (const void *)(uintptr_t)seen.sp, sizeof(back));
	assert_int_equal(
	    back, SLOT + AZ_HELPER_BASE + AZ_HELPER_STRIDE * STUB_RETURN);
}

static void begin(void)
{
	if (setjmp(seen.end) == 0)
		call_begin();
}

static void the_start_function_comes_before_main(void **state)
{
	(void)state;
	head.start_func = 2;
	begin();
	check_entered(FUNC_OTHER);
	assert_false(d.entered_main);
	(void)call_help(STUB_RETURN, 0);
	check_entered(FUNC_START);
	assert_true(d.entered_main);
	(void)call_help(STUB_RETURN, 0);
	assert_int_equal(seen.how, EXITED);
	assert_int_equal(seen.code, 0);
}

static void without_a_start_function_main_is_first(void **state)
{
	(void)state;
	head.start_func = AZ_NONE;
	begin();
	check_entered(FUNC_START);
	assert_true(d.entered_main);
	assert_int_equal(seen.ways_out, 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(arguments_come_from_registers_and_stack),
		TEST(every_call_fits_its_arguments),
		TEST(numbers_that_no_stub_has_are_our_fault),
		TEST(traps_name_themselves_and_the_caller),
		TEST(indirect_traps_say_why),
		TEST(memory_helpers_work_on_the_callers_memory),
		TEST(table_helpers_take_their_arguments_in_order),
		TEST(table_helpers_trap_on_every_wild_argument),
		TEST(the_start_function_comes_before_main),
		TEST(without_a_start_function_main_is_first),
	};

	return cmocka_run_group_tests_name("ipc/call", tests, set_up_all, NULL);
}
