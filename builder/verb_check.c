/* azoth check: every mistake of a system, in one run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "check_fix.h"
#include "cli.h"
#include "diag.h"
#include "exit.h"
#include "manifest.h"
#include "schema.h"
#include "validate.h"

static const char *const FORMATS[] = {
	[DIAG_HUMAN] = "human",
	[DIAG_GCC] = "gcc",
	[DIAG_GITHUB] = "github",
	[DIAG_SARIF] = "sarif",
	[DIAG_JSON] = "json",
};
enum { FORMAT_COUNT = sizeof(FORMATS) / sizeof(FORMATS[0]) };

/* The format asked for, or -1 after saying that there is no such one. */
static int choose_format(const struct cli *cli)
{
	const char *name = cli_value(cli, "format"), *near;
	char *help;
	int i;

	if (name == NULL)
		return cli->json ? DIAG_JSON : DIAG_HUMAN;
	for (i = 0; i < FORMAT_COUNT; i++)
		if (strcmp(name, FORMATS[i]) == 0)
			return i;
	near = diag_nearest(name, FORMATS, FORMAT_COUNT);
	help = near != NULL ? xasprintf("did you mean `%s`?", near) : NULL;
	cli_error(NULL, help, "unknown format `%s`", name);
	free(help);
	return -1;
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* People read mistakes on stderr, tools on stdout. The time is only shown on
 * a terminal, so that output elsewhere is the same each time. */
static void print_result(const struct cli *cli, const struct diags *list,
    const char *path, enum diag_format format, double ms)
{
	FILE *to = format == DIAG_HUMAN ? stderr : stdout;
	bool silent = cli->quiet && diags_count(list) == 0;

	diags_print(list, to, format, cli->color);
	if (format == DIAG_HUMAN && !silent)
		diags_print_summary(
		    list, to, path, isatty(STDERR_FILENO) ? ms : -1);
}

/* A host without the tool can still check all the rest. */
static void note_types(const struct cli *cli, int types)
{
	if (types != EXIT_DONE && !cli->quiet)
		fprintf(stderr,
		    "note: types inside modules were not checked: `%s` %s\n",
		    VALIDATE_PROGRAM,
		    types == EXIT_HOST
			? "is not here; apt install " VALIDATE_PACKAGE
			: "failed");
}

static int fix_files(const struct diags *list)
{
	size_t fixed;
	int code = check_fix(list, &fixed);

	if (code == EXIT_DONE)
		fprintf(stderr, "%zu fix%s applied\n", fixed,
		    fixed == 1 ? "" : "es");
	return code;
}

static int check_file(
    const struct cli *cli, const char *path, enum diag_format format)
{
	double start = now_ms();
	struct diags *list = diags_new();
	struct manifest *m = manifest_load(path, cli->profile, list);
	struct checked checked = { 0 };
	int code;

	if (m != NULL)
		check_manifest(&checked, m, list);
	code = diags_exit_code(list);
	if (code == EXIT_DONE && cli_value(cli, "fatal-warnings") != NULL &&
	    diags_warnings(list) != 0)
		code = EXIT_INPUT;
	if (cli_value(cli, "expand") != NULL && diags_errors(list) == 0) {
		diags_print(list, stderr, DIAG_HUMAN, cli->color);
		manifest_expand(m, stdout);
	} else {
		print_result(cli, list, path, format, now_ms() - start);
	}
	note_types(cli, checked.types);
	if (cli_value(cli, "fix") != NULL && fix_files(list) != EXIT_DONE)
		code = EXIT_HOST;
	checked_fini(&checked);
	manifest_free(m);
	diags_free(list);
	return code;
}

int verb_check(const struct cli *cli)
{
	int format = choose_format(cli), code;
	char *path;

	if (format < 0)
		return EXIT_USAGE;
	if (cli_value(cli, "schema") != NULL) {
		schema_print(stdout);
		return EXIT_DONE;
	}
	path = cli_manifest_path(cli);
	if (path == NULL)
		return EXIT_INPUT;
	code = check_file(cli, path, (enum diag_format)format);
	free(path);
	return code;
}
