#include "cli.h"

#include <stddef.h>

#include "exit.h"
#include "help.h"

int verb_help(const struct cli *cli)
{
	if (cli->arg_count == 0) {
		help_print_overview();
		return EXIT_DONE;
	}
	const struct cli_verb *verb = help_find_verb(cli);
	if (!verb)
		return EXIT_USAGE;
	help_print_verb(verb);
	return EXIT_DONE;
}
