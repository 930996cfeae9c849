#include "ipc/gate.h"

#include <stddef.h>

#include "abi/layout.h"
#include "cap/cap.h"
#include "ipc/channel.h"
#include "ipc/gate_impl.h"
#include "ipc/x86_64/gate.h"
#include "task/domain.h"
#include "task/record.h"
#include "task/sched.h"
#include "verify/bundle.h"
#include "verify/fit.h"
#include "verify/image.h"

/* A call without an end of its own gets one so often in its time. */
enum { TICKS = 8 };

static const struct bundle *bundle;

const struct az_channel *gate_channel(const struct gate *g)
{
	return &bundle->channels[g->channel];
}

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
		return gate_label(gate_slow);
	if (g->flags & GATE_HANDLE)
		return gate_label(gate_first);
	if (g->floats > 0)
		return gate_label(gate_floats);
	if (g->flags & GATE_CLEANED)
		return gate_label(gate_clean);
	return gate_label(gate_call);
}

static uint64_t stub_of(const struct domain *d, const struct az_import *m)
{
	return d->slot + AZ_IMPORT_BASE +
	       (uint64_t)(m - d->image->imports) * AZ_IMPORT_STRIDE;
}

static void bind_one(
    struct gate *g, struct domain *d, const struct az_import *m)
{
	const struct bundle *b = bundle;
	const struct image_view *v = d->image;
	bool handle;
	const struct az_channel *c = fit_channel(v, b, m, &handle);
	uint32_t channel = (uint32_t)(c - b->channels);
	struct domain *callee = d + ((int64_t)c->owner - d->id);
	const struct az_export *e = image_find_export(
	    callee->image, AZ_EXPORT_FUNC, v->names + m->name, m->name_len);

	*g = (struct gate){
		.callee = callee,
		.memory = callee->slot + AZ_MEMORY_BASE,
		.stack = domain_stack(callee),
		.entry = callee->slot + AZ_TEXT_BASE +
			 callee->image->funcs[e->index].off,
		.home = d->slot + AZ_MEMORY_BASE,
		.stub = stub_of(d, m),
		.channel = (uint16_t)channel,
		.method = bundle_method(b, c, v->names + m->name, m->name_len),
	};
	bind_types(g, &v->sigs[m->sig]);
	g->flags |=
	    (uint8_t)((d->image->xmm ? GATE_CLEAN : 0) |
		      (callee->image->xmm ? GATE_CLEANED : 0) |
		      (c->flags & AZ_CHANNEL_RETRY &&
				  g->method->flags & AZ_METHOD_IDEMPOTENT
			      ? GATE_RETRY
			      : 0) |
		      (handle ? GATE_HANDLE : 0) |
		      (handle || channel_held(d, channel) ? 0 : GATE_REVOKED));
	if (g->method->flags & AZ_METHOD_STATUS &&
	    !(c->flags & AZ_CHANNEL_TRAP))
		g->flags |= GATE_STATUS;
	g->enter = fast_path(g);
	if (c->timeout != 0)
		sched_need_tick(c->timeout / TICKS);
}

void gate_bind(struct domain *d)
{
	for (uint32_t i = 0; i < d->image->head->imports.count; i++) {
		const struct az_import *m = &d->image->imports[i];

		if (m->kind == AZ_IMPORT_CHANNEL)
			bind_one(&d->gates[i], d, m);
		else if (image_has_gate(m))
			d->gates[i] = (struct gate){
				.enter = gate_label(gate_turn_slow),
				.home = d->slot + AZ_MEMORY_BASE,
				.stub = stub_of(d, m),
			};
	}
}

/* Whether c is what gate g of its holder goes by. */
static bool goes_by(const struct gate *g, const struct cap *c)
{
	if (g->callee == NULL || g->channel != c->object)
		return false;
	return g->flags & GATE_HANDLE ? g->known == cap_handle(c)
				      : c->parent == NULL;
}

/* No call through c any more, nor an answer to one that is under way. */
static void on_end(const struct cap *c, enum cap_why why)
{
	struct domain *d = channel_domain(c->holder);
	const struct record *call;
	const struct gate *under_way = NULL;

	(void)why;
	if (d == NULL || d->gates == NULL)
		return;
	call = d->entered > RECORD_CLOSED ? d->entered + 1 : NULL;
	if (call != NULL && call->gate != NULL)
		under_way = d->gates + (call->gate - gate_first_of(d));
	for (uint32_t i = 0; i < d->image->head->imports.count; i++) {
		struct gate *g = &d->gates[i];

		if (!goes_by(g, c))
			continue;
		g->known = 0;
		if (!(g->flags & GATE_HANDLE))
			g->flags |= GATE_REVOKED;
		g->enter = fast_path(g);
		if (g == under_way)
			gate_abandon(d, AZ_PEER_REVOKED);
	}
}

int32_t gate_check(struct domain *d, const struct gate *g, uint32_t handle)
{
	struct cap *c;

	if (g->flags & GATE_REVOKED)
		return AZ_PEER_REVOKED;
	if (!(g->flags & GATE_HANDLE))
		return 0;
	CAP_TRY(cap_find(&c, d->id, handle, AZ_CHANNEL_CALL, AZ_RIGHT_CALL));
	if (c->object != g->channel)
		return AZ_BAD_HANDLE;
	d->gates[g - gate_first_of(d)].known = handle;
	return 0;
}

void gate_init(const struct bundle *b)
{
	bundle = b;
	channel_on_end(AZ_CHANNEL_CALL, on_end);
}
