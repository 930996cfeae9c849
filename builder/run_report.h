/* run_report: how a run ended, for people and as JSON lines.
 *
 * JSON, schema azoth.run/1, one object a line:
 *	{"schema":"azoth.run/1","event":"start","image":...}
 *	{"event":"module","name":...,"end":"exit|trap","code":N,
 *	 "trap":"...","function":"...",       only for end trap; no function:
 *	 "frames":[{"function":"...","offset":N}...],     it is not known
 *	 "expected":true,"ms":N}
 *	{"event":"end","result":"ok|failed|refused|panic|timeout|interrupted|
 *	 error","exit":N,
 *	 "reason":"...","what":"...","module":"..."}   only when refused; no
 *					module: the bundle itself
 */
#ifndef BUILDER_RUN_REPORT_H
#define BUILDER_RUN_REPORT_H

#include <stdbool.h>
#include <stdio.h>

struct guest;
struct guest_module;

/* Why the run is over, as far as it is not the guest's own doing. */
enum run_cause { RUN_ENDED, RUN_TIMEOUT, RUN_INTERRUPTED };

struct run_result {
	const char *name; /* for JSON: "ok", "failed", ... */
	int exit;         /* enum exit_code */
};

/* status: QEMU's exit status. */
struct run_result run_result(
    const struct guest *g, enum run_cause cause, int status);

void run_json_start(FILE *to, const char *image);
void run_json_module(FILE *to, const struct guest_module *m);
void run_json_end(
    FILE *to, const struct guest *g, const struct run_result *result);

/* The table of modules, then what went wrong, on stderr. errors: QEMU's own
 * messages. */
void run_summary(const struct guest *g, const struct run_result *result,
    int status, const char *errors);

#endif
