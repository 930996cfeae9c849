#include "dossier.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum { DECIMAL = 10, HEX = 16 };

void dossier_init(struct dossier *e)
{
	memset(e, 0, sizeof *e);
	e->events = xcalloc(DOSSIER_EVENTS_MAX, sizeof *e->events);
	e->escalations =
	    xcalloc(DOSSIER_ESCALATIONS_MAX, sizeof *e->escalations);
}

void dossier_fini(struct dossier *e)
{
	free(e->modules);
	free(e->events);
	free(e->escalations);
	memset(e, 0, sizeof *e);
}

static bool number(const char *fields, const char *key, int base, uint64_t *out)
{
	char text[24];

	if (!guest_field(fields, key, text, sizeof text))
		return false;
	*out = strtoull(text, NULL, base);
	return true;
}

/* The module of that name, made when it is new; NULL: there are too many. */
static struct dossier_module *module_of(
    struct dossier *e, const char *name, bool make)
{
	size_t count = e->module_count;

	for (size_t i = 0; i < count; i++)
		if (strcmp(e->modules[i].name, name) == 0)
			return &e->modules[i];
	if (!make || count == DOSSIER_MODULES_MAX)
		return NULL;
	if ((count & (count - 1)) == 0)
		e->modules =
		    xrealloc(e->modules, (2 * count + 1) * sizeof *e->modules);
	memset(&e->modules[count], 0, sizeof *e->modules);
	strcpy(e->modules[count].name, name);
	return &e->modules[e->module_count++];
}

static struct dossier_module *named(struct dossier *e, const char *fields)
{
	char name[GUEST_NAME_MAX];

	if (!guest_field(fields, "module", name, sizeof name))
		return NULL;
	return module_of(e, name, true);
}

static struct dossier_event *add_event(
    struct dossier *e, struct dossier_module *m, const char *what)
{
	struct dossier_event *v =
	    &e->events[e->event_count++ % DOSSIER_EVENTS_MAX];

	memset(v, 0, sizeof *v);
	v->module = (size_t)(m - e->modules);
	v->what = what;
	v->at_us = e->at_us;
	v->generation = m->generation;
	m->open = e->event_count;
	return v;
}

/* The event of m that nothing was done about yet, if it is still kept. */
static struct dossier_event *open_event(
    const struct dossier *e, const struct dossier_module *m)
{
	if (m->open == 0 || e->event_count - m->open >= DOSSIER_EVENTS_MAX)
		return NULL;
	return &e->events[(m->open - 1) % DOSSIER_EVENTS_MAX];
}

static void take_trap(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);
	struct dossier_event *v;

	if (m == NULL)
		return;
	v = add_event(e, m, "trap");
	number(fields, "generation", DECIMAL, &v->generation);
	number(fields, "pc", HEX, &v->pc);
	number(fields, "memory", DECIMAL, &v->memory);
	guest_field(fields, "kind", v->trap, sizeof v->trap);
	guest_field(fields, "func", v->function, sizeof v->function);
	guest_field(fields, "last", v->last, sizeof v->last);
}

static void take_access(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);
	struct dossier_event *v = m ? open_event(e, m) : NULL;

	if (v)
		v->has_address = number(fields, "address", HEX, &v->address);
}

static void take_frame(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);
	struct dossier_event *v = m ? open_event(e, m) : NULL;
	struct guest_frame *f;

	if (v == NULL || v->frame_count == GUEST_FRAMES_MAX)
		return;
	f = &v->frames[v->frame_count++];
	guest_field(fields, "func", f->function, sizeof f->function);
	number(fields, "off", HEX, &f->offset);
}

/* m ended without a trap of its own: by an exit, or with its group. */
static struct dossier_event *add_quiet(
    struct dossier *e, struct dossier_module *m, const char *reason)
{
	static const char exit_code[] = "exit code=";
	bool exited = strncmp(reason, exit_code, sizeof exit_code - 1) == 0;
	struct dossier_event *v = add_event(e, m, exited ? "exit" : "stopped");

	v->has_code = exited;
	if (exited)
		v->code =
		    strtoull(reason + sizeof exit_code - 1, NULL, DECIMAL);
	return v;
}

static void take_restart(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);
	char reason[GUEST_TEXT_MAX] = "";
	struct dossier_event *v;
	uint64_t generation;

	if (m == NULL)
		return;
	guest_field(fields, "reason", reason, sizeof reason);
	v = open_event(e, m);
	if (v == NULL)
		v = add_quiet(e, m, reason);
	v->done = DOSSIER_RESTART;
	number(fields, "us", DECIMAL, &v->us);
	number(fields, "n", DECIMAL, &v->n);
	number(fields, "of", DECIMAL, &v->of);
	m->open = 0;
	/* Lines of restarts before this one may have been lost. */
	if (!number(fields, "generation", DECIMAL, &generation) ||
	    generation <= m->generation)
		generation = m->generation + 1;
	m->restarts += generation - m->generation;
	m->generation = generation;
}

static void take_reset(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);
	struct dossier_event *v;

	if (m == NULL)
		return;
	v = add_event(e, m, "reset");
	v->done = DOSSIER_RESET;
	guest_field(fields, "by", v->by, sizeof v->by);
	number(fields, "us", DECIMAL, &v->us);
	m->open = 0;
	m->resets++;
	m->generation++;
}

static void end_module(struct dossier *e, struct dossier_module *m,
    const char *end, enum dossier_done done)
{
	struct dossier_event *v = open_event(e, m);

	if (v)
		v->done = done;
	m->open = 0;
	m->end = end;
}

static void take_exit(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);
	char word[8] = "";
	bool trapped;

	if (m == NULL)
		return;
	trapped = guest_field(fields, "end", word, sizeof word) &&
		  strcmp(word, "trap") == 0;
	m->expected = guest_field(fields, "expected", word, sizeof word) &&
		      strcmp(word, "yes") == 0;
	number(fields, "code", DECIMAL, &m->code);
	number(fields, "ms", DECIMAL, &m->ms);
	if (!trapped && !m->expected && open_event(e, m) == NULL) {
		struct dossier_event *v = add_event(e, m, "exit");

		v->has_code = true;
		v->code = m->code;
	}
	end_module(e, m, trapped ? "trap" : "exit", DOSSIER_END);
}

static void take_give_up(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);

	if (m)
		end_module(e, m, "give-up", DOSSIER_GAVE_UP);
}

static void take_ready(struct dossier *e, const char *fields)
{
	struct dossier_module *m = named(e, fields);

	if (m)
		m->ready = number(fields, "ms", DECIMAL, &m->ready_ms);
}

static void take_start(struct dossier *e, const char *fields)
{
	(void)named(e, fields);
}

/* The group gives up because of the event before. */
static void take_escalate(struct dossier *e, const char *fields)
{
	struct dossier_escalation *s;
	uint64_t last = e->event_count;

	if (e->escalation_count == DOSSIER_ESCALATIONS_MAX)
		return;
	s = &e->escalations[e->escalation_count++];
	s->at_us = e->at_us;
	guest_field(fields, "group", s->group, sizeof s->group);
	guest_field(fields, "reason", s->reason, sizeof s->reason);
	if (last > 0)
		memcpy(e->events[(last - 1) % DOSSIER_EVENTS_MAX].escalated,
		    s->group, sizeof s->group);
}

static void take_lost(struct dossier *e, const char *fields)
{
	uint64_t lost = 0;

	if (number(fields, "lost", DECIMAL, &lost) &&
	    lost <= UINT64_MAX - e->kernel_lost)
		e->kernel_lost += lost;
}

static void take_end(struct dossier *e, const char *fields)
{
	char text[24];

	e->ended = guest_field(fields, "frames_lost", text, sizeof text);
	if (e->ended)
		e->frames_lost = strtoll(text, NULL, DECIMAL);
}

static void take_system(struct dossier *e, const char *fields)
{
	guest_field(fields, "system", e->system, sizeof e->system);
	guest_field(fields, "version", e->version, sizeof e->version);
}

static void take_kernel(struct dossier *e, const char *text)
{
	static const struct {
		const char *layer, *event;
		void (*take)(struct dossier *e, const char *fields);
	} events[] = {
		{ "sup", "start", take_start },
		{ "sup", "ready", take_ready },
		{ "sup", "trap", take_trap },
		{ "sup", "access", take_access },
		{ "sup", "frame", take_frame },
		{ "sup", "restart", take_restart },
		{ "sup", "reset", take_reset },
		{ "sup", "escalate", take_escalate },
		{ "sup", "give-up", take_give_up },
		{ "sup", "exit", take_exit },
		{ "sup", "evidence", take_lost },
		{ "sup", "end", take_end },
		{ "trust", "verified", take_system },
	};

	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		const char *at = text;

		if (guest_eat_word(&at, events[i].layer) &&
		    guest_eat_word(&at, events[i].event)) {
			events[i].take(e, at);
			return;
		}
	}
}

/* "NAME | text", also with ! or #: one of the last lines of a module. */
static void take_written(struct dossier *e, const char *line)
{
	size_t len = strcspn(line, " ");
	char name[GUEST_NAME_MAX];
	struct dossier_module *m;

	if (len >= sizeof name || line[len] == 0 ||
	    strchr("|!#", line[len + 1]) == NULL || line[len + 1] == 0)
		return;
	memcpy(name, line, len);
	name[len] = 0;
	m = module_of(e, name, false);
	if (m == NULL)
		return;
	line += len + 2;
	line += *line == '+';
	line += *line == ' ';
	len = strnlen(line, GUEST_TEXT_MAX - 1);
	char *to = m->lines[m->line_count++ % DOSSIER_LINES];
	memcpy(to, line, len);
	to[len] = 0;
}

void dossier_line(struct dossier *e, const char *line)
{
	const char *text = guest_kernel_text(line, &e->at_us);

	if (text)
		take_kernel(e, text);
	else
		take_written(e, line);
}
