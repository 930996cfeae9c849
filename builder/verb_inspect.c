#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "artifact.h"
#include "cli.h"
#include "exit.h"
#include "inspect.h"
#include "json_text.h"

static void print(const struct cli *cli, json_t *out)
{
	struct buf text = { 0 };

	if (cli->json) {
		json_text_print(stdout, out);
		return;
	}
	json_text(&text, out);
	fwrite(text.at, 1, text.len, stdout);
	buf_fini(&text);
	json_decref(out);
}

int verb_inspect(const struct cli *cli)
{
	struct artifact a;
	char why[INSPECT_WHY_SIZE];
	json_t *out;

	if (!artifact_open(&a, cli->args[0])) {
		cli_error("AZ0205", NULL, "cannot read `%s`: %s", cli->args[0],
		    strerror(errno));
		return EXIT_INPUT;
	}
	out = inspect_artifact(&a, why);
	if (out != NULL)
		print(cli, out);
	else
		cli_error(
		    NULL, NULL, "cannot inspect `%s`: %s", cli->args[0], why);
	artifact_close(&a);
	return out != NULL ? EXIT_DONE : EXIT_INPUT;
}
