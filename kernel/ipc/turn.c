#include "ipc/turn.h"

#include <stddef.h>

#include "abi/index.h"
#include "arch/context.h"
#include "arch/cpu.h"
#include "base/timer.h"
#include "cap/cap.h"
#include "ipc/gate_impl.h"
#include "ipc/signal_impl.h"
#include "ipc/x86_64/gate.h"
#include "task/thread.h"
#include "verify/image.h"

/* Those that are joined; party[0] NULL: none are. */
static struct {
	struct party *party[2];
	struct gate *gate[2];
	struct timer timer;
} joined;

/* The end of the current thread's turn, whoever it was that began it. */
_Noreturn static void answer(int32_t status)
{
	sched_way_out();
	context_fpu_reset();
	gate_to_caller(cpu_local()->record, (uint32_t)status);
}

/* First code of one that waits, when its frames were dropped. */
static void go_on(void)
{
	answer(signal_finish(signal_party(sched_domain())));
}

void turn_settle(void)
{
	struct party *on = joined.party[0], *off = joined.party[1];

	if (on == NULL)
		return;
	if (on->thread != sched_thread()) {
		on = off;
		off = joined.party[0];
	}
	joined.party[0] = NULL;
	joined.gate[0]->enter = gate_label(gate_turn_slow);
	joined.gate[1]->enter = gate_label(gate_turn_slow);
	timer_cancel(&joined.timer);
	signal_stop(on);
	off->until = signal_moment(off->ns);
	sched_part(off->thread, off->until, go_on);
}

static void on_joined_long(struct timer *timer)
{
	(void)timer;
	turn_settle();
}

/* Make p's gate lead to q. */
static struct gate *lead(const struct party *p, const struct party *q)
{
	const struct domain *d = p->thread->domain, *to = q->thread->domain;
	struct gate *g =
	    d->gates + (p->thread->records[1].gate - gate_first_of(d));

	g->known = cap_handle(p->through);
	g->ns = p->ns;
	g->memory = (uint64_t)to->memory;
	g->peer = q->thread->records + 1;
	g->enter = gate_label(to->image->xmm ? gate_turn_clean : gate_turn);
	return g;
}

/* q goes on. */
_Noreturn static void join(struct party *p, struct party *q)
{
	uint64_t ns = p->ns < q->ns ? p->ns : q->ns;

	joined.party[0] = p;
	joined.party[1] = q;
	joined.gate[0] = lead(p, q);
	joined.gate[1] = lead(q, p);
	joined.timer.fire = on_joined_long;
	timer_set(&joined.timer, signal_moment(ns < INT64_MAX ? ns / 4 : ns));
	answer(1);
}

int32_t turn_take(const struct domain *d, uint32_t handle, uint64_t ns)
{
	struct party *p, *q;
	struct cap *c;
	uint32_t other;

	CAP_TRY(cap_find(&c, d->id, handle, AZ_CHANNEL_RING, 0));
	p = signal_begin(c, ns);
	p->turns = true;
	other = signal_other(c);
	q = signal_end(other)->waiting;
	if (q != NULL && q->turns && signal_end(c->end)->count == 0 &&
	    sched_join(q->thread))
		join(p, q);
	signal_post(other, 1);
	/* Let it run now if it comes first: what it raises meanwhile is part of
	 * this turn, or no turn would ever find nothing raised. */
	sched_way_out();
	return signal_finish(p);
}
