/* help: the texts that come from the table of verbs. */
#ifndef BUILDER_HELP_H
#define BUILDER_HELP_H

struct cli;
struct cli_verb;

/* Print to stdout: the overview, or one verb's usage and options. */
void help_print_overview(void);
void help_print_verb(const struct cli_verb *verb);

/* The verb that the first argument names; NULL after saying that none does. */
const struct cli_verb *help_find_verb(const struct cli *cli);

#endif
