#include "base/fmt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SAYS(want, ...)                                                        \
	do {                                                                   \
		char buf_[128];                                                \
		size_t len_ = fmt_into(buf_, sizeof(buf_), __VA_ARGS__);       \
		assert_string_equal(buf_, want);                               \
		assert_int_equal(len_, strlen(want));                          \
	} while (0)

static void test_directives(void **state)
{
	(void)state;
	SAYS("plain", "plain");
	SAYS("100%", "%d%%", 100);
	SAYS("-2147483648", "%d", INT32_MIN);
	SAYS("-9223372036854775808", "%ld", INT64_MIN);
	SAYS("18446744073709551615", "%lu", UINT64_MAX);
	SAYS("18446744073709551615", "%llu", UINT64_MAX + 0ull);
	SAYS("ffffffffffffffff", "%zx", SIZE_MAX);
	SAYS("0", "%x", 0);
	SAYS("[x]", "[%c]", 'x');
}

static void test_padding(void **state)
{
	(void)state;
	SAYS("   42", "%5d", 42);
	SAYS("00042", "%05d", 42);
	SAYS("-0042", "%05d", -42);
	SAYS("  -42", "%5d", -42);
	SAYS("12345", "%3d", 12345);
	SAYS("  abc", "%5s", "abc");
	SAYS("0000beef", "%08x", 0xbeef);
}

static void test_text(void **state)
{
	char open_end[3] = { 'a', 'b', 'c' };

	(void)state;
	SAYS("abc", "%.*s", 3, open_end);
	SAYS("ab", "%.2s", "abc");
	SAYS("", "%.*s", -1, "abc");
}

static void test_cut(void **state)
{
	char buf[8];

	(void)state;
	assert_int_equal(fmt_into(buf, sizeof(buf), "%s", "0123456789"), 10);
	assert_string_equal(buf, "0123456");
	buf[0] = 'x';
	assert_int_equal(fmt_into(buf, 0, "abc"), 3);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(fmt_into(buf, 1, "abc"), 3);
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directives),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("base/fmt", tests, NULL, NULL);
}
