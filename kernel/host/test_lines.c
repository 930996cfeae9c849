#include "host/test_fake.h"

#include <cmocka.h>

#include "host/lines.h"

static struct lines lines;

static void put(const char *text)
{
	lines_put(&lines, "mod", '|', text, (uint32_t)strlen(text));
}

static void restart(void)
{
	fake_start();
	memset(&lines, 0, sizeof lines);
}

static void lines_end_at_newlines(void **state)
{
	(void)state;
	restart();
	put("one\ntwo");
	assert_string_equal(fake.log, "mod | one\n");
	put(" parts\n\nrest");
	lines_flush(&lines, "mod", '|');
	lines_flush(&lines, "mod", '|');
	assert_string_equal(
	    fake.log, "mod | one\nmod | two parts\nmod | \nmod |+ rest\n");
	fake_stop();
}

static void escapes_are_exact(void **state)
{
	static const struct {
		const char *raw, *shown;
	} cases[] = {
		{ "tab\t and \xc3\xa9", "tab\t and \xc3\xa9" },
		{ "\x1b[31m\r", "\\x1b[31m\\x0d" },
		{ "\x7f", "\\x7f" },
		{ "\xc2\x9b", "\\xc2\\x9b" },
		{ "\xe2\x80\xae", "\\xe2\\x80\\xae" },
		{ "\xff\xc3", "\\xff\\xc3" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
		{ "\\x41", "\\x5cx41" },
		{ "\\x4", "\\x4" },
		{ "\\\\x41", "\\\\x5cx41" },
		{ "C:\\n", "C:\\n" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint32_t len = lines_escape(
		    out, cases[i].raw, (uint32_t)strlen(cases[i].raw));

		out[len] = '\0';
		assert_string_equal(out, cases[i].shown);
	}
}

static void long_lines_split_between_characters(void **state)
{
	(void)state;
	restart();
	for (int i = 0; i < LINES_TEXT_MAX - 1; i++)
		put("a");
	put("\xe2");
	put("\x82\xac\n");
	assert_int_equal(
	    fake.log_len, strlen("mod |+ \nmod | \n") + LINES_TEXT_MAX - 1 + 3);
	assert_non_null(strstr(fake.log, "a\nmod | \xe2\x82\xac\n"));
	fake_stop();
}

static void exactly_full_line_is_one_line(void **state)
{
	(void)state;
	restart();
	for (int i = 0; i < LINES_TEXT_MAX; i++)
		put("a");
	put("\n");
	assert_memory_equal(fake.log, "mod | a", 7);
	assert_int_equal(fake.log_len, strlen("mod | \n") + LINES_TEXT_MAX);
	fake_stop();
}

static void worst_line_fits(void **state)
{
	(void)state;
	restart();
	for (int i = 0; i < 3 * LINES_TEXT_MAX; i++)
		put("\x01");
	lines_flush(&lines, "mod", '|');
	assert_int_equal(
	    fake.log_len, 3 * (strlen("mod |+ \n") + 4 * LINES_TEXT_MAX));
	fake_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_at_newlines),
		cmocka_unit_test(escapes_are_exact),
		cmocka_unit_test(long_lines_split_between_characters),
		cmocka_unit_test(exactly_full_line_is_one_line),
		cmocka_unit_test(worst_line_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
