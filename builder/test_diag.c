#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "diag.h"
#include "diag_impl.h"

static void expect_nearest(
    const char *word, const char *const *list, size_t count, const char *want)
{
	const char *got = diag_nearest(word, list, count);

	if (want == NULL) {
		assert_null(got);
	} else {
		assert_non_null(got);
		assert_string_equal(got, want);
	}
}

static void test_nearest(void **state)
{
	static const char *const keys[] = { "restart", "source", "memory",
		"args", "log", "clock" };

	(void)state;
	expect_nearest("restrat", keys, 6, "restart"); /* swap */
	expect_nearest("memroy", keys, 6, "memory");
	expect_nearest("sourc", keys, 6, "source");   /* missing */
	expect_nearest("sourcee", keys, 6, "source"); /* added */
	expect_nearest("logg", keys, 6, "log");
	expect_nearest("lgo", keys, 6, "log");
	expect_nearest("memory", keys, 6, "memory");
	expect_nearest("banana", keys, 6, NULL);
	expect_nearest("x", keys, 6, NULL);
	expect_nearest("", keys, 6, NULL);
	expect_nearest("restart", keys, 0, NULL);
}

static void test_nearest_long(void **state)
{
	char word[200];
	const char *list[] = { "short", word };

	(void)state;
	memset(word, 'a', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	expect_nearest(word, list, 1, NULL);
	/* Too long to compare, so never offered. */
	expect_nearest(word, list, 2, NULL);
}

static void test_lines(void **state)
{
	struct source src;
	static const char text[] = "\xef\xbb\xbfone\r\ntwo\xc3\xa9x\rthree\n";
	struct text_run run;

	(void)state;
	source_from_bytes(&src, "t", text, sizeof(text) - 1);
	assert_int_equal(src.line_count, 4);
	run = source_line(&src, 1);
	assert_int_equal(run.len, 3);
	assert_memory_equal(run.at, "one", 3);
	run = source_line(&src, 2);
	assert_int_equal(run.len, 6);
	run = source_line(&src, 3);
	assert_memory_equal(run.at, "three", 5);
	assert_int_equal(source_line(&src, 4).len, 0);
	assert_int_equal(source_line(&src, 99).len, 0);
	/* The x of line 2 is its fifth character. */
	assert_int_equal(src.text[source_offset(&src, 2, 5)], 'x');
	source_fini(&src);
}

static void test_utf8(void **state)
{
	(void)state;
	assert_int_equal(text_step("a", 1), 1);
	assert_int_equal(text_step("\xc3\xa9", 2), 2);
	assert_int_equal(text_step("\xe2\x82\xac", 3), 3);
	assert_int_equal(text_step("\xf0\x9f\x92\xa9", 4), 4);
	assert_int_equal(text_step("\xf0\x9f\x92", 3), 1);     /* cut */
	assert_int_equal(text_step("\xc0\xaf", 2), 1);         /* overlong */
	assert_int_equal(text_step("\xe0\x80\xaf", 3), 1);     /* overlong */
	assert_int_equal(text_step("\xed\xa0\x80", 3), 1);     /* surrogate */
	assert_int_equal(text_step("\xf4\x90\x80\x80", 4), 1); /* too large */
	assert_int_equal(text_step("\xff\xff", 2), 1);
}

static struct span place(const struct source *src, uint32_t line, uint32_t col)
{
	return (struct span){ src, line, col, 1 };
}

static void test_order(void **state)
{
	struct diags *list = diags_new();
	struct source a, b;
	const struct diag **sorted;

	(void)state;
	source_from_bytes(&a, "a", "1\n2\n", 4);
	source_from_bytes(&b, "b", "1\n2\n", 4);
	diag_add(list, "AZ0101", place(&b, 2, 1), "b2");
	diag_add(list, "AZ0101", place(&a, 1, 1), "a1");
	diag_add(list, "AZ0310", place(&b, 1, 5), "b1.5");
	diag_add(list, "AZ0101", place(&b, 1, 2), "b1.2");
	diag_add(list, "AZ0101", place(&b, 1, 2), "b1.2 again");
	sorted = diags_sorted(list);
	assert_string_equal(sorted[0]->message, "b1.2");
	assert_string_equal(sorted[1]->message, "b1.2 again");
	assert_string_equal(sorted[2]->message, "b1.5");
	assert_string_equal(sorted[3]->message, "b2");
	assert_string_equal(sorted[4]->message, "a1");
	assert_int_equal(diags_errors(list), 4);
	assert_int_equal(diags_warnings(list), 1);
	free(sorted);
	diags_free(list);
	source_fini(&a);
	source_fini(&b);
}

/* Prints one mistake in a format; the caller frees the text. */
static char *print_one(enum diag_format format)
{
	struct diags *list = diags_new();
	struct source src;
	struct diag *d;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	source_from_bytes(&src, "a,b.yaml", "x: \033[31m\n", 9);
	d = diag_add(list, "AZ0101", place(&src, 1, 1), "bad `x`: 100%%");
	diag_help(d, "fix `x`");
	diags_print(list, to, format, false);
	fclose(to);
	diags_free(list);
	source_fini(&src);
	return text;
}

static void test_formats(void **state)
{
	char *text = print_one(DIAG_GCC);

	(void)state;
	assert_string_equal(text,
	    "a,b.yaml:1:1: error: bad 'x': 100% [AZ0101]\n"
	    "a,b.yaml:1:1: note: fix 'x'\n");
	free(text);
	text = print_one(DIAG_GITHUB);
	assert_string_equal(text,
	    "::error file=a%2Cb.yaml,line=1,col=1,endColumn=2,title=AZ0101::"
	    "bad `x`: 100%25%0Ahelp: fix `x`\n");
	free(text);
	/* What a file holds must not reach the terminal. */
	text = print_one(DIAG_HUMAN);
	assert_null(strchr(text, '\033'));
	free(text);
}

static void test_catalogue(void **state)
{
	const struct diag_kind *kinds;
	size_t count, i;

	(void)state;
	kinds = diag_kind_table(&count);
	for (i = 0; i < count; i++) {
		assert_int_equal(strlen(kinds[i].code), 6);
		assert_true(kinds[i].title[0] != '\0');
		assert_true(kinds[i].text[0] != '\0');
		if (i > 0)
			assert_true(
			    strcmp(kinds[i - 1].code, kinds[i].code) < 0);
	}
	assert_null(diag_kind_find("AZ9999"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_nearest_long),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
