/* The policy against a model: random trees, random events, and the same
 * actions from both at every step.
 *
 * The model is written from the documentation of Erlang's supervisors and the
 * differences that sup/policy.h names, not from the code: every group keeps a
 * list of the children that it still has to start and of all the restarts that
 * it ever made, and everything is looked for, nothing remembered. */
#include "sup/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "abi/index.h"

enum {
	NODES = 64,
	MODULES = 24,
	CHILDREN = 5,
	EVENTS = 120,
	RUNS = 10000,
	TEXT = 2048,
	RECENT = 8,
};

/* --- The model ------------------------------------------------------------ */
enum model_state { ABSENT, DELAYED, INIT, RUNS_WELL, FINISHED };

struct model {
	struct model *super; /* NULL: the root */
	struct model *child[CHILDREN];
	int children;
	uint32_t node, module; /* what the policy calls it */
	const struct policy_node *spec;
	enum model_state state;
	uint64_t until, since;
	int streak;
	struct model *queue[CHILDREN]; /* still to be started, in order */
	int queued;
	uint64_t restarts[EVENTS * 2];
	int restarted;
};

static struct model models[NODES];
static char said[TEXT];
static bool ended_for_good;
static uint64_t clock_is;

static void say(char mark, char name)
{
	size_t len = strlen(said);

	snprintf(said + len, TEXT - len, "%c%c ", mark, name);
}

static bool is_group(const struct model *m)
{
	return m->spec->group;
}

static void model_start(struct model *m);

/* Start what is queued until one is not ready. */
static void model_continue(struct model *m)
{
	while (m->queued > 0) {
		struct model *next = m->queue[0];

		if (next->state == ABSENT)
			model_start(next);
		if (next->state != RUNS_WELL && next->state != FINISHED)
			return;
		memmove(m->queue, m->queue + 1,
		    (size_t)--m->queued * sizeof(*m->queue));
	}
	m->state = RUNS_WELL;
}

static void model_start(struct model *m)
{
	m->since = clock_is;
	m->until = POLICY_NEVER;
	if (is_group(m)) {
		m->state = INIT;
		m->restarted = 0;
		memcpy(m->queue, m->child, sizeof(m->child));
		m->queued = m->children;
		model_continue(m);
		return;
	}
	say('+', (char)('a' + m->module));
	m->state = m->spec->waits ? INIT : RUNS_WELL;
	if (m->spec->waits && m->spec->ready != 0)
		m->until = clock_is + m->spec->ready;
}

/* Somebody became ready or finished: whoever waits for it goes on. */
static void model_wake(struct model *m)
{
	struct model *super = m->super;

	if (super == NULL || super->queued == 0 || super->queue[0] != m ||
	    (m->state != RUNS_WELL && m->state != FINISHED))
		return;
	model_continue(super);
	if (super->queued == 0)
		model_wake(super);
}

/* Stop m and all below, last first. died: the group whose child failed, whose
 * temporary children are not started again; NULL: nothing is. */
static void model_stop(struct model *m, const struct model *died)
{
	bool again =
	    died != NULL && (m->super != died || is_group(m) ||
				m->spec->restart != AZ_RESTART_TEMPORARY);

	for (int i = m->children; i-- > 0;)
		model_stop(m->child[i], died);
	m->queued = 0;
	if (!is_group(m) && (m->state == INIT || m->state == RUNS_WELL))
		say(again ? '-' : 'x', (char)('a' + m->module));
	m->state = again || is_group(m) ? ABSENT : FINISHED;
	m->until = POLICY_NEVER;
	if (m->super != died)
		m->streak = 0;
}

static bool too_many(struct model *super)
{
	uint32_t within = 0;

	for (int i = 0; i < super->restarted; i++)
		if (clock_is - super->restarts[i] <= super->spec->period)
			within++;
	return within + 1 > super->spec->intensity;
}

static uint64_t model_delay(struct model *m)
{
	const struct policy_node *rule = m->super->spec;
	uint64_t delay = rule->backoff_min;

	if (clock_is - m->since >= rule->period)
		m->streak = 0;
	for (int i = 0; i < m->streak; i++)
		delay *= delay < rule->backoff_max ? 2 : 1;
	m->streak++;
	return delay < rule->backoff_max ? delay : rule->backoff_max;
}

static int position(const struct model *m)
{
	int at = 0;

	while (m->super->child[at] != m)
		at++;
	return at;
}

static void model_restart(struct model *m)
{
	struct model *super = m->super;
	uint64_t delay = model_delay(m);
	bool alone = super->spec->strategy == AZ_STRATEGY_ONE_FOR_ONE;
	int from =
	    super->spec->strategy == AZ_STRATEGY_ONE_FOR_ALL ? 0 : position(m);

	super->restarts[super->restarted++] = clock_is;
	for (int i = super->children; i-- > from;)
		if (!alone || i == from)
			model_stop(super->child[i], super);
	if (alone && delay == 0)
		model_start(m);
	if (alone && delay > 0) {
		m->state = DELAYED;
		m->until = clock_is + delay;
	}
	if (!alone) {
		super->queued = 0;
		for (int i = from; i < super->children; i++)
			if (super->child[i]->state != FINISHED)
				super->queue[super->queued++] = super->child[i];
		if (delay > 0) {
			super->queue[0]->state = DELAYED;
			super->queue[0]->until = clock_is + delay;
		} else {
			model_continue(super);
		}
	}
	model_wake(m);
	if (!alone && super->queued == 0)
		model_wake(super);
}

static void model_fail(struct model *m)
{
	if (!is_group(m)) {
		say('-', (char)('a' + m->module));
		m->state = ABSENT;
		m->until = POLICY_NEVER;
	}
	if (m->super == NULL) {
		model_stop(m, NULL);
		ended_for_good = true;
	} else if (too_many(m->super)) {
		say('^', (char)('A' + m->super->node));
		model_fail(m->super);
	} else {
		model_restart(m);
	}
}

static void model_end(struct model *m, bool well)
{
	uint32_t kind = m->spec->restart;

	if (m->state != INIT && m->state != RUNS_WELL)
		return;
	if (kind == AZ_RESTART_PERMANENT ||
	    (kind == AZ_RESTART_TRANSIENT && !well)) {
		model_fail(m);
		return;
	}
	say('x', (char)('a' + m->module));
	m->state = FINISHED;
	m->until = POLICY_NEVER;
	model_wake(m);
}

static void model_ready(struct model *m)
{
	if (m->state != INIT)
		return;
	m->state = RUNS_WELL;
	m->until = POLICY_NEVER;
	model_wake(m);
}

static void model_reset(struct model *m)
{
	bool starts = m->state != ABSENT;

	if (m->state == FINISHED && m->spec->restart == AZ_RESTART_TEMPORARY)
		return;
	say('%', (char)('a' + m->module));
	m->state = ABSENT;
	if (starts)
		model_start(m);
	model_wake(m);
}

static void model_time(uint32_t count)
{
	struct model *m = models, *end = models + count;

	while (m < end && m->until > clock_is)
		m++;
	if (m == end)
		return;
	if (m->state == INIT) {
		model_end(m, false);
		return;
	}
	model_start(m);
	model_wake(m);
}

static bool all_finished(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!is_group(&models[i]) && models[i].state != FINISHED)
			return false;
	return true;
}

/* --- Random systems ------------------------------------------------------- */
static struct policy p;
static struct policy_node nodes[NODES];
static uint32_t node_of[MODULES], modules;
static uint64_t recent[NODES][RECENT];
static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 8) * below >> 24);
}

static uint32_t grow(uint32_t parent, int depth)
{
	uint32_t self = p.count++;
	struct policy_node *n = &nodes[self];
	struct model *m = &models[self];

	*n = (struct policy_node){ .parent = parent };
	*m = (struct model){ .node = self,
		.spec = n,
		.until = POLICY_NEVER,
		.super = self > 0 ? &models[parent] : NULL };
	n->group = self == 0 || (depth < 4 && draw(3) == 0);
	if (n->group) {
		n->strategy = draw(3);
		n->intensity = draw(3) == 0 ? draw(3) : 3 + draw(6);
		n->period = 1 + draw(30);
		n->recent = recent[self];
		if (draw(2) == 0) {
			n->backoff_min = 1 + draw(5);
			n->backoff_max = n->backoff_min + draw(20);
		}
		m->children = (int)draw(CHILDREN + 1);
		for (int i = 0; i < m->children; i++) {
			if (p.count + CHILDREN >= NODES || modules == MODULES) {
				m->children = i;
				break;
			}
			m->child[i] = &models[grow(self, depth + 1)];
		}
	} else {
		n->module = m->module = modules;
		node_of[modules++] = self;
		n->restart = draw(4) == 0 ? draw(2) : AZ_RESTART_PERMANENT;
		n->waits = draw(3) == 0;
		n->ready = n->waits ? draw(12) : 0;
	}
	n->end = p.count;
	return self;
}

static void policy_says(char told[TEXT], enum policy_event event, uint32_t m)
{
	static const char marks[] = "-x+%^";
	struct policy_action out[POLICY_ACTIONS(NODES)];
	uint32_t count = policy_step(&p, event, m, clock_is, out);
	size_t len = 0;

	assert_true(count <= POLICY_ACTIONS(p.count));
	told[0] = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (out[i].what == POLICY_END) {
			assert_true(i == count - 1 && p.over);
			continue;
		}
		len += (size_t)snprintf(told + len, TEXT - len, "%c%c ",
		    marks[out[i].what],
		    (char)(out[i].subject +
			   (out[i].what == POLICY_ESCALATE ? 'A' : 'a')));
	}
}

static void model_says(enum policy_event event, uint32_t module)
{
	struct model *m = &models[node_of[module]];

	said[0] = 0;
	switch (event) {
	case POLICY_BEGIN:
		model_start(&models[0]);
		break;
	case POLICY_READY:
		model_ready(m);
		break;
	case POLICY_ENDED:
	case POLICY_FAILED:
		model_end(m, event == POLICY_ENDED);
		break;
	case POLICY_TIME:
		model_time(p.count);
		break;
	case POLICY_RESET:
		model_reset(m);
		break;
	}
}

static void both(enum policy_event event, uint32_t module)
{
	char told[TEXT];

	policy_says(told, event, module);
	model_says(event, module);
	if (strcmp(told, said) != 0)
		fail_msg("event %d of %c at %llu: policy %s, model %s", event,
		    'a' + (int)module, (unsigned long long)clock_is, told,
		    said);
	assert_int_equal(p.over, ended_for_good || all_finished(p.count));
}

/* Whether the policy will ask to be told of the model's next moment. */
static void check_due(void)
{
	for (uint32_t i = 0; i < p.count; i++)
		assert_true(p.over || models[i].until >= p.due);
}

static void play_random(void)
{
	static const enum policy_event events[] = { POLICY_READY, POLICY_READY,
		POLICY_ENDED, POLICY_FAILED, POLICY_FAILED, POLICY_RESET };

	memset(&p, 0, sizeof(p));
	p.nodes = nodes;
	p.node_of = node_of;
	modules = 0;
	ended_for_good = false;
	clock_is = draw(100);
	(void)grow(0, 0);
	if (modules == 0)
		return;
	policy_init(&p);
	both(POLICY_BEGIN, 0);
	for (int i = 0; i < EVENTS && !p.over; i++) {
		uint64_t most = draw(4) == 0 ? 40 : 4;

		clock_is += draw(2) == 0 ? 0 : draw((uint32_t)most);
		while (p.due <= clock_is)
			both(POLICY_TIME, 0);
		if (!p.over)
			both(events[draw(6)], draw(modules));
		check_due();
	}
}

static void policy_and_model_agree(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < RUNS; i++) {
		seed = i;
		play_random();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(policy_and_model_agree),
	};

	return cmocka_run_group_tests_name(
	    "sup/policy model", tests, NULL, NULL);
}
