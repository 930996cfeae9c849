/* run: one guest from its start to its end, with our streams between.
 *
 * stdout carries one thing: the console, the JSON lines of --test and --json
 * (run_report.h), or what one module wrote (--module-output); what it
 * displaces goes to stderr. Keys reach the guest once its kernel has spoken.
 * A signal or the end of the time stops the machine; the second signal ends
 * us at once, and the machine with us.
 */
#ifndef BUILDER_RUN_H
#define BUILDER_RUN_H

#include <stdint.h>

struct cli;
struct machine;

/* cli: of the verb run. machine has started. timeout_ms 0: none.
 * proc_catch_signals has been called. Returns an exit code; everything has been said. */
int run_guest(const struct cli *cli, struct machine *machine, const char *image,
    uint64_t timeout_ms);

#endif
