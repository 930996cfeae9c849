#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "exit.h"

enum { WORDS_MAX = 16 };

/* A command line that parsing may permute. */
struct line {
	char text[256];
	char *argv[WORDS_MAX];
	int argc;
};

static int parse(struct cli *cli, struct line *line, const char *text)
{
	line->argc = 0;
	strcpy(line->text, text);
	for (char *word = strtok(line->text, " "); word;
	     word = strtok(NULL, " "))
		line->argv[line->argc++] = word;
	line->argv[line->argc] = NULL;
	return cli_parse(cli, line->argc, line->argv);
}

static void test_accepted(void **state)
{
	struct cli cli;
	struct line line;

	(void)state;
	assert_int_equal(parse(&cli, &line, "azoth"), -1);
	assert_string_equal(cli.verb->name, "help");
	assert_int_equal(
	    parse(&cli, &line, "azoth -C d run x.iso -q --timeout=5s --uefi"),
	    -1);
	assert_string_equal(cli.folder, "d");
	assert_true(cli.quiet);
	assert_int_equal(cli.arg_count, 1);
	assert_string_equal(cli.args[0], "x.iso");
	assert_string_equal(cli_value(&cli, "timeout"), "5s");
	assert_string_equal(cli_value(&cli, "uefi"), "");
	assert_null(cli_value(&cli, "print"));
	assert_int_equal(cli.progress, PROGRESS_NONE);
	assert_int_equal(parse(&cli, &line, "azoth run -- --uefi"), -1);
	assert_string_equal(cli.args[0], "--uefi");
	assert_int_equal(
	    parse(&cli, &line, "azoth build -o d -f m.yaml --profile dev"), -1);
	assert_string_equal(cli_value(&cli, "output"), "d");
	assert_string_equal(cli.file, "m.yaml");
	assert_string_equal(cli.profile, "dev");
	assert_int_equal(parse(&cli, &line, "azoth --version"), -1);
	assert_string_equal(cli.verb->name, "version");
	assert_int_equal(parse(&cli, &line, "azoth verify -h"), -1);
	assert_true(cli.help);
}

static void test_refused(void **state)
{
	static const char *const lines[] = { "azoth buidl", "azoth nothing",
		"azoth --json=x build", "azoth --nothing", "azoth build --uefi",
		"azoth run --uef", "azoth run --uefi=1", "azoth run a b",
		"azoth verify", "azoth run --timeout", "azoth run -z",
		"azoth build -o", "azoth run --color=blue",
		"azoth run --progress=fast", "azoth run --progress-fd=x",
		"azoth run --progress-fd=", "azoth completion",
		"azoth version x" };
	struct cli cli;
	struct line line;

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_int_equal(parse(&cli, &line, lines[i]), EXIT_USAGE);
}

static void test_color(void **state)
{
	struct cli cli;
	struct line line;

	(void)state;
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	parse(&cli, &line, "azoth help");
	assert_false(cli.color);
	parse(&cli, &line, "azoth help --color=always");
	assert_true(cli.color);
	parse(&cli, &line, "azoth help --color never");
	assert_false(cli.color);
}

static void test_progress(void **state)
{
	struct cli cli;
	struct line line;

	(void)state;
	setenv("TERM", "dumb", 1);
	parse(&cli, &line, "azoth build");
	assert_int_equal(cli.progress, PROGRESS_PLAIN);
	assert_int_equal(cli.progress_fd, STDERR_FILENO);
	parse(&cli, &line, "azoth build --progress json --progress-fd 7");
	assert_int_equal(cli.progress, PROGRESS_JSON);
	assert_int_equal(cli.progress_fd, 7);
	parse(&cli, &line, "azoth build -q --progress plain");
	assert_int_equal(cli.progress, PROGRESS_PLAIN);
}

static void test_duration(void **state)
{
	static const char *const wrong[] = { "", "5", "s", "5 s", "-5s", "0s",
		"5sec", "1.5s", "9999999999s", "+5s" };
	unsigned long long ns;

	(void)state;
	assert_true(cli_parse_duration("30s", &ns));
	assert_int_equal(ns, 30000000000);
	assert_true(cli_parse_duration("250ms", &ns));
	assert_int_equal(ns, 250000000);
	assert_true(cli_parse_duration("2h", &ns));
	assert_int_equal(ns, 7200000000000);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(cli_parse_duration(wrong[i], &ns));
}

/* Every row is complete, and no option hides another one. */
static void test_table(void **state)
{
	const struct cli_option *common = cli_common_table();
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		const struct cli_option *o = verbs[i].options;
		assert_non_null(verbs[i].run);
		assert_non_null(verbs[i].text);
		for (size_t n = 0; o[n].name; n++) {
			assert_true(n < CLI_OPTIONS_MAX);
			assert_non_null(o[n].help);
			for (size_t c = 0; c < COMMON_COUNT; c++) {
				assert_string_not_equal(
				    o[n].name, common[c].name);
				assert_true(!o[n].letter ||
					    o[n].letter != common[c].letter);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_color),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
