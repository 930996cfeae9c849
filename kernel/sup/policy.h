/* sup/policy: what happens when a module ends, as a pure function of the tree,
 * its state, one event and the time. It knows nothing of domains: it answers
 * with actions, which sup/run carries out before the next event.
 *
 * The semantics are Erlang/OTP's supervisors, with these differences. There is
 * nobody to return an error to: a start that fails is a restart that failed,
 * counted and tried again, also the first one. Children of one_for_one come
 * back without waiting for each other. A restart may be delayed (backoff).
 *
 * Invariants: nodes are in pre-order, so that a subtree is a range and the
 * reverse is the order of stopping. Memory: the caller's.
 */
#ifndef AZ_SUP_POLICY_H
#define AZ_SUP_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#define POLICY_NEVER UINT64_MAX

enum policy_state {
	POLICY_DOWN,     /* to be started, in its turn */
	POLICY_WAITING,  /* to be started at due */
	POLICY_STARTING, /* runs, or some child does, and is not ready yet */
	POLICY_UP,
	POLICY_DONE, /* a module that is not to be started again */
};

struct policy_node {
	/* Fixed. */
	uint32_t parent; /* root: itself */
	uint32_t end;    /* one past its subtree */
	bool group;
	/* Of a module. */
	bool waits; /* it will say that it is ready; else it is at once */
	uint32_t module;
	uint32_t restart; /* enum az_restart */
	uint64_t ready;   /* time to say so; 0: any */
	/* Of a group. */
	uint32_t strategy; /* enum az_strategy */
	uint32_t intensity;
	uint64_t period, backoff_min, backoff_max;
	uint64_t *recent; /* intensity moments, a ring */

	enum policy_state state;
	uint64_t due;      /* POLICY_WAITING, _STARTING: else NEVER */
	uint64_t began;    /* when it was last started */
	uint32_t failures; /* in a row: it lived for less than a period */
	/* Of a group. */
	uint32_t cursor; /* the child that the start has come to, or end */
	uint32_t oldest, count; /* restarts within the period, in recent */
};

struct policy {
	struct policy_node *nodes; /* 0: the root */
	uint32_t count;
	uint32_t *node_of; /* by module */
	uint32_t pending;  /* modules that are not POLICY_DONE */
	uint64_t due;      /* POLICY_TIME is to be told then, or too early */
	bool over;
	struct policy_action *out; /* during a step */
	uint32_t out_count;
};

enum policy_event {
	POLICY_BEGIN,
	POLICY_READY,  /* the module says so */
	POLICY_ENDED,  /* as expected */
	POLICY_FAILED, /* in any other way, or it could not be started */
	POLICY_TIME,   /* of the first node that is due, in the tree's order */
	POLICY_RESET,  /* asked for from outside; not counted */
};

enum policy_what {
	POLICY_STOP,     /* it runs or has ended: make it as new, stopped */
	POLICY_GONE,     /* the same, and as things stand for good */
	POLICY_START,    /* a stopped one */
	POLICY_RENEW,    /* like STOP, and with all that a restart keeps */
	POLICY_ESCALATE, /* subject is a group that gives up: for the log */
	POLICY_END, /* all are done; after ESCALATE of the root: given up */
};

struct policy_action {
	enum policy_what what;
	uint32_t subject; /* module; POLICY_ESCALATE: node */
	/* POLICY_START: restarts of its group within the period. */
	uint32_t n, of;
};

/* The most actions of one step. */
#define POLICY_ACTIONS(nodes) (2 * (nodes) + 2)

/* All nodes down: fixed fields are set, the others zero. */
void policy_init(struct policy *p);

/* Whether others are to be started once the module is ready. */
bool policy_awaited(const struct policy *p, uint32_t module);

/* One event about a module (of POLICY_BEGIN and _TIME: ignored): the actions
 * go to out, in order; returns their number. An event that the module's state
 * does not allow is stale and does nothing. */
uint32_t policy_step(struct policy *p, enum policy_event event, uint32_t module,
    uint64_t now, struct policy_action *out);

#endif
