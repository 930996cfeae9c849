#include "run_report.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "abi/fault.h"
#include "cli.h"
#include "exit.h"
#include "guest.h"
#include "json_text.h"

/* isa-debug-exit turns the value that the guest writes into this status; the
 * hosted runner does the same. */
#define STATUS(end) ((end) << 1 | 1)
enum { STATUS_SIGNAL = 128 }; /* machine_finish adds the signal */

struct run_result run_result(
    const struct guest *g, enum run_cause cause, int status)
{
	(void)g;
	if (cause == RUN_INTERRUPTED)
		return (struct run_result){ "interrupted", EXIT_INTERRUPTED };
	if (cause == RUN_TIMEOUT)
		return (struct run_result){ "timeout", EXIT_TIMEOUT };
	switch (status) {
	case STATUS(AZ_END_OK):
	case STATUS(AZ_END_HALT):
	case STATUS(AZ_END_REBOOT):
		return (struct run_result){ "ok", EXIT_DONE };
	case STATUS(AZ_END_FAILED):
		return (struct run_result){ "failed", EXIT_GUEST };
	case STATUS(AZ_END_ESCALATED):
		return (struct run_result){ "escalated", EXIT_GUEST };
	case STATUS(AZ_END_REFUSED):
		return (struct run_result){ "refused", EXIT_TRUST };
	case STATUS(AZ_END_PANIC):
		return (struct run_result){ "panic", EXIT_GUEST };
	}
	/* The machine did not get as far as a guest that speaks. */
	if (status == 1 && !g->booted)
		return (struct run_result){ "error", EXIT_TOOL };
	if (status == EXIT_HOST && !g->booted)
		return (struct run_result){ "error", EXIT_HOST };
	return (struct run_result){ "failed", EXIT_GUEST };
}

/* Print one object as a line, at once, and drop it. */
static void json_line(FILE *to, json_t *object)
{
	if (!object)
		return;
	json_dumpf(object, to, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', to);
	fflush(to);
	json_decref(object);
}

void run_json_start(FILE *to, const char *image)
{
	json_t *object = json_object();

	json_text_set(object, "schema", "azoth.run/1");
	json_text_set(object, "event", "start");
	json_text_set(object, "image", image);
	json_line(to, object);
}

static json_t *frames_json(const struct guest_module *m)
{
	json_t *frames = json_array();

	for (size_t i = 0; i < m->frame_count; i++) {
		json_t *frame = json_object();

		json_text_set(frame, "function", m->frames[i].function);
		json_object_set_new(frame, "offset",
		    json_integer((json_int_t)m->frames[i].offset));
		json_array_append_new(frames, frame);
	}
	return frames;
}

void run_json_module(FILE *to, const struct guest_module *m)
{
	json_t *object = json_object();

	json_text_set(object, "event", "module");
	json_text_set(object, "name", m->name);
	json_text_set(object, "end", m->trapped ? "trap" : "exit");
	json_object_set_new(object, "code", json_integer((json_int_t)m->code));
	if (m->trapped) {
		json_text_set(object, "trap", m->trap);
		if (*m->function)
			json_text_set(object, "function", m->function);
		json_object_set_new(object, "frames", frames_json(m));
	}
	json_object_set_new(object, "expected", json_boolean(m->expected));
	json_object_set_new(object, "ms", json_integer((json_int_t)m->ms));
	json_line(to, object);
}

void run_json_end(
    FILE *to, const struct guest *g, const struct run_result *result)
{
	json_t *object = json_object();

	json_text_set(object, "event", "end");
	json_text_set(object, "result", result->name);
	json_object_set_new(object, "exit", json_integer(result->exit));
	if (result->exit == EXIT_TRUST) {
		json_text_set(object, "reason", g->refusal);
		json_text_set(object, "what", g->what);
		if (*g->refused_module)
			json_text_set(object, "module", g->refused_module);
	}
	json_line(to, object);
}

static void print_modules(const struct guest *g)
{
	int width = 0;

	for (size_t i = 0; i < g->module_count; i++) {
		int len = (int)strlen(g->modules[i].name);
		width = len > width ? len : width;
	}
	for (size_t i = 0; i < g->module_count; i++) {
		const struct guest_module *m = &g->modules[i];
		fprintf(stderr, " %-6s%-*s  ", m->expected ? "ok" : "FAIL",
		    width, m->name);
		if (m->trapped)
			fprintf(stderr, "trap: %s%s%s", m->trap,
			    *m->function ? " in " : "", m->function);
		else
			fprintf(stderr, "exit %" PRIu64, m->code);
		fprintf(stderr, "%s  %" PRIu64 " ms\n",
		    m->expected && (m->trapped || m->code) ? " (expected)" : "",
		    m->ms);
	}
	if (g->modules_ended > g->module_count)
		fprintf(stderr, " and %zu more modules\n",
		    g->modules_ended - g->module_count);
}

static void print_errors(const char *program, const char *errors)
{
	if (*errors)
		fprintf(stderr, "    %s says: %s%s", program, errors,
		    errors[strlen(errors) - 1] == '\n' ? "" : "\n");
}

static void print_failed(
    const struct guest *g, const char *program, int status, const char *errors)
{
	if (status == STATUS(AZ_END_FAILED)) {
		cli_error(
		    NULL, NULL, "a module did not end as its manifest expects");
		return;
	}
	if (status == STATUS(AZ_END_ESCALATED)) {
		cli_error(NULL,
		    "the log above says who failed; `azoth explain "
		    "supervision.intensity`",
		    "the supervision gave up: modules failed too often");
		return;
	}
	if (status > STATUS_SIGNAL) {
		cli_error(NULL, NULL, "%s was ended by a signal: %s", program,
		    strsignal(status - STATUS_SIGNAL));
		return;
	}
	cli_error(NULL, NULL,
	    g->booted ? "the guest stopped without saying how (status %d)"
		      : "the guest never said anything (status %d)",
	    status);
	print_errors(program, errors);
}

static void print_refusal(const struct guest *g)
{
	bool module = *g->refused_module;

	cli_error("AZ0602", "`azoth verify` shows it without a boot",
	    "the guest refused %s%s%s: %s%s%s",
	    module ? "module `" : "the bundle", g->refused_module,
	    module ? "`" : "", *g->refusal ? g->refusal : "no reason given",
	    *g->what ? ": " : "", g->what);
}

void run_summary(const struct guest *g, const struct run_result *result,
    const char *program, int status, const char *errors)
{
	fflush(stdout);
	print_modules(g);
	switch ((enum exit_code)result->exit) {
	case EXIT_TRUST:
		print_refusal(g);
		break;
	case EXIT_TIMEOUT:
		if (g->booted)
			cli_error(NULL, NULL, "time ran out");
		else
			cli_error("AZ0904", NULL,
			    "time ran out before the guest said anything");
		break;
	case EXIT_HOST:
	case EXIT_TOOL:
		cli_error("AZ0901", NULL, "%s did not start", program);
		print_errors(program, errors);
		break;
	case EXIT_GUEST:
		if (strcmp(result->name, "panic") == 0)
			cli_error("AZ0903", NULL, "the guest panicked%s%s",
			    *g->panic ? ": " : "", g->panic);
		else
			print_failed(g, program, status, errors);
		break;
	case EXIT_INTERRUPTED:
		fprintf(stderr, "interrupted\n");
		break;
	default:
		break;
	}
}
