/* dossier: what became of every module during a run, read from the console,
 * and as one JSON document (azoth run --report).
 *
 * dossier_line takes whole clean lines, as struct guest gives them; they are
 * the guest's, and trusted for nothing but their own meaning: every text is
 * cut to its field, modules beyond DOSSIER_MODULES_MAX are left out, of the
 * events the last DOSSIER_EVENTS_MAX are kept and the others counted.
 *
 * Schema azoth.evidence/1 (additive changes only); what is not known is left
 * out. Times of the guest are us since its boot, as printed: up to 0.1 s after
 * the event.
 *	{"schema", "image", "system", "version",
 *	 "began": UTC, "ms": the run's length, "result", "exit": as azoth.run/1,
 *	 "at_us": the last line's time, "frames_lost": N, "panic": text,
 *	 "events_lost": dropped here, "evidence_lost": dropped by the kernel,
 *	 "escalations": [{"at_us", "group", "reason"}],
 *	 "modules": [{"name", "generation", "restarts", "resets", "ready_ms",
 *	   "end": {"what": "exit|trap|give-up", "code", "expected", "ms"},
 *	   "lines": the last ones that it wrote,
 *	   "events": [{"at_us", "what": "trap|exit|stopped|reset", "generation",
 *	     "trap", "code", "function", "pc", "memory", "address",
 *	     "frames": [{"function", "offset"}], "last": its line before,
 *	     "by": who reset it, "escalated": the last group that gave up,
 *	     "done": "restart|reset|give-up|end|nothing", "us": that it took,
 *	     "n", "of": restarts of its group within the period}]}]}
 * Restarts are counted also where their lines were lost. "stopped" is a module
 * that did not fail itself: its group restarts.
 */
#ifndef BUILDER_DOSSIER_H
#define BUILDER_DOSSIER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "guest.h"

enum {
	DOSSIER_MODULES_MAX = GUEST_MODULES_MAX,
	DOSSIER_EVENTS_MAX = 1024,
	DOSSIER_ESCALATIONS_MAX = 64,
	DOSSIER_LINES = 8,
};

enum dossier_done {
	DOSSIER_NOTHING,
	DOSSIER_RESTART,
	DOSSIER_RESET,
	DOSSIER_GAVE_UP,
	DOSSIER_END,
};

/* How one life of a module ended. */
struct dossier_event {
	size_t module;
	const char *what; /* as the schema says */
	uint64_t at_us, generation, code, pc, memory, address;
	bool has_code, has_address;
	char trap[GUEST_TEXT_MAX], last[GUEST_TEXT_MAX];
	char function[GUEST_FUNCTION_MAX];
	char by[GUEST_NAME_MAX], escalated[GUEST_NAME_MAX];
	struct guest_frame frames[GUEST_FRAMES_MAX];
	size_t frame_count;
	enum dossier_done done;
	uint64_t us, n, of; /* of a restart; us of a reset too */
};

struct dossier_module {
	char name[GUEST_NAME_MAX];
	uint64_t generation, restarts, resets, ready_ms, code, ms;
	bool ready, expected;
	const char *end; /* NULL: it still runs */
	uint64_t open;   /* its event that nothing was done about; 0: none */
	char lines[DOSSIER_LINES][GUEST_TEXT_MAX]; /* a ring */
	uint64_t line_count;
};

struct dossier_escalation {
	uint64_t at_us;
	char group[GUEST_NAME_MAX], reason[GUEST_NAME_MAX];
};

struct dossier {
	char system[GUEST_NAME_MAX], version[GUEST_NAME_MAX];
	struct dossier_module *modules;
	size_t module_count;
	struct dossier_event *events; /* a ring, event number N at N - 1 */
	uint64_t event_count, kernel_lost, at_us;
	struct dossier_escalation *escalations;
	size_t escalation_count;
	int64_t frames_lost;
	bool ended; /* the kernel said so: frames_lost is known */
};

/* What the document says of the run itself. */
struct dossier_run {
	const char *image, *result, *panic;
	int exit;
	time_t began;
	uint64_t ms;
};

void dossier_init(struct dossier *e);
void dossier_fini(struct dossier *e);
/* One line, without its newline. */
void dossier_line(struct dossier *e, const char *line);

/* The document, to be dropped by the caller. */
json_t *dossier_json(const struct dossier *e, const struct dossier_run *run);

/* Write it, whole or not at all; false with errno. */
bool dossier_write(
    const struct dossier *e, const struct dossier_run *run, const char *path);

#endif
