#include "progress.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"

enum {
	NS_PER_MS = 1000000,
	NS_PER_S = 1000000000,
	BAR_SIZE = 6,
	STEP_COLUMNS = 9,
	MODULE_COLUMNS = 16,
	TEXT_COLUMNS = 54,
};

uint64_t progress_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

void progress_init(struct progress *p, const struct cli *cli)
{
	*p = (struct progress){ .how = cli->progress,
		.quiet = cli->quiet,
		.to = stderr,
		.start_ns = progress_now() };
	if (cli->progress_fd == STDERR_FILENO || cli->progress_fd < 0)
		return;
	p->to = fdopen(dup(cli->progress_fd), "w");
	p->close = p->to != NULL;
	if (p->to == NULL) {
		p->to = stderr;
		p->how = PROGRESS_NONE;
	}
}

/* Take the unfinished line away. */
static void clear(struct progress *p)
{
	if (p->transient)
		fputs("\r\033[K", p->to);
	p->transient = false;
}

void progress_fini(struct progress *p)
{
	clear(p);
	fflush(p->to);
	if (p->close)
		fclose(p->to);
}

static bool for_people(const struct progress *p)
{
	return !p->quiet &&
	       (p->how == PROGRESS_PLAIN || p->how == PROGRESS_TERMINAL);
}

void progress_say(struct progress *p, const char *fmt, ...)
{
	va_list args;

	if (!for_people(p))
		return;
	clear(p);
	va_start(args, fmt);
	vfprintf(p->to, fmt, args);
	va_end(args);
	fputc('\n', p->to);
	fflush(p->to);
}

static void emit(struct progress *p, json_t *event)
{
	char *text = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(9));

	fprintf(p->to, "%s\n", text);
	fflush(p->to);
	free(text);
	json_decref(event);
}

/* The time is in seconds since the start, to the millisecond. */
static json_t *event_new(const struct progress *p, const char *kind,
    const char *step, const char *module)
{
	uint64_t ms = (progress_now() - p->start_ns) / NS_PER_MS;
	json_t *event = json_object();

	json_object_set_new(event, "t", json_real((double)ms / 1e3));
	json_object_set_new(event, "ev", json_string(kind));
	json_object_set_new(event, "step", json_string(step));
	if (module != NULL)
		json_object_set_new(event, "module", json_string(module));
	return event;
}

static void draw_bar(struct progress *p, size_t done, size_t total)
{
	size_t full = total > 0 ? done * BAR_SIZE / total : 0;

	for (size_t i = 0; i < BAR_SIZE; i++)
		fputs(i < full ? "\u25ae" : "\u25af", p->to);
}

void progress_begin(struct progress *p, const char *step, const char *module,
    size_t done, size_t total)
{
	if (p->how == PROGRESS_JSON) {
		emit(p, event_new(p, "step.begin", step, module));
		return;
	}
	if (p->how != PROGRESS_TERMINAL || p->quiet)
		return;
	clear(p);
	fprintf(p->to, " %-9s ", step);
	draw_bar(p, done, total);
	if (module != NULL)
		fprintf(p->to, " %s", module);
	fflush(p->to);
	p->transient = true;
}

static void end_json(
    struct progress *p, const struct progress_end *end, double ms)
{
	json_t *event = event_new(p, "step.end", end->step, end->module);

	json_object_set_new(event, "ms", json_integer((json_int_t)ms));
	json_object_set_new(event, "cached", json_boolean(end->cached));
	if (end->failed)
		json_object_set_new(event, "failed", json_true());
	emit(p, event);
}

/* The text, filled up to so many columns: not all characters are one byte. */
static void put_column(struct progress *p, const char *text, int columns)
{
	for (const char *c = text; *c != '\0'; c++)
		columns -= ((unsigned char)*c & 0xc0) != 0x80;
	fprintf(p->to, " %s%*s", text, columns > 0 ? columns : 0, "");
}

void progress_end(
    struct progress *p, const struct progress_end *end, const char *fmt, ...)
{
	double ms = (double)(progress_now() - end->since) / NS_PER_MS;
	char *text;
	va_list args;

	if (p->how == PROGRESS_JSON) {
		end_json(p, end, ms);
		return;
	}
	if (!for_people(p))
		return;
	clear(p);
	va_start(args, fmt);
	text = xvasprintf(fmt, args);
	va_end(args);
	put_column(p, end->step, STEP_COLUMNS);
	if (end->module != NULL)
		put_column(p, end->module, MODULE_COLUMNS);
	put_column(p, text,
	    end->module != NULL ? TEXT_COLUMNS - MODULE_COLUMNS - 1
				: TEXT_COLUMNS);
	fprintf(p->to, " %6.2fs\n", ms / 1e3);
	fflush(p->to);
	free(text);
}
