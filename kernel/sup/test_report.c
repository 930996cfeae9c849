/* Back-traces from a stack that holds true return addresses, stale ones and
 * numbers that merely look like code. */
#include "sup/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/trap.h"
#include "base/log.h"
#include "task/domain.h"
#include "verify/image.h"

enum { FUNC_SIZE = 32, STACK_SIZE = 8192 };

static uint8_t text[4 * FUNC_SIZE];
static char captured[8192];
static size_t captured_len;

static const char names[] = "leafmiddle\x1b[2Jouter";
static const struct az_func funcs[] = {
	{ .off = 0, .len = FUNC_SIZE, .sig = 0, .name = 0, .name_len = 4 },
	{ .off = 32, .len = FUNC_SIZE, .sig = 1, .name = 4, .name_len = 10 },
	{ .off = 64, .len = FUNC_SIZE, .sig = 2, .name = 14, .name_len = 5 },
	{ .off = 96, .len = FUNC_SIZE, .sig = 3 },
};
static struct az_image_head head = {
	.text.count = sizeof(text), .sigs.count = 4, .funcs.count = 4
};
static const struct image_view view = {
	.head = &head, .text = text, .funcs = funcs, .names = names
};
static const struct az_module module = { .stack = STACK_SIZE };
static struct domain d;

static void capture(const char *line, size_t len)
{
	if (captured_len + len < sizeof(captured)) {
		memcpy(captured + captured_len, line, len);
		captured_len += len;
	}
	captured[captured_len] = 0;
}

/* A call at text offset `at` to text displacement `to`; the offset of the
 * instruction behind it. */
static uint32_t call_at(uint32_t at, int64_t to)
{
	int32_t rel = (int32_t)(to - (int64_t)(at + 5));

	text[at] = 0xe8;
	memcpy(text + at + 1, &rel, 4);
	return at + 5;
}

static int set_up(void **state)
{
	void *slot = mmap(NULL, AZ_SLOT_SIZE, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)state;
	assert_true(slot != MAP_FAILED);
	d = (struct domain){ .name = "m",
		.slot = (uint64_t)(uintptr_t)slot,
		.image = &view,
		.module = &module };
	assert_int_equal(mprotect((uint8_t *)slot + AZ_STACK_TOP - STACK_SIZE,
			     STACK_SIZE, PROT_READ | PROT_WRITE),
	    0);
	log_set_sink(capture);
	return 0;
}

static uint64_t *stack_at(uint32_t words_below_top)
{
	return (uint64_t *)(uintptr_t)(d.slot + AZ_STACK_TOP) - words_below_top;
}

static void report_trap(uint32_t kind, const struct report_site *site)
{
	struct report r;

	report_take(&r, &d, kind, site);
	report_print(&r);
}

static void report(uint32_t kind, uint64_t off, uint64_t *sp, bool after)
{
	struct report_site site = { .rip = d.slot + AZ_TEXT_BASE + off,
		.sp = (uint64_t)(uintptr_t)sp,
		.after_call = after };

	captured_len = 0;
	report_trap(kind, &site);
}

static void walk_names_direct_and_indirect_callers(void **state)
{
	uint64_t base = d.slot + AZ_TEXT_BASE;
	uint64_t *sp = stack_at(20);

	(void)state;
	memset(sp, 0, 160);
	sp[0] = 7;
	sp[1] = base + 40;              /* not behind a call */
	sp[2] = base + call_at(70, 32); /* stale: calls middle */
	sp[3] = base + call_at(40, 0);  /* middle calls leaf */
	/* outer reaches middle, of signature 1, through the third table */
	sp[6] =
	    base + call_at(80, (int64_t)AZ_THUNK_BASE + 9 * AZ_THUNK_STRIDE -
				   (int64_t)AZ_TEXT_BASE);
	sp[9] = base + call_at(100, 64); /* unnamed calls outer */
	report(AZ_TRAP_OOB, 3, sp, false);
	assert_non_null(strstr(captured, "kind=\"out of bounds memory"));
	assert_non_null(strstr(captured, "n=0 func=\"leaf\" off=0x3"));
	assert_non_null(strstr(captured, "n=1 func=\"middle?[2J\" off=0xd"));
	assert_non_null(strstr(captured, "n=2 func=\"outer\" off=0x15"));
	assert_non_null(strstr(captured, "n=3 func=\"unnamed\" off=0x9"));
	assert_null(strstr(captured, "n=4"));
}

static void walk_stops_at_the_stacks_end(void **state)
{
	(void)state;
	report(AZ_TRAP_UNREACHABLE, 5, stack_at(0), true);
	assert_non_null(strstr(captured, "n=0 func=\"leaf\" off=0x4"));
	assert_null(strstr(captured, "n=1"));
}

static void wild_stack_pointer_is_not_followed(void **state)
{
	struct report_site site = { .rip = d.slot + AZ_TEXT_BASE, .sp = 8 };

	(void)state;
	memset(stack_at(STACK_SIZE / 8), 0, STACK_SIZE);
	captured_len = 0;
	report_trap(AZ_TRAP_MACHINE, &site);
	assert_non_null(strstr(captured, "func=\"leaf\""));
	site.rip = 0x1234;
	site.sp = UINT64_MAX;
	captured_len = 0;
	report_trap(AZ_TRAP_MACHINE, &site);
	assert_non_null(strstr(captured, "func=\"-\""));
}

static void faults_are_classified_by_address(void **state)
{
	static const struct {
		uint64_t at;
		uint32_t trap;
	} cases[] = {
		{ 0, AZ_TRAP_MACHINE },
		{ AZ_TEXT_BASE, AZ_TRAP_MACHINE },
		{ AZ_STACK_LIMIT, AZ_TRAP_EXHAUSTION },
		{ AZ_STACK_TOP - STACK_SIZE - 8, AZ_TRAP_EXHAUSTION },
		{ AZ_MEMORY_BASE, AZ_TRAP_OOB },
		{ AZ_SLOT_SIZE - 1, AZ_TRAP_OOB },
		{ AZ_SLOT_SIZE, AZ_TRAP_MACHINE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trap trap = { .cause = TRAP_PAGE_FAULT,
			.addr = d.slot + cases[i].at };

		assert_int_equal(report_classify(&d, &trap), cases[i].trap);
	}
	assert_int_equal(
	    report_classify(&d, &(struct trap){ .cause = TRAP_DIVIDE }),
	    AZ_TRAP_DIV_BY_ZERO);
	assert_int_equal(
	    report_classify(&d, &(struct trap){ .cause = TRAP_ILLEGAL }),
	    AZ_TRAP_UNREACHABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_names_direct_and_indirect_callers),
		cmocka_unit_test(walk_stops_at_the_stacks_end),
		cmocka_unit_test(wild_stack_pointer_is_not_followed),
		cmocka_unit_test(faults_are_classified_by_address),
	};

	return cmocka_run_group_tests_name("sup/report", tests, set_up, NULL);
}
