/* azoth graph: a picture of a system, in words or drawn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "diag.h"
#include "exit.h"
#include "graph.h"
#include "mem.h"
#include "system.h"

static const char *const VIEWS[] = { "channels", "supervision", "authority" };
static const char *const FORMATS[] = { "text", "mermaid", "dot", "svg" };
enum { FORMAT_TEXT, FORMAT_MERMAID, FORMAT_DOT, FORMAT_SVG };

/* The number of the word, the first without one; -1 after saying that there
 * is no such word. */
static int choose(const struct cli *cli, const char *option,
    const char *const *words, size_t count)
{
	const char *word = cli_value(cli, option), *near;
	char *help;

	if (word == NULL)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (strcmp(word, words[i]) == 0)
			return (int)i;
	near = diag_nearest(word, words, count);
	help = near != NULL ? xasprintf("did you mean `%s`?", near) : NULL;
	cli_error(NULL, help, "unknown %s `%s`", option, word);
	free(help);
	return -1;
}

static int draw(const struct graph *g, int format)
{
	struct buf out = { 0 };
	bool done = true;

	if (format == FORMAT_TEXT)
		graph_text(&out, g);
	else if (format == FORMAT_MERMAID)
		graph_mermaid(&out, g);
	else if (format == FORMAT_DOT)
		graph_dot(&out, g);
	else
		done = graph_svg(&out, g);
	if (!done)
		cli_error(NULL, "use `--format dot` or `--format text`",
		    "the system is too large to draw");
	if (out.len > 0)
		fwrite(out.at, 1, out.len, stdout);
	buf_fini(&out);
	return done ? EXIT_DONE : EXIT_INPUT;
}

int verb_graph(const struct cli *cli)
{
	int view = choose(cli, "view", VIEWS, sizeof(VIEWS) / sizeof(VIEWS[0]));
	int format = choose(
	    cli, "format", FORMATS, sizeof(FORMATS) / sizeof(FORMATS[0]));
	int code = EXIT_INPUT;
	struct system s;
	struct graph g;
	char *path;

	if (view < 0 || format < 0)
		return EXIT_USAGE;
	path = cli_manifest_path(cli);
	if (path == NULL)
		return EXIT_INPUT;
	if (system_open(&s, cli, path)) {
		graph_init(&g, s.m, (enum graph_view)view);
		code = draw(&g, format);
		graph_fini(&g);
	}
	system_close(&s);
	free(path);
	return code;
}
