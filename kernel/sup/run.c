#include "sup/run.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "abi/observe.h"
#include "abi/status.h"
#include "arch/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/panic.h"
#include "load/bind.h"
#include "load/blob.h"
#include "load/program.h"
#include "load/spawn.h"
#include "load/window.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "sup/evidence.h"
#include "sup/policy.h"
#include "sup/report.h"
#include "sup/tree.h"
#include "task/budget.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/bundle.h"
#include "verify/fit.h"
#include "verify/refuse.h"

enum { NS_PER_MS = 1000000 };

static struct {
	const struct bundle *bundle;
	const struct run_hooks *hooks;
	struct domain *domains;    /* one per module, in its order */
	struct program **programs; /* likewise, shared */
	struct policy policy;
	struct policy_action *actions; /* of the step under way */
	struct timer timer;            /* of what is due */
	struct domain *ready;          /* said so, and not told the policy */
	struct domain *reset;          /* asked for, by */
	const struct domain *resetter;
	bool resetting;       /* the step under way is for that */
	uint64_t frames_free; /* before the first instance */
	bool failed;          /* some module did not end as expected */
	bool stopping;        /* asked for: run_stop */
	bool gave_up;         /* the root did */
	bool idle;            /* nothing can ever happen, and that was said */
} run;

static void set_identity(struct domain *d, uint32_t i)
{
	const struct az_module *m = &run.bundle->modules[i];
	struct bundle_text name = bundle_text(run.bundle, m->name);

	d->id = i;
	memcpy(d->name, name.at, name.len); /* checked: <= AZ_NAME_MAX */
	d->slot = (uint64_t)(i + 1) * AZ_SLOT_SIZE;
	d->memory = (uint8_t *)(d->slot + AZ_MEMORY_BASE);
	d->memory_max = m->memory;
	d->module = m;
	/* No call comes in before an instance is there. */
	d->entered = RECORD_CLOSED;
	d->closed = AZ_PEER_GONE;
	bind_grants(d, run.bundle, i);
}

/* Whether a module will say that it is ready: a reactor once it has been
 * initialized, or one that can call azoth.ready. */
static bool says_ready(const struct image_view *v)
{
	for (uint32_t i = 0; i < v->head->imports.count; i++)
		if (v->imports[i].kind == AZ_IMPORT_HOST &&
		    v->imports[i].call == AZ_CALL_READY)
			return true;
	return !v->command;
}

/* Everything about module i that can be refused. */
static enum az_refusal check(uint32_t i, const char **why)
{
	struct domain *d = &run.domains[i];
	uint32_t blob = run.bundle->modules[i].blob;

	PASS(program_get(&run.programs[i], blob, run.hooks->entry, why));
	d->image = &run.programs[i]->image;
	run.policy.nodes[run.policy.node_of[i]].waits = says_ready(d->image);
	return fit_check(d->image, run.bundle, i, why);
}

static void unbuild(struct domain *d)
{
	run.hooks->detach(d);
	spawn_unmap(d, run.programs[d->id]);
	thread_free(&d->thread);
}

/* Build d's instance, or leave nothing. AZ_ERANGE: a segment does not fit,
 * which is the module's own trap: end_code. */
static az_err build(struct domain *d)
{
	az_err err = spawn_map(d, run.programs[d->id]);

	if (err != AZ_OK)
		return err;
	err = thread_alloc(&d->thread, d, run.hooks->begin);
	if (err == AZ_OK)
		err = run.hooks->attach(d);
	if (err != AZ_OK)
		unbuild(d);
	return err;
}

/* What a refused blob is called: by its first user, if any is an image. */
static const char *blob_user(uint32_t blob)
{
	for (uint32_t i = 0; i < run.bundle->module_count; i++)
		if (run.bundle->modules[i].blob == blob)
			return run.domains[i].name;
	return "";
}

static const char *blob_why(enum az_refusal refusal)
{
	switch (refusal) {
	case AZ_REFUSE_BLOB_HASH:
		return "a blob is not the one that was signed";
	case AZ_REFUSE_BLOB_INFLATE:
		return "a blob does not decode";
	default:
		return "no memory for the blobs";
	}
}

static enum az_refusal load_blobs(const char **why, const char **who)
{
	enum az_refusal refusal;

	*why = blob_why(AZ_REFUSE_MEMORY);
	if (blob_init(run.bundle) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	for (uint32_t i = 0; i < run.bundle->blob_count; i++) {
		refusal = blob_load(i);
		if (refusal != AZ_REFUSE_NONE) {
			*why = blob_why(refusal);
			*who = blob_user(i);
			return refusal;
		}
	}
	return AZ_REFUSE_NONE;
}

static az_err alloc_tables(const struct bundle *b)
{
	TRY(map_array(&run.domains, b->module_count));
	TRY(map_array(&run.programs, b->module_count));
	TRY(map_array(&run.actions, POLICY_ACTIONS(b->node_count)));
	TRY(evidence_init());
	return tree_make(&run.policy, b);
}

enum az_refusal run_load(const struct bundle *b, const struct run_hooks *hooks,
    const char **why, const char **who)
{
	run.bundle = b;
	run.hooks = hooks;
	*who = "";
	*why = "no memory for the modules";
	if (alloc_tables(b) != AZ_OK)
		return AZ_REFUSE_MEMORY;
	for (uint32_t i = 0; i < b->module_count; i++)
		set_identity(&run.domains[i], i);
	PASS(load_blobs(why, who));
	for (uint32_t i = 0; i < b->module_count; i++) {
		*who = run.domains[i].name;
		PASS(check(i, why));
	}
	run.frames_free = frame_count_free();
	for (uint32_t i = 0; i < b->module_count; i++) {
		*why = "no memory for the instance";
		*who = run.domains[i].name;
		if (build(&run.domains[i]) == AZ_ENOMEM)
			return AZ_REFUSE_MEMORY;
	}
	return AZ_REFUSE_NONE;
}

static bool as_expected(const struct domain *d)
{
	if (d->module->expect == AZ_EXPECT_TRAP)
		return d->end == DOMAIN_TRAPPED;
	return d->end == DOMAIN_EXITED && d->end_code == d->module->expect_code;
}

static void log_end(const struct domain *d)
{
	uint64_t ms = (d->ended - d->started) / NS_PER_MS;
	const char *word = as_expected(d) ? "yes" : "no";

	if (d->end == DOMAIN_EXITED)
		log_info("sup",
		    "exit module=%s end=exit code=%u expected=%s ms=%lu "
		    "memory=%lu grow_refused=%u",
		    d->name, d->end_code, word, ms, d->memory_size,
		    d->grow_refused);
	else
		log_info("sup",
		    "exit module=%s end=trap code=%u trap=\"%s\" expected=%s "
		    "ms=%lu memory=%lu grow_refused=%u",
		    d->name, d->end_code, report_trap_text(d->end_code), word,
		    ms, d->memory_size, d->grow_refused);
}

static uint64_t deadline_of(const struct domain *d)
{
	uint64_t ns = d->module->deadline;

	return ns != 0 ? budget_after(d->started, ns) : CLOCK_NEVER;
}

/* --- Actions -------------------------------------------------------------- */

/* After this nobody runs in d or waits for it. */
static void evict(struct domain *d, enum domain_life life, enum az_status why)
{
	d->life = life;
	run.hooks->evict(d, why);
	if (d->thread != NULL)
		sched_halt(d->thread);
	d->generation++;
	if (d->end != DOMAIN_RUNNING)
		return;
	d->end = DOMAIN_TRAPPED;
	d->end_code = AZ_TRAP_KILLED;
	d->ended = clock_now();
}

/* Make d as it was when it was built. all: forget also what a restart leaves
 * behind. */
static void renew(struct domain *d, bool all)
{
	if (d->life != DOMAIN_DOWN)
		evict(d, DOMAIN_DOWN, AZ_PEER_DIED);
	if (d->thread == NULL)
		return;
	if (all)
		evidence_print();
	spawn_restore(d, all);
	run.hooks->renew(d, all);
	thread_renew(d->thread, run.hooks->begin, all);
	/* Whoever called d, or worked for it, may have its values. */
	for (uint32_t i = 0; all && i < run.bundle->module_count; i++)
		if (run.domains[i].thread != NULL)
			thread_scrub(run.domains[i].thread);
	/* A storm of restarts costs only itself. */
	sched_charge_home(d);
}

/* Take apart what is not to be started again as things stand. */
static void retire(struct domain *d)
{
	bool ended = d->end != DOMAIN_RUNNING && d->life != DOMAIN_DOWN;

	evict(d, DOMAIN_GONE, AZ_PEER_GONE);
	run.hooks->detach(d);
	if (ended) {
		log_end(d);
		run.failed = run.failed || !as_expected(d);
	} else if (run.idle) {
		log_info("sup", "stop module=%s", d->name);
	} else {
		log_warn("sup", "give-up module=%s", d->name);
	}
	unbuild(d);
}

static void start(const struct policy_action *action)
{
	struct domain *d = &run.domains[action->subject];
	bool waits = run.policy.nodes[run.policy.node_of[d->id]].waits;
	az_err err = AZ_OK;

	d->started = clock_now();
	if (d->generation == 0)
		log_info("sup", "start module=%s", d->name);
	else if (d != run.reset || !run.resetting)
		evidence_restart(d, action->n, action->of);
	d->end = DOMAIN_RUNNING;
	d->life = waits ? DOMAIN_STARTING : DOMAIN_READY;
	if (d->thread == NULL)
		err = build(d);
	if (err != AZ_OK) {
		sched_end(d, DOMAIN_TRAPPED,
		    err == AZ_ERANGE ? d->end_code : AZ_TRAP_KILLED);
		return;
	}
	sched_start(d->thread, deadline_of(d));
}

static void escalate(uint32_t node)
{
	struct bundle_text name =
	    bundle_text(run.bundle, run.bundle->nodes[node].name);

	log_error("sup", "escalate group=%.*s reason=intensity", (int)name.len,
	    name.at);
	run.gave_up = node == 0;
}

/* Every instance is taken apart: the frames that they held must be free
 * again. */
static void end_system(void)
{
	enum az_end end = run.failed ? AZ_END_FAILED : AZ_END_OK;

	for (uint32_t i = run.bundle->node_count; i-- > 0;) {
		const struct az_node *n = &run.bundle->nodes[i];

		if (n->kind == AZ_NODE_MODULE &&
		    run.domains[n->module].life != DOMAIN_GONE)
			retire(&run.domains[n->module]);
	}
	if (run.stopping)
		end = AZ_END_HALT;
	if (run.gave_up)
		end = run.bundle->nodes[0].escalate == AZ_ESCALATE_REBOOT
			  ? AZ_END_REBOOT
			  : AZ_END_ESCALATED;
	log_info("sup", "end result=%s frames_lost=%ld",
	    run.gave_up    ? "escalated"
	    : run.stopping ? "stopped"
	    : run.failed   ? "failed"
			   : "ok",
	    (long)(run.frames_free - frame_count_free()));
	run.hooks->finish(end);
}

static void perform(const struct policy_action *action)
{
	struct domain *d = &run.domains[action->subject];

	switch (action->what) {
	case POLICY_STOP:
		renew(d, false);
		break;
	case POLICY_GONE:
		retire(d);
		break;
	case POLICY_START:
		start(action);
		break;
	case POLICY_RENEW:
		renew(d, true);
		break;
	case POLICY_ESCALATE:
		escalate(action->subject);
		break;
	case POLICY_END:
		end_system();
		break;
	}
}

/* On the boot stack: a thread could be ended half way through the actions, and
 * a step within a step would overwrite them. */
static void step(enum policy_event event, uint32_t module)
{
	uint32_t count;

	invariant(sched_thread() == NULL);
	count =
	    policy_step(&run.policy, event, module, clock_now(), run.actions);
	for (uint32_t i = 0; i < count; i++)
		perform(&run.actions[i]);
	timer_set(&run.timer, run.policy.due);
}

/* --- Events --------------------------------------------------------------- */

/* Evidence of one that was ended from outside: where its thread was, unless
 * that is in the kernel. */
static void witness(const struct domain *d)
{
	const struct thread *t = domain_thread(d);
	struct report_site site = { 0 };

	if (t->preempted && domain_owns(d, t->frame.rip)) {
		site.rip = t->frame.rip;
		site.sp = t->frame.rsp;
	}
	evidence_trap(d, d->end_code, &site);
}

/* Here, and not where a module says it: what follows may take long, and
 * belongs to nobody's thread. */
static void announce_ready(void)
{
	while (run.ready != NULL) {
		struct domain *d = run.ready;

		run.ready = d->next_ready;
		d->in_ready = false;
		if (d->life == DOMAIN_READY)
			step(POLICY_READY, d->id);
	}
}

static void reap(struct domain *d)
{
	announce_ready();
	/* Meanwhile it was stopped, or even started again. */
	if (d->end == DOMAIN_RUNNING || d->life == DOMAIN_DOWN ||
	    d->life == DOMAIN_GONE)
		return;
	if (d->end == DOMAIN_TRAPPED && d->thread != NULL &&
	    (d->end_code == AZ_TRAP_DEADLINE || d->end_code == AZ_TRAP_KILLED ||
		d->end_code == AZ_TRAP_HUNG))
		witness(d);
	step(as_expected(d) ? POLICY_ENDED : POLICY_FAILED, d->id);
}

static void reset(uint64_t since)
{
	run.resetting = true;
	step(POLICY_RESET, run.reset->id);
	run.resetting = false;
	log_info("sup", "reset module=%s by=%s us=%lu", run.reset->name,
	    run.resetter->name, (clock_now() - since) / 1000);
	run.reset = NULL;
}

/* Whether d is a reactor that waits for calls alone. */
static bool at_rest(const struct domain *d)
{
	return d->life == DOMAIN_READY && d->entered == NULL;
}

/* Nothing can ever happen any more. Where only reactors are left, and nobody
 * to call them, the system is over; else it is said once who waits. */
static void stand_still(void)
{
	const struct domain *first = NULL;
	uint32_t waiting = 0;

	for (uint32_t i = run.bundle->module_count; i-- > 0;) {
		const struct domain *d = &run.domains[i];

		if (at_rest(d))
			run.failed |= d->module->expect == AZ_EXPECT_TRAP;
		else if (d->life == DOMAIN_STARTING || d->life == DOMAIN_READY)
			waiting++, first = d;
	}
	run.idle = true;
	if (first == NULL)
		end_system();
	else
		log_warn("sup", "waits-for-ever modules=%u first=%s", waiting,
		    first->name);
}

static void chores(void)
{
	announce_ready();
	if (run.stopping) {
		run.idle = true; /* none of them is given up */
		end_system();
	}
	if (run.reset != NULL)
		reset(clock_now());
	while (run.policy.due <= clock_now())
		step(POLICY_TIME, 0);
	evidence_idle();
	if (!run.idle && !sched_expects() && !run.hooks->expects())
		stand_still();
}

void run_ready(struct domain *d)
{
	if (d->life != DOMAIN_STARTING)
		return;
	d->life = DOMAIN_READY;
	evidence_ready(d);
	if (!d->in_ready) {
		d->in_ready = true;
		d->next_ready = run.ready;
		run.ready = d;
	}
	/* What nobody waits for is told when there is something to do. */
	if (policy_awaited(&run.policy, d->id))
		sched_want_chores();
}

void run_stop(void)
{
	run.stopping = true;
	sched_want_chores();
}

static bool may_reset(const struct domain *by, uint32_t module)
{
	const struct az_run *grants = &by->module->grants;

	for (uint32_t i = 0; i < grants->count; i++) {
		const struct az_grant *g =
		    &run.bundle->grants[grants->first + i];

		if (g->kind == AZ_GRANT_RESET && g->value == module)
			return true;
	}
	return false;
}

int32_t run_reset(const struct domain *by, const char *name, uint32_t len)
{
	const struct az_module *m = bundle_module(run.bundle, name, len);
	struct domain *d =
	    m != NULL ? &run.domains[m - run.bundle->modules] : NULL;

	if (d == NULL || !may_reset(by, d->id))
		return AZ_DENIED;
	if (d->life == DOMAIN_GONE &&
	    d->module->restart == AZ_RESTART_TEMPORARY)
		return AZ_PEER_GONE;
	if (run.reset != NULL)
		return AZ_PEER_BUSY;
	run.reset = d;
	run.resetter = by;
	sched_do_chores();
	return 0;
}

static uint32_t seen_state(const struct domain *d)
{
	static const uint8_t states[] = {
		[DOMAIN_DOWN] = AZ_SEEN_DOWN,
		[DOMAIN_STARTING] = AZ_SEEN_STARTING,
		[DOMAIN_READY] = AZ_SEEN_READY,
	};

	if (d->life == DOMAIN_GONE)
		return as_expected(d) ? AZ_SEEN_ENDED : AZ_SEEN_FAILED;
	return states[d->life];
}

static void observe_module(const struct domain *d, struct az_seen *out)
{
	memcpy(out->name, d->name, sizeof(out->name));
	out->state = seen_state(d);
	out->policy = d->module->restart;
	out->generation = d->generation;
	out->memory_max = d->memory_max;
	out->cpu_ms = d->budget.used_total / NS_PER_MS;
	if (d->life == DOMAIN_GONE)
		return;
	out->memory = d->memory_size;
	out->age_ms = (clock_now() - d->started) / NS_PER_MS;
}

int32_t run_observe(uint32_t node, struct az_seen *out)
{
	const struct az_node *n;
	struct bundle_text name;

	if (node >= run.bundle->node_count)
		return AZ_BAD_ARGUMENT;
	sched_charge();
	n = &run.bundle->nodes[node];
	*out = (struct az_seen){ .parent = n->parent, .policy = n->strategy };
	name = bundle_text(run.bundle, n->name);
	memcpy(out->name, name.at, name.len); /* checked: <= AZ_NAME_MAX */
	if (n->kind == AZ_NODE_MODULE)
		observe_module(&run.domains[n->module], out);
	return 0;
}

static void on_due(struct timer *t)
{
	(void)t;
	sched_want_chores();
}

void run_system(void)
{
	run.timer.fire = on_due;
	step(POLICY_BEGIN, 0);
	sched_run(reap, chores);
}
