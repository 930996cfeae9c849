/* help: the texts that come from the table of verbs. */
#ifndef BUILDER_HELP_H
#define BUILDER_HELP_H

struct cli_verb;

/* Print to stdout: the overview, or one verb's usage and options. */
void help_print_overview(void);
void help_print_verb(const struct cli_verb *verb);

#endif
