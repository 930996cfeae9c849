/* cli: the parsed command line, and the table of verbs and options that also
 * makes --help, the man page and the completions (cli_table.c).
 *
 * Parsing is strict: an unknown verb or option, an abbreviated option or a
 * wrong number of arguments is said with the nearest name, and nothing runs.
 * Results go to stdout, talk to stderr.
 */
#ifndef BUILDER_CLI_H
#define BUILDER_CLI_H

#include <stdbool.h>
#include <stddef.h>

#define AZOTH_VERSION "0.1.0"

/* How steps are shown. TERMINAL replaces lines in place. */
enum cli_progress {
	PROGRESS_AUTO,
	PROGRESS_PLAIN,
	PROGRESS_JSON,
	PROGRESS_NONE,
	PROGRESS_TERMINAL,
};

enum { CLI_OPTIONS_MAX = 32, CLI_GIVEN_MAX = 128 };

/* What the user asked for. Strings are borrowed from argv. */
struct cli {
	const struct cli_verb *verb;
	char **args; /* positional arguments */
	int arg_count;
	const char *file;    /* -f; NULL: azoth.yaml, walking up */
	const char *folder;  /* -C; main has gone there already */
	const char *profile; /* --profile; NULL */
	bool quiet, verbose, json;
	bool no_input; /* never ask */
	bool help;     /* -h: main prints the verb's help instead */
	bool color;    /* of stderr, already decided (NO_COLOR, TERM, TTY) */
	enum cli_progress progress; /* never AUTO */
	int progress_fd;
	const char *values[CLI_OPTIONS_MAX]; /* of the verb's own options, by
						their order in its table; ""
						for a flag, NULL unset */
	/* All that were given, in order. */
	struct cli_given {
		size_t option;
		const char *value;
	} given[CLI_GIVEN_MAX];
	size_t given_count;
};

struct cli_option {
	const char *name;  /* without -- */
	char letter;       /* or 0 */
	const char *value; /* name of its value, or its words with | between
			    * them; NULL: a flag */
	const char *help;  /* one line */
};

struct cli_verb {
	const char *name;
	const char *args;    /* usage of the positional ones: "X.iso" */
	const char *summary; /* one line */
	const char *group;   /* MAKE RUN TRUST SEE HELP */
	int args_min, args_max;
	const struct cli_option *options;  /* ends with name NULL */
	int (*run)(const struct cli *cli); /* returns an exit code */
	const char *text;                  /* paragraphs for --help and man */
};

/* The value of the verb's option, "" for a flag that is set, NULL unset.
 * name must be in the verb's table. */
const char *cli_value(const struct cli *cli, const char *name);

/* Of an option that may be repeated, the value given at place n; NULL. */
const char *cli_nth(const struct cli *cli, const char *name, size_t n);

/* The manifest to use: -f, or the nearest azoth.yaml going up; NULL after
 * saying why on stderr. The caller frees it. */
char *cli_manifest_path(const struct cli *cli);

/* Say a mistake that has no place in a file, or what may be one, on stderr, in
 * the shape of a diagnostic. code and help may be NULL. */
void cli_error(const char *code, const char *help, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void cli_warning(const char *help, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* "30s", "500ms", "2m", "1h": *ns is set, or false. */
bool cli_parse_duration(const char *text, unsigned long long *ns);

/* Fill *out from argv. Returns -1 when a verb is to run, else the exit code
 * to end with, after saying why. */
int cli_parse(struct cli *out, int argc, char **argv);

const struct cli_verb *cli_verb_table(size_t *count);
const struct cli_verb *cli_verb_find(const char *name);

/* The options that every verb takes, in this order. */
enum cli_common {
	COMMON_FILE,
	COMMON_FOLDER,
	COMMON_PROFILE,
	COMMON_QUIET,
	COMMON_VERBOSE,
	COMMON_JSON,
	COMMON_COLOR,
	COMMON_PROGRESS,
	COMMON_PROGRESS_FD,
	COMMON_NO_INPUT,
	COMMON_HELP,
	COMMON_COUNT,
};
const struct cli_option *cli_common_table(void);

/* The groups of verbs in the order of the overview; ends with NULL. */
const char *const *cli_groups(void);

/* Rows of "exit code, meaning"; ends with text NULL. */
struct cli_exit {
	int code;
	const char *text;
};
const struct cli_exit *cli_exit_table(void);

/* The verbs, one file each (verb_NAME.c). */
int verb_new(const struct cli *cli);
int verb_check(const struct cli *cli);
int verb_build(const struct cli *cli);
int verb_run(const struct cli *cli);
int verb_chaos(const struct cli *cli);
int verb_export(const struct cli *cli);
int verb_keygen(const struct cli *cli);
int verb_verify(const struct cli *cli);
int verb_inspect(const struct cli *cli);
int verb_caps(const struct cli *cli);
int verb_graph(const struct cli *cli);
int verb_diff(const struct cli *cli);
int verb_explain(const struct cli *cli);
int verb_doctor(const struct cli *cli);
int verb_bindings(const struct cli *cli);
int verb_clean(const struct cli *cli);
int verb_completion(const struct cli *cli);
int verb_man(const struct cli *cli);
int verb_help(const struct cli *cli);
int verb_version(const struct cli *cli);

#endif
