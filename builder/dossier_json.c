#include "dossier.h"

#include <stdlib.h>
#include <string.h>

#include "fileio.h"
#include "json_text.h"

enum { NAME_SIZE = 32 };

static void set_number(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key,
	    json_integer((json_int_t)(n <= INT64_MAX ? n : INT64_MAX)));
}

static void set_known(json_t *object, const char *key, const char *text)
{
	if (text && *text)
		json_text_set(object, key, text);
}

static json_t *frames_json(const struct dossier_event *v)
{
	json_t *frames = json_array();

	for (size_t i = 0; i < v->frame_count; i++) {
		json_t *frame = json_object();

		json_text_set(frame, "function", v->frames[i].function);
		set_number(frame, "offset", v->frames[i].offset);
		json_array_append_new(frames, frame);
	}
	return frames;
}

static void put_trap(json_t *object, const struct dossier_event *v)
{
	set_known(object, "trap", v->trap);
	if (strcmp(v->function, "-") != 0)
		set_known(object, "function", v->function);
	set_number(object, "pc", v->pc);
	set_number(object, "memory", v->memory);
	if (v->has_address)
		set_number(object, "address", v->address);
	json_object_set_new(object, "frames", frames_json(v));
	set_known(object, "last", v->last);
}

static json_t *event_json(const struct dossier_event *v)
{
	static const char *const done[] = { "nothing", "restart", "reset",
		"give-up", "end" };
	json_t *object = json_object();

	set_number(object, "at_us", v->at_us);
	json_text_set(object, "what", v->what);
	set_number(object, "generation", v->generation);
	if (strcmp(v->what, "trap") == 0)
		put_trap(object, v);
	if (v->has_code)
		set_number(object, "code", v->code);
	set_known(object, "by", v->by);
	set_known(object, "escalated", v->escalated);
	json_text_set(object, "done", done[v->done]);
	if (v->done == DOSSIER_RESTART || v->done == DOSSIER_RESET)
		set_number(object, "us", v->us);
	if (v->done != DOSSIER_RESTART)
		return object;
	set_number(object, "n", v->n);
	set_number(object, "of", v->of);
	return object;
}

static uint64_t oldest_event(const struct dossier *e)
{
	return e->event_count > DOSSIER_EVENTS_MAX
		   ? e->event_count - DOSSIER_EVENTS_MAX
		   : 0;
}

static json_t *lines_json(const struct dossier_module *m)
{
	json_t *lines = json_array();
	uint64_t n =
	    m->line_count > DOSSIER_LINES ? m->line_count - DOSSIER_LINES : 0;

	for (; n < m->line_count; n++)
		json_array_append_new(
		    lines, json_text_string(m->lines[n % DOSSIER_LINES]));
	return lines;
}

static json_t *end_json(const struct dossier_module *m)
{
	json_t *end = json_object();

	json_text_set(end, "what", m->end);
	if (strcmp(m->end, "give-up") == 0)
		return end;
	set_number(end, "code", m->code);
	json_object_set_new(end, "expected", json_boolean(m->expected));
	set_number(end, "ms", m->ms);
	return end;
}

static json_t *module_json(const struct dossier_module *m)
{
	json_t *object = json_object();

	json_text_set(object, "name", m->name);
	set_number(object, "generation", m->generation);
	set_number(object, "restarts", m->restarts);
	set_number(object, "resets", m->resets);
	if (m->ready)
		set_number(object, "ready_ms", m->ready_ms);
	if (m->end)
		json_object_set_new(object, "end", end_json(m));
	json_object_set_new(object, "lines", lines_json(m));
	json_object_set_new(object, "events", json_array());
	return object;
}

static json_t *modules_json(const struct dossier *e)
{
	json_t *modules = json_array();

	for (size_t i = 0; i < e->module_count; i++)
		json_array_append_new(modules, module_json(&e->modules[i]));
	for (uint64_t n = oldest_event(e); n < e->event_count; n++) {
		const struct dossier_event *v =
		    &e->events[n % DOSSIER_EVENTS_MAX];
		json_t *of = json_array_get(modules, v->module);

		json_array_append_new(
		    json_object_get(of, "events"), event_json(v));
	}
	return modules;
}

static json_t *escalations_json(const struct dossier *e)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->escalation_count; i++) {
		json_t *object = json_object();

		set_number(object, "at_us", e->escalations[i].at_us);
		json_text_set(object, "group", e->escalations[i].group);
		json_text_set(object, "reason", e->escalations[i].reason);
		json_array_append_new(list, object);
	}
	return list;
}

static void put_run(json_t *object, const struct dossier_run *run)
{
	char began[NAME_SIZE] = "";
	struct tm tm;

	if (gmtime_r(&run->began, &tm))
		strftime(began, sizeof began, "%Y-%m-%dT%H:%M:%SZ", &tm);
	set_known(object, "began", began);
	set_number(object, "ms", run->ms);
	json_text_set(object, "result", run->result);
	json_object_set_new(object, "exit", json_integer(run->exit));
	set_known(object, "panic", run->panic);
}

json_t *dossier_json(const struct dossier *e, const struct dossier_run *run)
{
	json_t *object = json_object();

	json_text_set(object, "schema", "azoth.evidence/1");
	json_text_set(object, "image", run->image);
	set_known(object, "system", e->system);
	set_known(object, "version", e->version);
	put_run(object, run);
	set_number(object, "at_us", e->at_us);
	if (e->ended)
		json_object_set_new(object, "frames_lost",
		    json_integer((json_int_t)e->frames_lost));
	set_number(object, "events_lost", oldest_event(e));
	set_number(object, "evidence_lost", e->kernel_lost);
	json_object_set_new(object, "escalations", escalations_json(e));
	json_object_set_new(object, "modules", modules_json(e));
	return object;
}

bool dossier_write(
    const struct dossier *e, const struct dossier_run *run, const char *path)
{
	enum { INDENT = 2, MODE = 0644 };
	json_t *object = dossier_json(e, run);
	char *text =
	    json_dumps(object, JSON_INDENT(INDENT) | JSON_ENSURE_ASCII);
	struct buf out = { 0 };
	bool done;

	json_decref(object);
	if (text == NULL)
		return false;
	buf_puts(&out, text);
	buf_putc(&out, '\n');
	done = file_write(path, out.at, out.len, MODE);
	buf_fini(&out);
	free(text);
	return done;
}
