#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "arch/console.h"
#include "arch/power.h"
#include "base/panic.h"
#include "test/fake.h"

static uint64_t now(void)
{
	return UINT64_C(12345678901);
}

static int setup(void **state)
{
	(void)state;
	fake_console_clear();
	log_set_sink(console_write);
	log_set_clock(now);
	log_set_level(AZ_LEVEL_INFO);
	return 0;
}

static void test_line(void **state)
{
	(void)state;
	log_info("sup", "exit module=%s status=%d", "hello", 0);
	assert_string_equal(fake_console(),
	    "azoth 12.345678 info sup exit module=hello status=0\n");
}

static void test_levels(void **state)
{
	(void)state;
	log_set_level(AZ_LEVEL_ERROR);
	log_info("a", "no");
	log_warn("a", "no");
	log_error("a", "yes");
	log_raw("raw\n", 4);
	assert_string_equal(
	    fake_console(), "azoth 12.345678 error a yes\nraw\n");
}

static void test_long_line_is_cut(void **state)
{
	char big[2 * LOG_LINE_MAX];

	(void)state;
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	log_warn("a", "%s", big);
	assert_int_equal(strlen(fake_console()), LOG_LINE_MAX);
	assert_int_equal(fake_console()[LOG_LINE_MAX - 1], '\n');
	assert_null(memchr(fake_console(), '\n', LOG_LINE_MAX - 1));
}

static void do_panic(void *arg)
{
	invariant(arg != NULL);
}

static void test_panic(void **state)
{
	enum az_end end;

	(void)state;
	assert_true(fake_catch(do_panic, NULL, &end));
	assert_int_equal(end, AZ_END_PANIC);
	assert_non_null(strstr(fake_console(), "error base panic at="));
	assert_non_null(strstr(fake_console(), ": arg != NULL\n"));
	assert_false(fake_catch(do_panic, &end, &end));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_line, setup),
		cmocka_unit_test_setup(test_levels, setup),
		cmocka_unit_test_setup(test_long_line_is_cut, setup),
		cmocka_unit_test_setup(test_panic, setup),
	};

	return cmocka_run_group_tests_name("base/log", tests, NULL, NULL);
}
