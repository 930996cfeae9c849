#include "cli.h"

#include <stdio.h>

#include "exit.h"
#include "help.h"

/* Text for roff: dashes that are typed stay dashes, and no line begins with
 * a control character. */
static void put_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

static void put_option(const struct cli_option *o)
{
	puts(".TP");
	fputs(".B ", stdout);
	if (o->letter)
		printf("\\-%c\\fR, \\fB", o->letter);
	fputs("\\-\\-", stdout);
	put_text(o->name);
	if (o->value)
		printf(" \\fI%s", o->value);
	fputs("\n", stdout);
	put_text(o->help);
	putchar('\n');
}

static void put_options(const char *title, const struct cli_option *options)
{
	if (!options->name)
		return;
	printf(".SH %s\n", title);
	for (; options->name; options++)
		put_option(options);
}

static void put_exits(void)
{
	puts(".SH EXIT STATUS");
	for (const struct cli_exit *e = cli_exit_table(); e->text; e++) {
		printf(".TP\n.B %d\n", e->code);
		put_text(e->text);
		putchar('\n');
	}
}

/* The date is the version's own, so that equal builds print equal pages. */
static void put_head(const char *name, const char *summary)
{
	char upper[32];
	size_t len = 0;

	for (; len < sizeof upper - 1 && name[len]; len++)
		upper[len] = name[len] >= 'a' && name[len] <= 'z'
				 ? (char)(name[len] - 'a' + 'A')
				 : name[len];
	upper[len] = 0;
	fputs(".TH ", stdout);
	put_text(upper);
	printf(" 1 2026-11-22 \"azoth %s\" \"Azoth Manual\"\n.SH NAME\n",
	    AZOTH_VERSION);
	put_text(name);
	fputs(" \\- ", stdout);
	put_text(summary);
	putchar('\n');
}

static void put_verb_page(const struct cli_verb *verb)
{
	char name[32];

	snprintf(name, sizeof name, "azoth-%s", verb->name);
	put_head(name, verb->summary);
	printf(".SH SYNOPSIS\n.B azoth %s\n[\\fIoptions\\fR]", verb->name);
	if (*verb->args)
		putchar(' ');
	put_text(verb->args);
	puts("\n.SH DESCRIPTION");
	put_text(verb->text);
	putchar('\n');
	put_options("OPTIONS", verb->options);
	put_options("OPTIONS OF EVERY VERB", cli_common_table());
	put_exits();
	puts(".SH SEE ALSO\n.BR azoth (1)");
}

static void put_overview_page(void)
{
	size_t count;
	const struct cli_verb *verbs = cli_verb_table(&count);

	put_head("azoth", "build and run systems made of WebAssembly modules");
	puts(".SH SYNOPSIS\n.B azoth\n.I verb\n[\\fIoptions\\fR] "
	     "[\\fIarguments\\fR]\n"
	     ".SH DESCRIPTION\n"
	     "Azoth turns a manifest of WebAssembly modules into a signed,\n"
	     "bootable appliance, and boots it.\n"
	     ".SH VERBS");
	for (size_t i = 0; i < count; i++) {
		printf(".TP\n.B %s", verbs[i].name);
		if (*verbs[i].args)
			fputs(" \\fI", stdout);
		put_text(verbs[i].args);
		putchar('\n');
		put_text(verbs[i].summary);
		putchar('\n');
	}
	put_options("OPTIONS OF EVERY VERB", cli_common_table());
	put_exits();
	puts(".SH ENVIRONMENT\n"
	     ".TP\n.B SOURCE_DATE_EPOCH\n"
	     "the time written into images, seconds\n"
	     ".TP\n.B NO_COLOR\nwhen set, nothing is coloured\n"
	     ".TP\n.B XDG_CACHE_HOME\nholds the cache of compiled modules\n"
	     ".TP\n.B XDG_DATA_HOME\nholds the development key\n"
	     ".SH SEE ALSO");
	for (size_t i = 0; i < count; i++)
		printf(".BR azoth\\-%s (1)%s\n", verbs[i].name,
		    i + 1 < count ? "," : "");
}

int verb_man(const struct cli *cli)
{
	if (cli->arg_count == 0) {
		put_overview_page();
		return EXIT_DONE;
	}
	const struct cli_verb *verb = help_find_verb(cli);
	if (!verb)
		return EXIT_USAGE;
	put_verb_page(verb);
	return EXIT_DONE;
}
