#include "ipc/gate.h"

#include <stddef.h>

#include "abi/fault.h"
#include "abi/layout.h"
#include "arch/clock.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/mem.h"
#include "base/panic.h"
#include "ipc/call.h"
#include "ipc/x86_64/gate.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "task/thread.h"
#include "verify/bundle.h"
#include "verify/image.h"

_Static_assert(
    offsetof(struct cpu_local, kernel_sp) == 8 &&
	offsetof(struct cpu_local, record) == 16 &&
	offsetof(struct domain, entered) == 0 &&
	offsetof(struct thread, records) == 0 &&
	RECORDS_MAX * sizeof(struct record) == 1024 &&
	offsetof(struct record, r14) == 40 &&
	offsetof(struct record, gate) == 48 &&
	offsetof(struct gate, mask) == 40 &&
	offsetof(struct gate, flags) == 48 &&
	offsetof(struct gate, floats) == 49 &&
	offsetof(struct gate, known) == 52 &&
	AZ_STACK_TOP - DOMAIN_STACK_SLACK == AZ_MEMORY_BASE - 0x10040,
    "gate.inc");

/* A call without an end of its own gets one so often in its time. */
enum { TICKS = 4 };

static struct {
	const struct bundle *bundle;
	gate_check_fn *check;
	gate_carry_fn *carry;
	gate_alone_fn *alone;
} gates;

void gate_init(const struct bundle *b)
{
	gates.bundle = b;
}

void gate_set_check(gate_check_fn *check)
{
	gates.check = check;
}

void gate_set_carry(gate_carry_fn *carry, gate_alone_fn *alone)
{
	gates.carry = carry;
	gates.alone = alone;
}

static uint64_t address(const char *label)
{
	return (uint64_t)(uintptr_t)label;
}

static const struct az_channel *channel_of(const struct gate *g)
{
	return &gates.bundle->channels[g->channel];
}

/* --- Binding ---------------------------------------------------------------- */

static void bind_types(struct gate *g, const struct az_sig *sig)
{
	uint8_t result = sig->types[sig->param_count];

	for (uint32_t i = 0; i < sig->param_count; i++)
		g->floats += image_is_float(sig->types[i]);
	if (sig->result_count == 0)
		return;
	if (image_is_float(result))
		g->flags |= GATE_FLOAT;
	else
		g->mask = result == AZ_I64 ? UINT64_MAX : UINT32_MAX;
}

/* Where the stub jumps to while nothing is in the way. */
static uint64_t fast_path(const struct gate *g)
{
	if (g->flags & (GATE_RETRY | GATE_REVOKED) || g->method->copy_count > 0)
		return address(gate_slow);
	if (g->flags & GATE_HANDLE)
		return address(gate_first);
	if (g->flags & GATE_CLEANED)
		return address(gate_clean) + g->floats * GATE_CLEAN_LEN;
	return address(gate_call);
}

static void bind_one(
    struct gate *g, struct domain *d, const struct az_import *m)
{
	const struct bundle *b = gates.bundle;
	const struct image_view *v = d->image;
	uint32_t skip = sizeof(AZ_IMPORT_HANDLE) - 1;
	bool handle = m->module_len > skip &&
		      memcmp(v->names + m->module, AZ_IMPORT_HANDLE, skip) == 0;
	const struct az_channel *c =
	    bundle_channel(b, v->names + m->module + (handle ? skip : 0),
		m->module_len - (handle ? skip : 0));
	struct domain *callee = d + ((int64_t)c->owner - d->id);
	const struct az_export *e = image_find_export(
	    callee->image, AZ_EXPORT_FUNC, v->names + m->name, m->name_len);

	*g = (struct gate){
		.callee = callee,
		.memory = callee->slot + AZ_MEMORY_BASE,
		.entry = callee->slot + AZ_TEXT_BASE +
			 callee->image->funcs[e->index].off,
		.home = d->slot + AZ_MEMORY_BASE,
		.channel = (uint16_t)(c - b->channels),
		.method = bundle_method(b, c, v->names + m->name, m->name_len),
	};
	bind_types(g, &v->sigs[m->sig]);
	g->flags |= (uint8_t)((d->image->xmm ? GATE_CLEAN : 0) |
			      (callee->image->xmm ? GATE_CLEANED : 0) |
			      (c->flags & AZ_CHANNEL_RETRY ? GATE_RETRY : 0) |
			      (handle ? GATE_HANDLE : 0));
	if (g->method->flags & AZ_METHOD_STATUS &&
	    !(c->flags & AZ_CHANNEL_TRAP))
		g->flags |= GATE_STATUS;
	g->enter = fast_path(g);
	if (c->timeout != 0)
		sched_need_tick(c->timeout / TICKS);
}

void gate_bind(struct domain *d)
{
	for (uint32_t i = 0; i < d->image->head->imports.count; i++)
		if (d->image->imports[i].kind == AZ_IMPORT_CHANNEL)
			bind_one(&d->gates[i], d, &d->image->imports[i]);
}

void gate_forget(struct domain *d)
{
	for (uint32_t i = 0; i < d->image->head->imports.count; i++)
		d->gates[i].known = 0;
}

void gate_revoke(struct domain *d, uint32_t channel)
{
	const struct record *at = d->entered;

	for (uint32_t i = 0; i < d->image->head->imports.count; i++) {
		struct gate *g = &d->gates[i];

		if (g->callee == NULL || g->channel != channel)
			continue;
		g->flags |= GATE_REVOKED;
		g->enter = fast_path(g);
	}
	if (at > RECORD_CLOSED && at[1].gate != NULL &&
	    at[1].gate->channel == channel)
		gate_abandon(d, AZ_PEER_REVOKED);
}

/* --- Who is entered, and who waits ------------------------------------------- */

/* Let the first that waits for d in, if any does. It is d's activation from
 * now on, though it has no record yet. */
static void release(struct domain *d)
{
	struct thread *first = d->callers;

	d->entered = NULL;
	if (first == NULL)
		return;
	d->callers = first->next_caller;
	d->entered = first->records;
	sched_wake(first);
}

/* Make d's return come to gate_leave. */
static void hook_return(const struct domain *d)
{
	((uint64_t *)(uintptr_t)domain_stack(d))[-1] = address(gate_finish);
}

static const struct gate *gate_awaited(struct thread *t)
{
	return (*sched_top(t))->gate;
}

/* False: as many calls wait through that channel as may. */
static bool wait_for(struct domain *d, struct thread *t)
{
	const struct gate *g = gate_awaited(t);
	struct thread **link = &d->callers;
	uint32_t waiting = 0;

	for (struct thread *w = d->callers; w != NULL; w = w->next_caller)
		waiting += gate_awaited(w)->channel == g->channel;
	if (waiting >= channel_of(g)->queue)
		return false;
	while (*link != NULL &&
	       (*link)->domain->module->priority >= t->domain->module->priority)
		link = &(*link)->next_caller;
	t->next_caller = *link;
	*link = t;
	t->waits_for = d;
	if (d->entered > RECORD_CLOSED && d->entered != d->thread->records)
		hook_return(d);
	return true;
}

static void stop_waiting(struct thread *t)
{
	struct domain *d = t->waits_for;
	struct thread **link;

	t->waits_for = NULL;
	if (d == NULL)
		return;
	if (d->entered == t->records) {
		release(d);
		return;
	}
	for (link = &d->callers; *link != t; link = &(*link)->next_caller)
		;
	*link = t->next_caller;
}

/* --- The slow way in ---------------------------------------------------------- */

/* The moment when d's call must be over. */
static void on_late(struct timer *timer)
{
	gate_abandon((struct domain *)(void *)((char *)timer -
					       offsetof(struct domain, late)),
	    AZ_PEER_TIMEOUT);
}

static void limit_call(struct domain *caller, const struct gate *g)
{
	uint64_t timeout = channel_of(g)->timeout;

	if (timeout == 0 || caller->late.at != 0)
		return;
	caller->late.fire = on_late;
	timer_set(&caller->late, clock_now() + timeout);
}

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

/* What keeps the caller from the callee now. 0: nothing any more, and the
 * callee is its. */
static int32_t acquire(void)
{
	struct thread *t = sched_thread();
	struct domain *caller = sched_domain();
	const struct gate *g = gate_awaited(t);
	struct domain *d = g->callee;

	t->verdict = 0;
	while (d->entered != t->records) {
		bool comes_back = d->closed == AZ_PEER_DIED;

		if (d->entered == NULL) {
			d->entered = t->records;
			break;
		}
		if (d->entered == RECORD_CLOSED &&
		    !(comes_back && g->flags & GATE_RETRY))
			return d->closed;
		if (t->waits_for == NULL) {
			if (!wait_for(d, t))
				return AZ_PEER_BUSY;
			limit_call(caller, g);
		}
		(void)sched_sleep_until(CLOCK_NEVER);
		if (t->verdict != 0)
			return t->verdict;
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
	if (gates.carry == NULL)
		return AZ_BAD_ARGUMENT;
	return gates.carry(caller, g, call_args(caller, g), out);
}

_Noreturn static void answer(int32_t status);

_Noreturn static void attempt(void)
{
	struct domain *caller = sched_domain(), *d;
	struct record *r;
	int32_t status = acquire();

	if (status != 0)
		answer(status);
	r = cpu_local()->record;
	d = r->gate->callee;
	memcpy(caller->args, caller->given, sizeof(caller->given));
	status = carry(caller, r->gate, false);
	if (status != 0) {
		release(d);
		answer(status);
	}
	load_floats(caller->floats, r->gate->floats);
	hook_return(d);
	d->entered = r;
	cpu_local()->record = r + 1;
	gate_to_callee(r->gate->entry, domain_stack(d) - 8, r->gate->memory,
	    call_args(caller, r->gate));
}

/* In place of the callee. */
_Noreturn static void answer(int32_t status)
{
	struct domain *caller = sched_domain();
	const struct record *r = cpu_local()->record;

	if (status == AZ_PEER_DIED && r->gate->flags & GATE_RETRY)
		attempt();
	timer_cancel(&caller->late);
	sched_way_out();
	r = cpu_local()->record;
	if (!(r->gate->flags & GATE_STATUS))
		call_trap(r->sp, AZ_TRAP_PEER);
	load_floats(NULL, 0);
	gate_to_caller(r, (uint32_t)status);
}

/* What forbids the call for good. */
static int32_t forbidden(struct domain *caller, const struct gate *g)
{
	uint32_t handle = (uint32_t)caller->given[0];
	int32_t status;

	if (g->flags & GATE_REVOKED)
		return AZ_PEER_REVOKED;
	if (!(g->flags & GATE_HANDLE))
		return 0;
	if (gates.check == NULL)
		return AZ_BAD_HANDLE;
	status = gates.check(caller, handle, g->channel);
	if (status == 0)
		caller
		    ->gates[g - (const struct gate *)(uintptr_t)(caller->slot +
								 AZ_GATE_BASE)]
		    .known = handle;
	return status;
}

void gate_enter(const uint64_t *args)
{
	struct domain *caller = sched_domain();
	struct thread *t = sched_thread();
	const struct gate *g = cpu_local()->record->gate;
	int32_t status;

	memcpy(caller->given, args, sizeof(caller->given));
	save_floats(caller->floats, g->floats);
	sched_way_out();
	if (cpu_local()->record == &t->records[RECORDS_MAX])
		call_trap(cpu_local()->record->sp, AZ_TRAP_EXHAUSTION);
	status = forbidden(caller, g);
	if (status != 0)
		answer(status);
	attempt();
}

/* --- The slow way out ----------------------------------------------------------- */

void gate_park(void)
{
	struct domain *d = sched_domain();

	timer_cancel(&d->alone);
	if (gates.alone != NULL)
		gates.alone(d);
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

	save_floats(d->floats, floats);
	sched_way_out();
	if (at_home())
		gate_park();
	cpu_local()->record--;
	caller = sched_domain();
	status = carry(caller, g, true);
	timer_cancel(&caller->late);
	release(d);
	load_floats(d->floats, floats);
	gate_to_caller(cpu_local()->record,
	    status == 0 ? value & g->mask : (uint32_t)status);
}

/* --- Ends ------------------------------------------------------------------------ */

static void on_alone_too_long(struct timer *timer)
{
	sched_end((struct domain *)(void *)((char *)timer -
					    offsetof(struct domain, alone)),
	    DOMAIN_TRAPPED, AZ_TRAP_DEADLINE);
}

/* Cut t's chain below what `at`, a record of it, called: gives the thread that
 * the caller has now, stopped in the call. What lies behind the last record
 * goes with the upper part: it is a call or a return in the making. */
static struct thread *split(struct thread *t, struct record *at)
{
	struct record *top = *sched_top(t);
	struct domain *x = at->gate->callee, *home = t->domain;
	struct thread *p = x->thread;
	uint64_t timeout = channel_of(at->gate)->timeout;
	ptrdiff_t n = at - t->records;

	memcpy(p->records, t->records, (size_t)(n + 1) * sizeof(*at));
	*sched_top(p) = p->records + n;
	p->domain = home;
	home->thread = p;
	for (ptrdiff_t i = 0; i < n; i++)
		thread_domain(p, p->records + i)->entered = p->records + i;
	memmove(t->records + 1, at + 1, (size_t)(top - at) * sizeof(*at));
	*sched_top(t) = top - n;
	t->domain = x;
	x->thread = t;
	for (struct record *r = t->records; r < top - n; r++)
		thread_domain(t, r)->entered = r;
	hook_return(x);
	x->alone.fire = on_alone_too_long;
	if (timeout != 0)
		timer_set(&x->alone, clock_now() + timeout);
	return p;
}

/* First code of a thread whose callee did not answer. */
static void resume_caller(void)
{
	answer(sched_thread()->verdict);
}

static void resume(struct thread *t, enum az_status why)
{
	t->verdict = why;
	sched_continue(t, resume_caller);
}

void gate_abandon(struct domain *d, enum az_status why)
{
	struct thread *t = domain_thread(d);
	struct record *at = d->entered;

	if (at <= RECORD_CLOSED || thread_domain(t, at) != d)
		return;
	if (++at < *sched_top(t)) {
		resume(split(t, at), why);
	} else if (t->waits_for != NULL) {
		stop_waiting(t);
		t->verdict = why;
		sched_wake(t);
	}
}

/* Whoever waits for d to be free. */
static void turn_away(struct domain *d, enum az_status why)
{
	struct thread **link = &d->callers, *t;

	while ((t = *link) != NULL) {
		if (why == AZ_PEER_DIED &&
		    gate_awaited(t)->flags & GATE_RETRY) {
			link = &t->next_caller;
			continue;
		}
		*link = t->next_caller;
		t->waits_for = NULL;
		t->verdict = why;
		sched_wake(t);
	}
}

/* Take the activation of d off its thread. */
static void unwind(struct domain *d, enum az_status why)
{
	struct record *at = d->entered;
	struct thread *t = record_thread(at);
	ptrdiff_t n = at - t->records;

	if (thread_domain(t, at) != d) {
		/* It was let in and has not come yet. */
		t->waits_for = NULL;
		t->verdict = why;
		sched_wake(t);
		return;
	}
	if (at + 1 < *sched_top(t))
		t = split(t, at + 1);
	stop_waiting(t);
	if (n > 0) {
		*sched_top(t) = t->records + n;
		resume(t, why);
	}
}

void gate_evict(struct domain *d, enum az_status why)
{
	if (d->entered > RECORD_CLOSED)
		unwind(d, why);
	d->entered = RECORD_CLOSED;
	d->closed = why;
	timer_cancel(&d->late);
	timer_cancel(&d->alone);
	if (gates.alone != NULL)
		gates.alone(d);
	turn_away(d, why);
}

void gate_open(struct domain *d)
{
	d->closed = 0;
	d->entered = d->thread->records;
}

void gate_stamp(struct thread *t)
{
	for (struct record *r = t->records + 1; r < *sched_top(t); r++) {
		struct domain *caller = thread_domain(t, r - 1);

		if (caller->late.at != 0 || channel_of(r->gate)->timeout == 0)
			continue;
		limit_call(caller, r->gate);
		hook_return(r->gate->callee);
	}
}
