#include "cli.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "exit.h"

enum {
	OPTIONS_MAX = COMMON_COUNT + CLI_OPTIONS_MAX,
	LONG_BASE = 256, /* getopt's values of long options start here */
	VERBS_MAX = 32,
};

/* The options in force: the common ones, then the verb's own. */
struct parser {
	struct cli *out;
	const struct cli_option *options[OPTIONS_MAX];
	size_t count;
	struct option longs[OPTIONS_MAX + 1];
	char shorts[2 * OPTIONS_MAX + 3];
	const char *color, *progress, *progress_fd; /* as given */
};

static void say(const char *what, const char *code, const char *help,
    const char *fmt, va_list args)
{
	fflush(stdout);
	if (code)
		fprintf(stderr, "%s[%s]: ", what, code);
	else
		fprintf(stderr, "%s: ", what);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	if (help)
		fprintf(stderr, "    = help: %s\n", help);
}

void cli_error(const char *code, const char *help, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("error", code, help, fmt, args);
	va_end(args);
}

void cli_warning(const char *help, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	say("warning", NULL, help, fmt, args);
	va_end(args);
}

const char *cli_value(const struct cli *cli, const char *name)
{
	const struct cli_option *options = cli->verb->options;

	for (size_t i = 0; options[i].name; i++)
		if (strcmp(options[i].name, name) == 0)
			return cli->values[i];
	fprintf(stderr, "azoth: verb %s has no option %s in the table\n",
	    cli->verb->name, name);
	abort();
}

const char *cli_nth(const struct cli *cli, const char *name, size_t n)
{
	for (size_t i = 0; i < cli->given_count; i++) {
		const struct cli_given *g = &cli->given[i];

		if (strcmp(cli->verb->options[g->option].name, name) == 0 &&
		    n-- == 0)
			return g->value;
	}
	return NULL;
}

bool cli_parse_duration(const char *text, unsigned long long *ns)
{
	static const struct {
		const char *unit;
		unsigned long long ns;
	} units[] = { { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 } };
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 9)
		return false;
	unsigned long long n = strtoull(text, &end, 10);
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (strcmp(end, units[i].unit) != 0)
			continue;
		*ns = n * units[i].ns;
		return n > 0;
	}
	return false;
}

/* The folders above the current one: as many as its path has slashes. */
static size_t folder_depth(void)
{
	char *cwd = getcwd(NULL, 0);
	size_t depth = 0;

	for (const char *c = cwd; c && *c; c++)
		depth += *c == '/';
	free(cwd);
	return depth;
}

char *cli_manifest_path(const struct cli *cli)
{
	static const char name[] = "azoth.yaml";
	size_t depth = folder_depth();

	if (cli->file)
		return strdup(cli->file);
	char *path = malloc(3 * depth + sizeof name);
	if (!path)
		return NULL;
	for (size_t up = 0; up <= depth; up++) {
		for (size_t i = 0; i < up; i++)
			memcpy(path + 3 * i, "../", 3);
		memcpy(path + 3 * up, name, sizeof name);
		if (access(path, F_OK) == 0)
			return path;
	}
	free(path);
	cli_error("AZ0205", "name one with -f FILE, or start with `azoth new`",
	    "no azoth.yaml here or in a folder above");
	return NULL;
}

static void parser_add(struct parser *p, const struct cli_option *table)
{
	for (; table->name && p->count < OPTIONS_MAX; table++) {
		size_t i = p->count++;
		p->options[i] = table;
		p->longs[i] = (struct option){ table->name,
			table->value ? required_argument : no_argument, NULL,
			LONG_BASE + (int)i };
	}
	p->longs[p->count] = (struct option){ NULL, 0, NULL, 0 };
}

/* stop: end at the first word that is no option. */
static void parser_init(struct parser *p, const struct cli_verb *verb)
{
	char *s = p->shorts;

	p->count = 0;
	parser_add(p, cli_common_table());
	if (verb)
		parser_add(p, verb->options);
	else
		*s++ = '+';
	*s++ = ':';
	for (size_t i = 0; i < p->count; i++) {
		if (!p->options[i]->letter)
			continue;
		*s++ = p->options[i]->letter;
		if (p->options[i]->value)
			*s++ = ':';
	}
	*s = 0;
	optind = 0; /* makes getopt forget its last run */
	opterr = 0;
}

static int fail_unknown(const struct parser *p, const char *word)
{
	const char *names[OPTIONS_MAX];
	char help[128] = "", text[64];
	int len = (int)strcspn(word, "=");

	for (size_t i = 0; i < p->count; i++)
		names[i] = p->options[i]->name;
	if (len > 2 && word[1] == '-') {
		snprintf(text, sizeof text, "%.*s", len - 2, word + 2);
		const char *near = diag_nearest(text, names, p->count);
		for (size_t i = 0; !near && i < p->count; i++)
			if (strncmp(names[i], text, strlen(text)) == 0)
				near = names[i];
		if (near)
			snprintf(
			    help, sizeof help, "did you mean `--%s`?", near);
	}
	const struct cli_verb *verb = p->out->verb;
	if (!*help)
		snprintf(help, sizeof help, "`azoth help%s%s` lists them",
		    verb ? " " : "", verb ? verb->name : "");
	cli_error(NULL, help, "unknown option `%.*s`%s%s", len, word,
	    verb ? " of " : "", verb ? verb->name : "");
	return EXIT_USAGE;
}

static void take_common(struct parser *p, size_t i, const char *value)
{
	struct cli *out = p->out;

	switch ((enum cli_common)i) {
	case COMMON_FILE:
		out->file = value;
		break;
	case COMMON_FOLDER:
		out->folder = value;
		break;
	case COMMON_PROFILE:
		out->profile = value;
		break;
	case COMMON_QUIET:
		out->quiet = true;
		break;
	case COMMON_VERBOSE:
		out->verbose = true;
		break;
	case COMMON_JSON:
		out->json = true;
		break;
	case COMMON_COLOR:
		p->color = value;
		break;
	case COMMON_PROGRESS:
		p->progress = value;
		break;
	case COMMON_PROGRESS_FD:
		p->progress_fd = value;
		break;
	case COMMON_NO_INPUT:
		out->no_input = true;
		break;
	case COMMON_HELP:
	case COMMON_COUNT:
		out->help = true;
		break;
	}
}

/* The word that getopt has just taken an option from. */
static const char *option_word(char **argv)
{
	bool apart = optarg && optarg == argv[optind - 1];

	return argv[optind - (apart ? 2 : 1)];
}

/* The last value is the option's; all of them are kept for cli_nth. */
static bool take_given(struct cli *out, size_t option)
{
	if (out->given_count == CLI_GIVEN_MAX) {
		cli_error(NULL, NULL, "there are too many options");
		return false;
	}
	out->given[out->given_count++] =
	    (struct cli_given){ option, out->values[option] };
	return true;
}

/* Take every option of argv; returns -1 or an exit code. */
static int parse_options(struct parser *p, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, p->shorts, p->longs, NULL)) != -1) {
		size_t i = 0;
		char letter[] = { '-', (char)optopt, 0 };

		if (c == '?')
			return fail_unknown(p, optopt && optopt < LONG_BASE
						   ? letter
						   : argv[optind - 1]);
		if (c == ':') {
			cli_error(NULL, NULL, "option `%s` needs a value",
			    optopt < LONG_BASE ? letter : argv[optind - 1]);
			return EXIT_USAGE;
		}
		if (c >= LONG_BASE) {
			const char *word = option_word(argv);
			i = (size_t)c - LONG_BASE;
			/* getopt accepts beginnings; they would change their
			 * meaning when an option is added. */
			if (strcspn(word, "=") - 2 != strlen(p->longs[i].name))
				return fail_unknown(p, word);
		} else {
			while (p->options[i]->letter != c)
				i++;
		}
		if (i < COMMON_COUNT)
			take_common(p, i, optarg);
		else
			p->out->values[i - COMMON_COUNT] = optarg ? optarg : "";
		if (i >= COMMON_COUNT && !take_given(p->out, i - COMMON_COUNT))
			return EXIT_USAGE;
	}
	return -1;
}

static bool term_is_plain(void)
{
	const char *term = getenv("TERM");

	return !term || !*term || strcmp(term, "dumb") == 0;
}

/* The position of word in names, or -1 after saying what is allowed. */
static int pick(const char *option, const char *word, const char *allowed,
    const char *const *names)
{
	if (!word)
		return 0;
	for (int i = 0; names[i]; i++)
		if (strcmp(word, names[i]) == 0)
			return i;
	cli_error(NULL, allowed, "`%s` is no value of `--%s`", word, option);
	return -1;
}

static int decide_color(struct parser *p)
{
	static const char *const names[] = { "auto", "always", "never", NULL };
	const char *no_color = getenv("NO_COLOR");
	int pos = pick("color", p->color, "it is auto, always or never", names);

	if (pos < 0)
		return EXIT_USAGE;
	bool wanted = !(no_color && *no_color) && !term_is_plain() &&
		      isatty(STDERR_FILENO);
	p->out->color = pos == 1 || (pos == 0 && wanted);
	return -1;
}

static int decide_progress(struct parser *p)
{
	static const char *const names[] = { "auto", "plain", "json", "none",
		NULL };
	struct cli *out = p->out;
	char *end = NULL;

	out->progress_fd = STDERR_FILENO;
	if (p->progress_fd) {
		long fd = strtol(p->progress_fd, &end, 10);
		if (end == p->progress_fd || *end || fd < 0 || fd > 65535) {
			cli_error(NULL, NULL, "`%s` is no file descriptor",
			    p->progress_fd);
			return EXIT_USAGE;
		}
		out->progress_fd = (int)fd;
	}
	int pos = pick(
	    "progress", p->progress, "it is auto, plain, json or none", names);
	if (pos < 0)
		return EXIT_USAGE;
	out->progress = (enum cli_progress)pos;
	if (out->progress != PROGRESS_AUTO)
		return -1;
	if (out->quiet)
		out->progress = PROGRESS_NONE;
	else if (isatty(out->progress_fd) && !term_is_plain())
		out->progress = PROGRESS_TERMINAL;
	else
		out->progress = PROGRESS_PLAIN;
	return -1;
}

static int fail_verb(const char *word)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);
	const char *names[VERBS_MAX];
	char help[96] = "`azoth help` lists the verbs";

	for (size_t i = 0; i < count && i < VERBS_MAX; i++)
		names[i] = verbs[i].name;
	const char *near = diag_nearest(word, names, count);
	if (near)
		snprintf(help, sizeof help, "did you mean `azoth %s`?", near);
	cli_error(NULL, help, "unknown verb `%s`", word);
	return EXIT_USAGE;
}

static int check_args(const struct cli *out)
{
	const struct cli_verb *verb = out->verb;
	char help[128];

	if (out->help || (out->arg_count >= verb->args_min &&
			     out->arg_count <= verb->args_max))
		return -1;
	snprintf(help, sizeof help, "usage: azoth %s [options] %s", verb->name,
	    verb->args);
	if (out->arg_count < verb->args_min)
		cli_error(NULL, help, "%s needs an argument", verb->name);
	else
		cli_error(NULL, help, "%s takes no argument `%s`", verb->name,
		    out->args[verb->args_max]);
	return EXIT_USAGE;
}

int cli_parse(struct cli *out, int argc, char **argv)
{
	struct parser p = { .out = out };
	const char *name = "help";
	int code;

	*out = (struct cli){ 0 };
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		argv[1] = "version";
	parser_init(&p, NULL);
	if ((code = parse_options(&p, argc, argv)) >= 0)
		return code;
	int rest = optind;
	if (rest < argc)
		name = argv[rest];
	out->verb = cli_verb_find(name);
	if (!out->verb)
		return fail_verb(name);
	if (rest < argc) {
		parser_init(&p, out->verb);
		code = parse_options(&p, argc - rest, argv + rest);
		if (code >= 0)
			return code;
		out->args = argv + rest + optind;
		out->arg_count = argc - rest - optind;
	} else {
		out->help = false; /* the overview is all there is */
	}
	if ((code = decide_color(&p)) >= 0 || (code = decide_progress(&p)) >= 0)
		return code;
	return check_args(out);
}
