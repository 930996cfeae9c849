#include "cli.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "exit.h"
#include "manifest_table.h"

/* Print the words of "a|b|c" with spaces between them. */
static void print_words(const char *words)
{
	for (; *words; words++)
		putchar(*words == '|' ? ' ' : *words);
}

/* Print text for the inside of a shell's single quotes. */
static void print_quoted(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
}

/* A value of fixed words is completed with them, any other with files. */
static bool has_words(const char *value)
{
	return value && strchr(value, '|');
}

static void print_option_words(const struct cli_option *o)
{
	for (; o->name; o++) {
		printf(" --%s", o->name);
		if (o->letter)
			printf(" -%c", o->letter);
	}
}

static void print_verb_words(void)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", verbs[i].name);
}

/* A user's name may stand for `*`, which shells would take for a pattern. */
static void print_key(const struct field *f, const char *path, void *arg)
{
	(void)arg;
	if (f->type == FIELD_LATER)
		return;
	putchar(' ');
	for (; *path; path++)
		fputs(*path == '*' ? "NAME" : (char[]){ *path, 0 }, stdout);
}

/* What `explain` knows: the codes, and the keys of the manifest. */
static void print_explained(void)
{
	size_t count;
	const struct diag_kind *kinds = diag_kind_table(&count);

	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", kinds[i].code);
	field_walk(field_root(), "", print_key, NULL);
	printf(" codes keys table");
}

/* Does an argument of the verb have fixed words? */
static bool has_arg_words(const struct cli_verb *v)
{
	return strcmp(v->args, "[VERB]") == 0 ||
	       strcmp(v->name, "explain") == 0 ||
	       (has_words(v->args) && v->args_min);
}

static void print_arg_words(const struct cli_verb *v)
{
	if (strcmp(v->args, "[VERB]") == 0)
		print_verb_words();
	else if (strcmp(v->name, "explain") == 0)
		print_explained();
	else
		print_words(v->args);
}

/* The cases that complete the value after an option. verb: a pattern. */
static void print_bash_values(const char *verb, const struct cli_option *o)
{
	for (; o->name; o++) {
		if (!has_words(o->value))
			continue;
		printf(
		    "\t%s:--%s)\n\t\tCOMPREPLY=($(compgen -W '", verb, o->name);
		print_words(o->value);
		puts("' -- \"$word\"))\n\t\treturn ;;");
	}
}

static void print_bash_verb(const struct cli_verb *v)
{
	printf("\t%s) options='", v->name);
	print_option_words(v->options);
	printf("'");
	if (has_arg_words(v)) {
		printf(" args='");
		print_arg_words(v);
		printf("'");
	}
	puts(" ;;");
}

static void print_bash(void)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	puts("# bash completion for azoth\n"
	     "_azoth()\n"
	     "{\n"
	     "\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	     "\tlocal before=${COMP_WORDS[COMP_CWORD-1]}\n"
	     "\tlocal verb='' i options='' args=''\n"
	     "\tCOMPREPLY=()\n"
	     "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "\t\tcase ${COMP_WORDS[i]} in\n"
	     "\t\t-*) ;;\n"
	     "\t\t*) verb=${COMP_WORDS[i]}; break ;;\n"
	     "\t\tesac\n"
	     "\tdone\n"
	     "\tcase $verb:$before in");
	print_bash_values("*", cli_common_table());
	for (size_t i = 0; i < count; i++)
		print_bash_values(verbs[i].name, verbs[i].options);
	printf("\tesac\n\tcase $verb in\n\t'') args='");
	print_verb_words();
	puts("' ;;");
	for (size_t i = 0; i < count; i++)
		print_bash_verb(&verbs[i]);
	printf("\tesac\n\toptions+='");
	print_option_words(cli_common_table());
	puts("'\n"
	     "\tcase $word in\n"
	     "\t-*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
	     "\t*) if [ -n \"$args\" ]; then\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$args\" -- \"$word\"))\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
	     "\tfi ;;\n"
	     "\tesac\n"
	     "}\n"
	     "complete -o filenames -F _azoth azoth");
}

/* One row of _arguments: '(-o --output)'{-o,--output}'[help]:DIR:words'. */
static void print_zsh_option(const struct cli_option *o)
{
	printf(" \\\n\t\t\t");
	if (o->letter)
		printf("'(-%c --%s)'{-%c,--%s}", o->letter, o->name, o->letter,
		    o->name);
	else
		printf("'--%s", o->name);
	fputs(o->letter ? "'[" : "[", stdout);
	print_quoted(o->help);
	putchar(']');
	if (has_words(o->value)) {
		printf(":word:(");
		print_words(o->value);
		putchar(')');
	} else if (o->value) {
		printf(":%s:_files", o->value);
	}
	putchar('\'');
}

static void print_zsh_verb(const struct cli_verb *v)
{
	printf("\t\t%s)\n\t\t_arguments", v->name);
	for (const struct cli_option *o = v->options; o->name; o++)
		print_zsh_option(o);
	for (const struct cli_option *o = cli_common_table(); o->name; o++)
		print_zsh_option(o);
	if (has_arg_words(v)) {
		printf(" \\\n\t\t\t'1:word:(");
		print_arg_words(v);
		printf(")'");
	} else if (v->args_max) {
		printf(" \\\n\t\t\t'1:file:_files'");
	}
	puts(" ;;");
}

static void print_zsh_summary(const struct cli_verb *v)
{
	printf("\t\t'%s:", v->name);
	print_quoted(v->summary);
	puts("'");
}

static void print_zsh(void)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	puts("#compdef azoth\n"
	     "_azoth()\n"
	     "{\n"
	     "\tlocal -a verbs\n"
	     "\tlocal curcontext=$curcontext state line\n"
	     "\tverbs=(");
	for (size_t i = 0; i < count; i++)
		print_zsh_summary(&verbs[i]);
	puts("\t)\n"
	     "\t_arguments -C '1:verb:->verb' '*::argument:->argument'\n"
	     "\tcase $state in\n"
	     "\tverb)\n"
	     "\t\t_describe verb verbs ;;\n"
	     "\targument)\n"
	     "\t\tcase $words[1] in");
	for (size_t i = 0; i < count; i++)
		print_zsh_verb(&verbs[i]);
	puts("\t\tesac ;;\n"
	     "\tesac\n"
	     "}\n"
	     "_azoth \"$@\"");
}

static void print_fish_option(const struct cli_option *o, const char *verb)
{
	printf("complete -c azoth");
	if (verb)
		printf(" -n '__fish_seen_subcommand_from %s'", verb);
	printf(" -l %s", o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->value)
		printf(" -r");
	if (has_words(o->value)) {
		printf(" -f -a '");
		print_words(o->value);
		putchar('\'');
	}
	printf(" -d '");
	print_quoted(o->help);
	puts("'");
}

static void print_fish_summary(const struct cli_verb *v)
{
	printf("complete -c azoth -n __fish_use_subcommand -f -a %s -d '",
	    v->name);
	print_quoted(v->summary);
	puts("'");
}

static void print_fish(void)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	puts("# fish completion for azoth");
	for (size_t i = 0; i < count; i++)
		print_fish_summary(&verbs[i]);
	for (size_t i = 0; i < count; i++) {
		for (const struct cli_option *o = verbs[i].options; o->name;
		     o++)
			print_fish_option(o, verbs[i].name);
		if (!has_arg_words(&verbs[i]))
			continue;
		printf("complete -c azoth -n '__fish_seen_subcommand_from %s' "
		       "-f -a '",
		    verbs[i].name);
		print_arg_words(&verbs[i]);
		puts("'");
	}
	for (const struct cli_option *o = cli_common_table(); o->name; o++)
		print_fish_option(o, NULL);
}

int verb_completion(const struct cli *cli)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh },
		{ "fish", print_fish } };

	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (strcmp(cli->args[0], shells[i].name) == 0) {
			shells[i].print();
			return EXIT_DONE;
		}
	}
	cli_error(NULL, "it is bash, zsh or fish", "no completion for `%s`",
	    cli->args[0]);
	return EXIT_USAGE;
}
