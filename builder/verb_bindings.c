/* azoth bindings: the C header for one end of a call channel, or for the
 * driver of a device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diag.h"
#include "driver.h"
#include "exit.h"
#include "fileio.h"
#include "wit.h"

static int put(const struct buf *text, const char *path)
{
	if (path == NULL) {
		fwrite(text->at, 1, text->len, stdout);
		return EXIT_DONE;
	}
	if (file_write(path, text->at, text->len, 0644))
		return EXIT_DONE;
	cli_error(NULL, NULL, "cannot write `%s`: %s", path, strerror(errno));
	return EXIT_HOST;
}

static bool is_device(const char *path)
{
	size_t len = strlen(path);

	return len > 5 && strcmp(path + len - 5, ".yaml") == 0;
}

/* The numbers of a device.yaml; false: list says why not. */
static bool device_header(struct buf *out, struct arena *a,
    const struct source *src, struct diags *list)
{
	struct driver *d = driver_parse(a, src, list);

	if (d != NULL)
		driver_header(out, d);
	return d != NULL;
}

/* Likewise for one side of an interface. */
static bool side_header(struct buf *out, struct arena *a,
    const struct source *src, struct diags *list, enum wit_side side)
{
	struct wit *w = wit_parse(a, src, list);

	if (w == NULL || wit_lower(a, w, list) == NULL)
		return false;
	wit_header(out, w, side);
	return true;
}

static int make(const struct cli *cli, const struct source *src)
{
	enum wit_side side =
	    cli_value(cli, "server") != NULL ? WIT_SERVER : WIT_CLIENT;
	struct diags *list = diags_new();
	struct arena *a = arena_new();
	struct buf text = { 0 };
	int code = EXIT_INPUT;
	bool good = is_device(cli->args[0])
			? device_header(&text, a, src, list)
			: side_header(&text, a, src, list, side);

	if (good)
		code = put(&text, cli_value(cli, "output"));
	else
		diags_print(list, stderr, DIAG_HUMAN, cli->color);
	buf_fini(&text);
	arena_free(a);
	diags_free(list);
	return code;
}

int verb_bindings(const struct cli *cli)
{
	struct source src;
	int err, code;

	if (cli_value(cli, "client") != NULL &&
	    cli_value(cli, "server") != NULL) {
		cli_error(NULL, "make one header for each",
		    "`--client` and `--server` exclude each other");
		return EXIT_USAGE;
	}
	err = source_load(&src, cli->args[0], SOURCE_MAX);
	if (err != 0) {
		cli_error("AZ0205", NULL, "cannot read `%s`: %s", cli->args[0],
		    strerror(err));
		return EXIT_INPUT;
	}
	code = make(cli, &src);
	source_fini(&src);
	return code;
}
