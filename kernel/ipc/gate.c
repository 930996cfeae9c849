#include "ipc/gate.h"

#include <stddef.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/mem.h"
#include "ipc/call.h"
#include "ipc/gate_impl.h"
#include "ipc/turn.h"
#include "ipc/x86_64/gate.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/bundle.h"
#include "wasm/stub.h"

_Static_assert(offsetof(struct cpu_local, record) == 0 &&
		   offsetof(struct domain, entered) == 0 &&
		   offsetof(struct thread, records) == 0 &&
		   RECORDS_MAX * sizeof(struct record) == 1024 &&
		   offsetof(struct record, r14) == 40 &&
		   offsetof(struct record, gate) == 48 &&
		   offsetof(struct gate, mask) == 40 &&
		   offsetof(struct gate, flags) == 48 &&
		   offsetof(struct gate, floats) == 49 &&
		   offsetof(struct gate, known) == 52 &&
		   offsetof(struct gate, stack) == 56 &&
		   offsetof(struct gate, peer) == 72 &&
		   offsetof(struct gate, ns) == 80 &&
		   STUB_CALL_HOST + AZ_CALL_RING_TURN == 0x10049,
    "gate.inc");

static gate_carry_fn *carry_hook;
static gate_alone_fn *alone_hook;

void gate_set_carry(gate_carry_fn *carry, gate_alone_fn *alone)
{
	carry_hook = carry;
	alone_hook = alone;
}

void gate_alone_over(struct domain *d)
{
	timer_cancel(&d->alone);
	if (alone_hook != NULL)
		alone_hook(d);
}

/* Whether others may go before the first that waits: once, and only those of
 * its rank. Were d handed to each that waits, whoever calls it in a loop would
 * have to wait for every call, from the first such meeting on. */
static bool may_overtake(struct thread *first)
{
	const struct thread *self = sched_thread();
	bool may =
	    !first->overtaken && self != NULL &&
	    self->domain->module->priority >= first->domain->module->priority;

	first->overtaken = true;
	return may;
}

/* d is free: wake the first that waits for it, or let it in. Then it is d's
 * activation from now on, though it has no record yet. */
static void release(struct domain *d)
{
	struct thread *first = d->callers;

	d->entered = NULL;
	if (first == NULL)
		return;
	if (may_overtake(first)) {
		sched_wake(first);
		return;
	}
	d->callers = first->next_caller;
	d->entered = first->records;
	sched_wake(first);
}

/* Make d's return come to gate_leave. */
void gate_hook(const struct domain *d)
{
	((uint64_t *)domain_stack(d))[-1] = gate_label(gate_finish);
}

bool gate_wait_for(struct domain *d, struct thread *t)
{
	const struct gate *g = gate_awaited(t);
	struct thread **link = &d->callers;
	uint32_t waiting = 0;

	for (struct thread *w = d->callers; w != NULL; w = w->next_caller)
		waiting += gate_awaited(w)->channel == g->channel;
	if (waiting >= gate_channel(g)->queue)
		return false;
	while (*link != NULL &&
	       (*link)->domain->module->priority >= t->domain->module->priority)
		link = &(*link)->next_caller;
	t->next_caller = *link;
	*link = t;
	t->waits_for = d;
	t->overtaken = false;
	gate_limit(thread_domain(t, *sched_top(t) - 1), g);
	return true;
}

/* Whoever is in d is to look for those that wait. */
static void ask_for(const struct domain *d)
{
	if (d->entered > RECORD_CLOSED && d->entered != d->thread->records)
		gate_hook(d);
}

static void leave_queue(struct domain *d, struct thread *t)
{
	struct thread **link = &d->callers;

	while (*link != t)
		link = &(*link)->next_caller;
	*link = t->next_caller;
}

void gate_stop_waiting(struct thread *t)
{
	struct domain *d = t->waits_for;

	t->waits_for = NULL;
	if (d == NULL)
		return;
	if (d->entered == t->records) {
		release(d);
		return;
	}
	leave_queue(d, t);
	if (d->entered == NULL)
		release(d);
	else if (d->callers != NULL)
		ask_for(d);
}

/* --- The slow way in ---------------------------------------------------------- */

/* xmm registers as of a fresh thread, but for the first count. */
static void load_floats(const uint64_t *floats, uint32_t count)
{
	uint8_t *area = sched_thread()->fpu;

	context_fpu_reset();
	if (count == 0)
		return;
	context_fpu_save(area);
	for (uint32_t i = 0; i < count; i++)
		memcpy(area + CONTEXT_FPU_XMM + 16 * i, &floats[i], 8);
	context_fpu_restore(area);
}

static void save_floats(uint64_t *floats, uint32_t count)
{
	uint8_t *area = sched_thread()->fpu;

	if (count == 0)
		return;
	context_fpu_save(area);
	for (uint32_t i = 0; i < count; i++)
		memcpy(&floats[i], area + CONTEXT_FPU_XMM + 16 * i, 8);
}

int32_t gate_verdict(struct thread *t)
{
	int32_t status = t->verdict;

	t->verdict = 0;
	return status;
}

/* What keeps the caller from the callee now. 0: nothing any more, and the
 * callee is its. */
static int32_t acquire(void)
{
	struct thread *t = sched_thread();
	const struct gate *g = gate_awaited(t);
	struct domain *d = g->callee;

	t->verdict = 0;
	while (d->entered != t->records) {
		if (d->entered == NULL) {
			d->entered = t->records;
			if (t->waits_for != NULL)
				leave_queue(d, t);
			break;
		}
		if (d->entered == RECORD_CLOSED && d->closed != AZ_PEER_DIED)
			return d->closed;
		if (t->waits_for == NULL && !gate_wait_for(d, t))
			return AZ_PEER_BUSY;
		ask_for(d);
		(void)sched_sleep_until(CLOCK_NEVER);
		if (t->verdict != 0)
			return gate_verdict(t);
	}
	t->waits_for = NULL;
	return 0;
}

/* Arguments as the callee takes them. */
static uint64_t *call_args(struct domain *caller, const struct gate *g)
{
	return caller->args + (g->flags & GATE_HANDLE ? 1 : 0);
}

static int32_t carry(struct domain *caller, const struct gate *g, bool out)
{
	if (g->method->copy_count == 0)
		return 0;
	if (carry_hook == NULL)
		return AZ_BAD_ARGUMENT;
	return carry_hook(caller, g, call_args(caller, g), out);
}

_Noreturn static void attempt(void)
{
	struct domain *caller = sched_domain(), *d;
	struct record *r = cpu_local()->record;
	int32_t status =
	    gate_check(caller, r->gate, (uint32_t)caller->given[0]);

	if (status == 0)
		status = acquire();
	if (status != 0)
		gate_answer(status);
	r = cpu_local()->record;
	d = r->gate->callee;
	/* It waited at its own cost, not at the callee's. */
	if (caller->late.at != 0)
		caller->works_until =
		    clock_now() + gate_channel(r->gate)->timeout;
	memcpy(caller->args, caller->given, sizeof(caller->given));
	status = carry(caller, r->gate, false);
	if (status != 0) {
		release(d);
		gate_answer(status);
	}
	load_floats(caller->floats, r->gate->floats);
	gate_hook(d);
	d->entered = r;
	cpu_local()->record = r + 1;
	gate_to_callee(r->gate->entry, domain_stack(d) - 8, r->gate->memory,
	    call_args(caller, r->gate));
}

/* In place of the callee. */
void gate_answer(int32_t status)
{
	struct domain *caller = sched_domain();
	const struct record *r = cpu_local()->record;

	if (status == AZ_PEER_DIED && r->gate->flags & GATE_RETRY)
		attempt();
	gate_unlimit(caller);
	sched_way_out();
	r = cpu_local()->record;
	if (!(r->gate->flags & GATE_STATUS))
		call_trap(r->sp, AZ_TRAP_PEER);
	load_floats(NULL, 0);
	gate_to_caller(r, (uint32_t)status);
}

void gate_enter(const uint64_t *args)
{
	struct domain *caller = sched_domain();
	struct thread *t = sched_thread();
	const struct gate *g = cpu_local()->record->gate;

	turn_settle();
	memcpy(caller->given, args, sizeof(caller->given));
	save_floats(caller->floats, g->floats);
	sched_way_out();
	if (cpu_local()->record == &t->records[RECORDS_MAX])
		call_trap(cpu_local()->record->sp, AZ_TRAP_EXHAUSTION);
	attempt();
}

/* --- The slow way out ----------------------------------------------------------- */

void gate_park(void)
{
	struct domain *d = sched_domain();

	gate_alone_over(d);
	release(d);
	sched_park();
}

/* Whether the current domain is its thread's home: nobody called it, or the
 * caller has gone on without it. */
static bool at_home(void)
{
	return cpu_local()->record == sched_thread()->records + 1;
}

void gate_leave(uint64_t value)
{
	struct domain *d = sched_domain(), *caller;
	const struct gate *g = cpu_local()->record[-1].gate;
	bool floats = !at_home() && g->flags & GATE_FLOAT;
	int32_t status;

	turn_settle();
	save_floats(d->floats, floats);
	sched_way_out();
	if (at_home())
		gate_park();
	cpu_local()->record--;
	caller = sched_domain();
	status = carry(caller, g, true);
	gate_unlimit(caller);
	release(d);
	load_floats(d->floats, floats);
	gate_to_caller(cpu_local()->record,
	    status == 0 ? value & g->mask : (uint32_t)status);
}
