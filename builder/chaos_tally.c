#include "chaos_tally.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "mem.h"

enum { WORDS_BEFORE = 3 }; /* of a kernel line: azoth, time, level */

void chaos_tally_init(struct chaos_tally *t, const char *assertion)
{
	*t = (struct chaos_tally){ .assertion = assertion };
}

void chaos_tally_fini(struct chaos_tally *t)
{
	free(t->modules);
	*t = (struct chaos_tally){ 0 };
}

static struct chaos_module *module_of(
    struct chaos_tally *t, const char *name, size_t len)
{
	struct chaos_module *m;

	if (len >= CHAOS_NAME_MAX)
		len = CHAOS_NAME_MAX - 1;
	for (size_t i = 0; i < t->module_count; i++) {
		m = &t->modules[i];
		if (strlen(m->name) == len && memcmp(m->name, name, len) == 0)
			return m;
	}
	t->modules =
	    xrealloc(t->modules, (t->module_count + 1) * sizeof(*t->modules));
	m = &t->modules[t->module_count++];
	*m = (struct chaos_module){ .class = CHAOS_NONE };
	memcpy(m->name, name, len);
	return m;
}

/* What its fault has not shown by now it does not show. */
static void settle(struct chaos_tally *t, struct chaos_module *m)
{
	if (m->state == CHAOS_ARMED)
		t->classes[m->class].quiet++;
	m->state = CHAOS_IDLE;
}

static void recover(struct chaos_tally *t)
{
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++) {
		t->classes[i].recovered += t->owed[i];
		t->owed[i] = 0;
	}
}

static void escalate(struct chaos_tally *t)
{
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++) {
		t->classes[i].escalated += t->owed[i];
		t->owed[i] = 0;
	}
}

static void begin_fault(
    struct chaos_tally *t, struct chaos_module *m, uint32_t fault)
{
	enum chaos_class class = chaos_class_of(fault);

	if (class == CHAOS_NONE)
		return;
	settle(t, m);
	m->class = class;
	m->state = CHAOS_ARMED;
	t->classes[class].injected++;
	t->latest = (size_t)(m - t->modules);
}

static void manifest_fault(struct chaos_tally *t, struct chaos_module *m)
{
	if (m->state == CHAOS_IDLE && t->latest < t->module_count)
		m = &t->modules[t->latest];
	if (m->state != CHAOS_ARMED)
		return;
	m->state = CHAOS_BROKEN;
	t->classes[m->class].manifested++;
	t->owed[m->class]++;
}

static bool starts(const char *text, const char *word)
{
	return strncmp(text, word, strlen(word)) == 0;
}

/* What stands behind "azoth SECONDS LEVEL sup "; NULL: another layer's. */
static const char *sup_event(const char *line)
{
	for (int word = 0; word < WORDS_BEFORE; word++) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return starts(line, "sup ") ? line + strlen("sup ") : NULL;
}

static void kernel_line(struct chaos_tally *t, const char *line)
{
	const char *event = sup_event(line);
	char name[CHAOS_NAME_MAX], word[8];
	bool ended;

	if (event == NULL)
		return;
	if (starts(event, "escalate ")) {
		escalate(t);
		return;
	}
	if (starts(event, "evidence ") &&
	    guest_field(event, "lost", name, sizeof(name)))
		t->unseen += strtoull(name, NULL, 10);
	if (!guest_field(event, "module", name, sizeof(name)))
		return;
	ended = starts(event, "trap ") || starts(event, "restart ") ||
		starts(event, "reset ") ||
		(starts(event, "exit ") &&
		    guest_field(event, "expected", word, sizeof(word)) &&
		    strcmp(word, "no") == 0);
	t->restarts += starts(event, "restart ");
	if (ended)
		manifest_fault(t, module_of(t, name, strlen(name)));
}

/* "NAME | text" of stdout, "NAME ! text" of stderr */
static void module_line(struct chaos_tally *t, const char *line)
{
	size_t len = strcspn(line, " ");
	const char *mark = strstr(line, CHAOS_MARK);
	struct chaos_module *m;

	if (line[len] == '\0')
		return;
	m = module_of(t, line, len);
	if (mark != NULL)
		begin_fault(t, m,
		    (uint32_t)strtoul(mark + strlen(CHAOS_MARK), NULL, 16));
	else if (t->assertion == NULL && m->state == CHAOS_BROKEN)
		recover(t);
}

void chaos_tally_line(struct chaos_tally *t, const char *line)
{
	if (starts(line, "azoth "))
		kernel_line(t, line);
	else
		module_line(t, line);
	if (t->assertion == NULL || strstr(line, t->assertion) == NULL)
		return;
	t->answers++;
	recover(t);
}

void chaos_tally_end(struct chaos_tally *t, enum chaos_end how)
{
	t->runs++;
	t->lost_runs += how == CHAOS_LOST;
	t->kernel_deaths += how == CHAOS_DEAD;
	if (how == CHAOS_GAVE_UP || how == CHAOS_LOST || how == CHAOS_DEAD) {
		if (!chaos_tally_pending(t) && t->latest < t->module_count)
			manifest_fault(t, &t->modules[t->latest]);
		if (how == CHAOS_GAVE_UP)
			escalate(t);
	}
	/* An end that modules wished is as good as an answer. */
	if (how == CHAOS_ENDED)
		recover(t);
	memset(t->owed, 0, sizeof(t->owed));
	for (size_t i = 0; i < t->module_count; i++)
		settle(t, &t->modules[i]);
}

bool chaos_tally_pending(const struct chaos_tally *t)
{
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++)
		if (t->owed[i] > 0)
			return true;
	return false;
}

struct chaos_count chaos_tally_sum(const struct chaos_tally *t)
{
	struct chaos_count sum = { 0 };

	for (int i = 0; i < CHAOS_CLASS_COUNT; i++) {
		sum.injected += t->classes[i].injected;
		sum.quiet += t->classes[i].quiet;
		sum.manifested += t->classes[i].manifested;
		sum.recovered += t->classes[i].recovered;
		sum.escalated += t->classes[i].escalated;
	}
	return sum;
}

static uint64_t lost(const struct chaos_count *c)
{
	return c->manifested - c->recovered - c->escalated;
}

static void print_row(FILE *to, const char *name, const struct chaos_count *c)
{
	fprintf(to,
	    "%-20s %9" PRIu64 " %12" PRIu64 " %11" PRIu64 " %10" PRIu64
	    " %10" PRIu64 " %6" PRIu64 "\n",
	    name, c->injected, c->quiet, c->manifested, c->recovered,
	    c->escalated, lost(c));
}

void chaos_tally_print(const struct chaos_tally *t, FILE *to)
{
	struct chaos_count sum = chaos_tally_sum(t);

	fprintf(to, "%-20s %9s %12s %11s %10s %10s %6s\n", "fault", "injected",
	    "not shown", "manifested", "recovered", "escalated", "lost");
	for (int i = 0; i < CHAOS_CLASS_COUNT; i++)
		print_row(
		    to, chaos_class_name((enum chaos_class)i), &t->classes[i]);
	print_row(to, "all", &sum);
	fprintf(to,
	    "%" PRIu64 " runs, %" PRIu64 " of them lost, %" PRIu64
	    " restarts, %" PRIu64 " answers, %" PRIu64 " kernel deaths\n",
	    t->runs, t->lost_runs, t->restarts, t->answers, t->kernel_deaths);
	if (t->unseen > 0)
		fprintf(to,
		    "%" PRIu64 " ends were not noted: some faults that do not "
		    "show here did\n",
		    t->unseen);
}

static json_t *json_count(const struct chaos_count *c)
{
	return json_pack("{sI sI sI sI sI sI}", "injected",
	    (json_int_t)c->injected, "not_manifested", (json_int_t)c->quiet,
	    "manifested", (json_int_t)c->manifested, "recovered",
	    (json_int_t)c->recovered, "escalated", (json_int_t)c->escalated,
	    "lost", (json_int_t)lost(c));
}

void chaos_tally_json(const struct chaos_tally *t, FILE *to)
{
	struct chaos_count sum = chaos_tally_sum(t);
	json_t *classes = json_object();
	json_t *all;

	for (int i = 0; i < CHAOS_CLASS_COUNT; i++)
		json_object_set_new(classes,
		    chaos_class_name((enum chaos_class)i),
		    json_count(&t->classes[i]));
	all = json_pack("{ss sI sI sI sI sI sI so so}", "schema",
	    "azoth.chaos/1", "runs", (json_int_t)t->runs, "lost_runs",
	    (json_int_t)t->lost_runs, "restarts", (json_int_t)t->restarts,
	    "answers", (json_int_t)t->answers, "kernel_deaths",
	    (json_int_t)t->kernel_deaths, "unseen", (json_int_t)t->unseen,
	    "all", json_count(&sum), "classes", classes);
	json_dumpf(all, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(all);
}
