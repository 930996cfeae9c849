/* Texts and the filter behind the uniqueness checks. */
#include "verify/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "verify/seen.h"

struct text_case {
	const char *text;
	size_t len;
	bool good;
};

#define GOOD(text)                                                             \
	{                                                                      \
		text, sizeof(text) - 1, true                                   \
	}
#define BAD(text)                                                              \
	{                                                                      \
		text, sizeof(text) - 1, false                                  \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check(const struct text_case *cases, size_t count,
    bool (*is)(const char *text, size_t len))
{
	for (size_t i = 0; i < count; i++)
		if (is(cases[i].text, cases[i].len) != cases[i].good)
			fail_msg("case %zu: %s", i, cases[i].text);
}

static void test_utf8(void **state)
{
	static const struct text_case cases[] = { GOOD(""), GOOD("plain"),
		GOOD("\x7f\t\n\x01"), GOOD("\xc2\x80"), GOOD("\xdf\xbf"),
		GOOD("\xe0\xa0\x80"), GOOD("\xed\x9f\xbf"),
		GOOD("\xee\x80\x80"), GOOD("\xf0\x90\x80\x80"),
		GOOD("\xf4\x8f\xbf\xbf"), BAD("\0"), BAD("a\0b"), /* NUL */
		BAD("\x80"), BAD("a\xbf"), /* tails without a head */
		BAD("\xc2"), BAD("\xe1\x80"), BAD("\xf1\x80\x80"), /* cut */
		BAD("\xc2g"), BAD("\xe1\x80g"), BAD("\xf1\x80\x80g"),
		BAD("\xc0\x80"), BAD("\xc1\xbf"), /* overlong */
		BAD("\xe0\x9f\xbf"), BAD("\xf0\x8f\xbf\xbf"),
		BAD("\xed\xa0\x80"), BAD("\xed\xbf\xbf"), /* surrogates */
		BAD("\xf4\x90\x80\x80"), BAD("\xf5\x80\x80\x80"), BAD("\xff"),
		BAD("\xfe") };

	(void)state;
	check(cases, COUNT(cases), text_is_utf8);
}

static void test_step(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		int step;
	} cases[] = { { "ab", 2, 1 }, { "\0", 1, 0 }, { "\xc2\x80z", 3, 2 },
		{ "\xe1\x80\x80", 3, 3 }, { "\xf4\x8f\xbf\xbf", 4, 4 },
		{ "\xc2", 1, -1 }, { "\xe1\x80\x80", 2, -1 },
		{ "\xf0\x90\x80\x80", 3, -1 }, { "\xf0\x90\x80\x80", 1, -1 },
		/* Wrong before it is cut. */
		{ "\xe0\x80", 2, 0 }, { "\xf4\x90", 2, 0 },
		{ "\xf1\x80g", 3, 0 }, { "\x80", 1, 0 }, { "\xc1", 1, 0 },
		{ "\xf5", 1, 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (text_char_len(cases[i].text, cases[i].len) != cases[i].step)
			fail_msg("case %zu", i);
}

static void test_plain(void **state)
{
	static const struct text_case cases[] = { GOOD(""), GOOD("a b~"),
		GOOD("\xc2\xa0"), GOOD("\xc3\x80"), GOOD("\xe2\x80\x90"),
		BAD("\x1f"), BAD("a\n"), BAD("\x1b[0m"), BAD("\x7f"),
		BAD("\xc2\x80"), BAD("x\xc2\x9b"), BAD("\xc2\x9f") };

	(void)state;
	check(cases, COUNT(cases), text_is_plain);
}

#define TEN "0123456789"
#define SIXTY TEN TEN TEN TEN TEN TEN

static void test_name(void **state)
{
	static const struct text_case cases[] = { GOOD("a"), GOOD("0"),
		GOOD("web-1_b"), GOOD("azoth2"), GOOD("azot"),
		GOOD(SIXTY "abc"), BAD(SIXTY "abcd"), BAD(""), BAD("azoth"),
		BAD("-a"), BAD("_a"), BAD("A"), BAD("aB"), BAD("a.b"),
		BAD("a b"), BAD("a/b"), BAD("\xc3\xa9"), BAD("a\0") };

	(void)state;
	check(cases, COUNT(cases), text_is_name);
}

static void test_path(void **state)
{
	static const struct text_case cases[] = { GOOD("/"), GOOD("/a"),
		GOOD("/a/b.c/..d"), GOOD("/..."), GOOD("/.a"), BAD(""),
		BAD("a"), BAD("//"), BAD("/a/"), BAD("/a//b"), BAD("/."),
		BAD("/.."), BAD("/a/."), BAD("/a/../b"), BAD("/./a"),
		BAD("./a") };

	(void)state;
	check(cases, COUNT(cases), text_is_path);
}

static void test_part(void **state)
{
	static const struct text_case cases[] = { GOOD("a"), GOOD("..."),
		GOOD(".a"), GOOD("a."), BAD(""), BAD("."), BAD(".."), BAD("/"),
		BAD("a/b"), BAD("a/") };

	(void)state;
	check(cases, COUNT(cases), text_is_part);
}

static void test_holds(void **state)
{
	static const char text[] = "a\xc3\xa9z";

	(void)state;
	assert_true(text_holds(text, 4, 0, 4));
	assert_true(text_holds(text, 4, 1, 2));
	assert_true(text_holds(text, 4, 4, 0));
	assert_true(text_holds(text, 0, 0, 0));
	assert_false(text_holds(text, 4, 2, 1));
	assert_false(text_holds(text, 4, 0, 2));
	assert_false(text_holds(text, 4, 5, 0));
	assert_false(text_holds(text, 4, 1, 4));
	assert_false(text_holds(text, 4, 0xffffffff, 2));
	assert_false(text_holds(text, 4, 1, 0xffffffff));
}

static void test_seen(void **state)
{
	static struct seen seen;
	uint32_t again = 0;

	(void)state;
	assert_int_equal(seen_hash("", 0), 0x811c9dc5);
	assert_int_equal(seen_hash("foobar", 6), 0xbf9cf968);
	for (uint32_t i = 0; i < 4096; i++)
		again += seen_before(&seen, seen_hash(&i, sizeof(i)));
	/* An eighth of them, as the header says. */
	assert_in_range(again, 300, 700);
	for (uint32_t i = 0; i < 4096; i++)
		assert_true(seen_before(&seen, seen_hash(&i, sizeof(i))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_name),
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_part),
		cmocka_unit_test(test_holds),
		cmocka_unit_test(test_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
