#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "cli.h"
#include "exit.h"
#include "json_text.h"

enum { JOBS_LIMIT = 1024 };

/* -j N; false when it is no number from 1 on. */
static bool parse_jobs(int *jobs, const char *text)
{
	char *end;
	long n;

	*jobs = 0;
	if (text == NULL)
		return true;
	errno = 0;
	n = strtol(text, &end, 10);
	*jobs = (int)n;
	return errno == 0 && *text != '\0' && *end == '\0' && n >= 1 &&
	       n <= JOBS_LIMIT;
}

static void put(json_t *to, const char *key, const char *value)
{
	if (value != NULL && *value != '\0')
		json_object_set_new(to, key, json_string(value));
}

static void print_json(const struct build *b)
{
	json_t *out = json_object();

	put(out, "schema", "azoth.build/1");
	put(out, "iso", b->iso_path);
	put(out, "iso_sha256", b->iso_sha256);
	put(out, "elf", b->elf_path);
	put(out, "bundle", b->bundle_path);
	put(out, "bundle_sha256", b->bundle_sha256);
	json_object_set_new(out, "changed", json_boolean(b->changed));
	json_text_print(stdout, out);
}

static void say_done(struct build *b)
{
	double s = (double)(progress_now() - b->progress.start_ns) / 1e9;
	const char *sum = b->iso ? b->iso_sha256 : b->bundle_sha256;

	progress_say(&b->progress, "done in %.2fs   sha256 %.16s\u2026%s", s,
	    sum, b->changed ? "" : "   nothing changed");
	progress_say(&b->progress, "next: azoth run %s",
	    b->iso ? b->iso_path : b->elf_path);
}

int verb_build(const struct cli *cli)
{
	struct build_options options = { .profile = cli->profile,
		.out_dir = cli_value(cli, "output"),
		.formats = cli_value(cli, "format"),
		.keep_c = cli_value(cli, "keep-c") != NULL,
		.explain = cli_value(cli, "explain-rebuild") != NULL,
		.times = cli_value(cli, "time") != NULL };
	struct build b;
	char *path;
	int code;

	if (!parse_jobs(&options.jobs, cli_value(cli, "jobs"))) {
		cli_error(NULL, NULL, "--jobs: `%s` is not a number from 1 on",
		    cli_value(cli, "jobs"));
		return EXIT_USAGE;
	}
	path = cli_manifest_path(cli);
	if (path == NULL)
		return EXIT_INPUT;
	options.path = path;
	code = build_run(&b, cli, &options);
	if (code == EXIT_DONE && cli->json)
		print_json(&b);
	if (code == EXIT_DONE)
		say_done(&b);
	build_fini(&b);
	free(path);
	return code;
}
