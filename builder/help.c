#include "help.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { WIDTH = 76, OPTION_WIDTH = 24 };

void help_print_overview(void)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	puts("azoth - build and run systems made of WebAssembly modules\n");
	puts("  azoth new -t hello-c hello   start a project");
	puts(
	    "  azoth check                  find every mistake, build nothing");
	puts("  azoth build                  compile, sign, pack  ->  "
	     "out/hello.iso");
	puts("  azoth run                    boot it in QEMU\n");
	for (const char *const *group = cli_groups(); *group; group++) {
		printf("%-9s", *group);
		const char *gap = "";
		for (size_t i = 0; i < count; i++) {
			if (strcmp(verbs[i].group, *group) != 0)
				continue;
			printf("%s%s", gap, verbs[i].name);
			gap = " ";
		}
		putchar('\n');
	}
	puts("\n`azoth help VERB` explains a verb, `azoth explain CODE` a "
	     "message.");
}

/* One paragraph, broken at spaces. */
static void print_wrapped(const char *text)
{
	while (*text) {
		size_t len = strlen(text);
		if (len > WIDTH) {
			len = WIDTH;
			while (len > 0 && text[len] != ' ')
				len--;
			if (len == 0)
				len = strcspn(text, " ");
		}
		printf("%.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static void print_options(const struct cli_option *options)
{
	char left[64];

	for (; options->name; options++) {
		int n = 0;
		if (options->letter)
			n = snprintf(
			    left, sizeof left, "-%c, ", options->letter);
		else
			n = snprintf(left, sizeof left, "    ");
		snprintf(left + n, sizeof left - (size_t)n, "--%s%s%s",
		    options->name, options->value ? " " : "",
		    options->value ? options->value : "");
		if (strlen(left) > OPTION_WIDTH)
			printf("  %s\n  %-*s  %s\n", left, OPTION_WIDTH, "",
			    options->help);
		else
			printf(
			    "  %-*s  %s\n", OPTION_WIDTH, left, options->help);
	}
}

void help_print_verb(const struct cli_verb *verb)
{
	printf("azoth %s - %s\n\n", verb->name, verb->summary);
	printf("usage: azoth %s [options]%s%s\n\n", verb->name,
	    *verb->args ? " " : "", verb->args);
	print_wrapped(verb->text);
	if (verb->options->name) {
		puts("\noptions");
		print_options(verb->options);
	}
	puts("\noptions of every verb");
	print_options(cli_common_table());
}

const struct cli_verb *help_find_verb(const struct cli *cli)
{
	const struct cli_verb *verb = cli_verb_find(cli->args[0]);

	if (verb == NULL)
		cli_error(NULL, "`azoth help` lists the verbs",
		    "unknown verb `%s`", cli->args[0]);
	return verb;
}
