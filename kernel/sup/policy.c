#include "sup/policy.h"

#include <stddef.h>

#include "abi/index.h"

#define ROOT 0u

static void emit(struct policy *p, enum policy_what what, uint32_t subject)
{
	p->out[p->out_count++] =
	    (struct policy_action){ .what = what, .subject = subject };
}

static bool alive(const struct policy_node *n)
{
	return n->state == POLICY_STARTING || n->state == POLICY_UP;
}

static bool settled(const struct policy_node *n)
{
	return n->state == POLICY_UP || n->state == POLICY_DONE;
}

static uint64_t after(uint64_t now, uint64_t ns)
{
	return ns < POLICY_NEVER - now ? now + ns : POLICY_NEVER;
}

static void set(struct policy *p, struct policy_node *n,
    enum policy_state state, uint64_t due)
{
	if (!n->group)
		p->pending += (n->state == POLICY_DONE) -
			      (uint32_t)(state == POLICY_DONE);
	n->state = state;
	n->due = due;
	if (due < p->due)
		p->due = due;
}

static void begin(struct policy *p, uint32_t at, uint64_t now);

/* Start g's children in order, as far as each is ready. */
static void advance(struct policy *p, struct policy_node *g, uint64_t now)
{
	for (; g->cursor < g->end; g->cursor = p->nodes[g->cursor].end) {
		struct policy_node *child = &p->nodes[g->cursor];

		if (child->state == POLICY_DOWN)
			begin(p, g->cursor, now);
		if (!settled(child))
			return;
	}
	set(p, g, POLICY_UP, POLICY_NEVER);
}

/* Start a node that is down. */
static void begin(struct policy *p, uint32_t at, uint64_t now)
{
	struct policy_node *n = &p->nodes[at], *g = &p->nodes[n->parent];
	bool limit = n->waits && n->ready != 0;

	n->began = now;
	if (n->group) {
		n->count = 0;
		n->cursor = at + 1;
		set(p, n, POLICY_STARTING, POLICY_NEVER);
		advance(p, n, now);
		return;
	}
	set(p, n, n->waits ? POLICY_STARTING : POLICY_UP,
	    limit ? after(now, n->ready) : POLICY_NEVER);
	emit(p, POLICY_START, n->module);
	p->out[p->out_count - 1].n = g->count;
	p->out[p->out_count - 1].of = g->intensity;
}

/* A node that is up or done: let those go on that waited for it. */
static void settle(struct policy *p, uint32_t at, uint64_t now)
{
	while (settled(&p->nodes[at])) {
		struct policy_node *g = &p->nodes[p->nodes[at].parent];

		if (g->cursor != at)
			return;
		advance(p, g, now);
		at = (uint32_t)(g - p->nodes);
	}
}

static void resume(struct policy *p, uint32_t at, uint64_t now)
{
	if (p->nodes[at].state == POLICY_DOWN)
		begin(p, at, now);
	settle(p, at, now);
}

/* Stop nodes [first, end), children of the group `by` and all below them. A
 * temporary child of by stays down, one further below begins a new life with
 * its group. by NULL: everything does. */
static void stop(struct policy *p, uint32_t first, uint32_t end,
    const struct policy_node *by)
{
	for (uint32_t at = end; at-- > first;) {
		struct policy_node *n = &p->nodes[at];
		bool below = &p->nodes[n->parent] != by;
		bool again =
		    by != NULL && (below || n->restart != AZ_RESTART_TEMPORARY);

		if (below)
			n->failures = 0;
		if (!n->group && alive(n))
			emit(p, again ? POLICY_STOP : POLICY_GONE, n->module);
		set(p, n, n->group || again ? POLICY_DOWN : POLICY_DONE,
		    POLICY_NEVER);
	}
}

/* Whether g may restart once more within its period; counts it. */
static bool allow(struct policy_node *g, uint64_t now)
{
	while (g->count > 0 && now - g->recent[g->oldest] > g->period) {
		g->oldest = (g->oldest + 1) % g->intensity;
		g->count--;
	}
	if (g->count == g->intensity)
		return false;
	g->recent[(g->oldest + g->count++) % g->intensity] = now;
	return true;
}

/* How long n's next restart waits: twice as long as the one before. */
static uint64_t backoff(
    struct policy_node *n, const struct policy_node *g, uint64_t now)
{
	uint64_t delay = g->backoff_min;

	if (now - n->began >= g->period)
		n->failures = 0;
	for (uint32_t k = 0; k < n->failures && delay < g->backoff_max; k++)
		delay =
		    delay <= g->backoff_max / 2 ? 2 * delay : g->backoff_max;
	n->failures++;
	return delay;
}

/* The strategy of group g for its child at, which is not to stay down. */
static void restart(
    struct policy *p, struct policy_node *g, uint32_t at, uint64_t now)
{
	uint64_t delay = backoff(&p->nodes[at], g, now);
	uint32_t first = at, end = p->nodes[at].end;

	if (g->strategy != AZ_STRATEGY_ONE_FOR_ONE)
		end = g->end;
	if (g->strategy == AZ_STRATEGY_ONE_FOR_ALL)
		first = (uint32_t)(g - p->nodes) + 1;
	stop(p, first, end, g);
	while (p->nodes[first].state == POLICY_DONE)
		first = p->nodes[first].end;
	if (g->strategy != AZ_STRATEGY_ONE_FOR_ONE)
		g->cursor = first;
	if (delay > 0)
		set(p, &p->nodes[first], POLICY_WAITING, after(now, delay));
	resume(p, first, now);
}

/* A node that must not stay down is: restart it, or the group that has done
 * so too often, or end. */
static void fail(struct policy *p, uint32_t at, uint64_t now)
{
	struct policy_node *n = &p->nodes[at], *g = &p->nodes[n->parent];

	emit(p, POLICY_STOP, n->module);
	set(p, n, POLICY_DOWN, POLICY_NEVER);
	while (!allow(g, now)) {
		at = (uint32_t)(g - p->nodes);
		emit(p, POLICY_ESCALATE, at);
		if (at == ROOT) {
			stop(p, ROOT, g->end, NULL);
			p->over = true;
			return;
		}
		g = &p->nodes[g->parent];
	}
	restart(p, g, at, now);
}

/* A module has ended: for good, or not. */
static void ended(
    struct policy *p, uint32_t at, enum policy_event how, uint64_t now)
{
	struct policy_node *n = &p->nodes[at];

	if (n->restart == AZ_RESTART_PERMANENT ||
	    (n->restart == AZ_RESTART_TRANSIENT && how != POLICY_ENDED)) {
		fail(p, at, now);
		return;
	}
	emit(p, POLICY_GONE, n->module);
	set(p, n, POLICY_DONE, POLICY_NEVER);
	settle(p, at, now);
}

static void time_passed(struct policy *p, uint64_t now)
{
	uint32_t at = 0;

	p->due = POLICY_NEVER;
	for (; at < p->count && p->nodes[at].due > now; at++)
		if (p->nodes[at].due < p->due)
			p->due = p->nodes[at].due;
	if (at == p->count)
		return;
	p->due = now; /* there may be more */
	if (alive(&p->nodes[at])) {
		ended(p, at, POLICY_FAILED, now);
		return;
	}
	set(p, &p->nodes[at], POLICY_DOWN, POLICY_NEVER);
	resume(p, at, now);
}

/* One that its group has not come to yet stays down. */
static void reset(struct policy *p, uint32_t at, uint64_t now)
{
	struct policy_node *n = &p->nodes[at];
	bool begins = n->state != POLICY_DOWN;

	if (n->state == POLICY_DONE && n->restart == AZ_RESTART_TEMPORARY)
		return;
	emit(p, POLICY_RENEW, n->module);
	set(p, n, POLICY_DOWN, POLICY_NEVER);
	if (begins)
		resume(p, at, now);
}

void policy_init(struct policy *p)
{
	p->due = POLICY_NEVER;
	for (uint32_t at = 0; at < p->count; at++) {
		p->nodes[at].due = POLICY_NEVER;
		p->pending += !p->nodes[at].group;
	}
}

bool policy_awaited(const struct policy *p, uint32_t module)
{
	uint32_t at = p->node_of[module];

	return p->nodes[p->nodes[at].parent].cursor == at;
}

uint32_t policy_step(struct policy *p, enum policy_event event, uint32_t module,
    uint64_t now, struct policy_action *out)
{
	uint32_t at = event == POLICY_BEGIN || event == POLICY_TIME
			  ? ROOT
			  : p->node_of[module];
	struct policy_node *n = &p->nodes[at];

	p->out = out;
	p->out_count = 0;
	if (p->over)
		return 0;
	if (event == POLICY_BEGIN)
		begin(p, ROOT, now);
	else if (event == POLICY_TIME)
		time_passed(p, now);
	else if (event == POLICY_RESET)
		reset(p, at, now);
	else if (event == POLICY_READY && n->state == POLICY_STARTING) {
		set(p, n, POLICY_UP, POLICY_NEVER);
		settle(p, at, now);
	} else if (event != POLICY_READY && alive(n))
		ended(p, at, event, now);
	if (p->pending == 0) {
		emit(p, POLICY_END, ROOT);
		p->over = true;
		p->due = POLICY_NEVER;
	}
	return p->out_count;
}
