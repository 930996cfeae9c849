#include "base/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static az_err parse(struct cmdline *out, const char *text)
{
	return cmdline_parse(out, text, strlen(text));
}

static void test_accepted(void **state)
{
	struct cmdline c;

	(void)state;
	assert_int_equal(parse(&c, ""), AZ_OK);
	assert_true(c.serial && c.screen && c.log == AZ_LEVEL_INFO);
	assert_int_equal(parse(&c, "console=serial"), AZ_OK);
	assert_true(c.serial && !c.screen);
	assert_int_equal(parse(&c, "console=screen,serial log=warn"), AZ_OK);
	assert_true(c.serial && c.screen && c.log == AZ_LEVEL_WARN);
	assert_int_equal(parse(&c, "log=error console=screen"), AZ_OK);
	assert_true(!c.serial && c.screen && c.log == AZ_LEVEL_ERROR);
}

static void test_refused(void **state)
{
	static const char *const lines[] = { " ", "log",
		"log=", "log= ", "log=debug", "log=info ", " log=info",
		"log=info  log=warn", "log=info log=info", "Log=info",
		"log=info\t", "log=inf\x01", "log=inf\xc3\xb6", "log=info,warn",
		"console=", "console=,", "console=serial,", "console=,serial",
		"console=serial,serial", "console=serial screen", "=", "=info",
		"verify=off", "log==info", "log=info\n" };
	struct cmdline c;

	(void)state;
	for (size_t n = 0; n < sizeof(lines) / sizeof(lines[0]); n++) {
		if (parse(&c, lines[n]) != AZ_EINVAL)
			fail_msg("accepted: \"%s\"", lines[n]);
		assert_true(c.serial && c.screen && c.log == AZ_LEVEL_INFO);
	}
	assert_int_equal(cmdline_parse(&c, "log=info\0", 9), AZ_EINVAL);
	assert_int_equal(cmdline_parse(&c, "\0log=info", 9), AZ_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("base/cmdline", tests, NULL, NULL);
}
