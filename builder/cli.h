/* cli: the parsed command line, and the table of verbs and options that also
 * makes --help, the man page and the completions (cli_table.c).
 */
#ifndef BUILDER_CLI_H
#define BUILDER_CLI_H

#include <stdbool.h>
#include <stddef.h>

enum cli_progress { PROGRESS_AUTO, PROGRESS_PLAIN, PROGRESS_JSON,
	PROGRESS_NONE };

/* What the user asked for. Strings are borrowed from argv. */
struct cli {
	const struct cli_verb *verb;
	char **args; /* positional arguments */
	int arg_count;
	const char *file;    /* -f; NULL: azoth.yaml, walking up */
	const char *profile; /* --profile; NULL */
	bool quiet, verbose, json;
	bool color; /* of stderr, already decided (NO_COLOR, TERM, TTY) */
	enum cli_progress progress; /* never AUTO */
	int progress_fd;
	const char *values[32]; /* of the verb's own options, by their order
				 * in its table; "" for a flag, NULL unset */
};

struct cli_option {
	const char *name;  /* without -- */
	char letter;	   /* or 0 */
	const char *value; /* name of its value for help; NULL: a flag */
	const char *help;  /* one line */
};

struct cli_verb {
	const char *name;
	const char *args;    /* usage of the positional ones: "X.iso" */
	const char *summary; /* one line */
	const char *group;   /* MAKE RUN TRUST SEE HELP */
	int args_min, args_max;
	const struct cli_option *options; /* ends with name NULL */
	int (*run)(const struct cli *cli); /* returns an exit code */
};

/* The value of the verb's option, "" for a flag that is set, NULL unset.
 * name must be in the verb's table. */
const char *cli_value(const struct cli *cli, const char *name);

/* The manifest to use: -f, or the nearest azoth.yaml going up; NULL after
 * saying why on stderr. The caller frees it. */
char *cli_manifest_path(const struct cli *cli);

const struct cli_verb *cli_verb_table(size_t *count);

/* The verbs, one file each (verb_NAME.c). */
int verb_new(const struct cli *cli);
int verb_check(const struct cli *cli);
int verb_build(const struct cli *cli);
int verb_run(const struct cli *cli);
int verb_keygen(const struct cli *cli);
int verb_verify(const struct cli *cli);
int verb_inspect(const struct cli *cli);
int verb_explain(const struct cli *cli);
int verb_doctor(const struct cli *cli);
int verb_clean(const struct cli *cli);
int verb_completion(const struct cli *cli);
int verb_man(const struct cli *cli);
int verb_help(const struct cli *cli);
int verb_version(const struct cli *cli);

#endif
