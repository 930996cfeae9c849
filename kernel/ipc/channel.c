#include "ipc/channel.h"

#include <stddef.h>

#include "abi/image.h"
#include "abi/status.h"
#include "arch/clock.h"
#include "base/log.h"
#include "ipc/signal.h"
#include "mm/map.h"
#include "task/budget.h"
#include "task/domain.h"
#include "verify/bundle.h"

static const struct bundle *bundle;
static struct cap **roots;       /* by AZ_TABLE_PEER; NULL: ended */
static struct domain **domains;  /* by AZ_TABLE_MODULE */
static struct channel_end *ends; /* module by module, ascending */
static uint32_t *first_end;      /* by AZ_TABLE_MODULE, and one more */
static cap_ended_fn *end_hooks[AZ_CHANNEL_DEVICE + 1]; /* 0: of any kind */

/* What a module has parted from its own is its own affair: nobody gave it. */
static void log_lease(const struct cap *c, enum cap_why why)
{
	static const char *const words[] = {
		[CAP_CLOSED] = "closed",
		[CAP_REVOKED] = "revoked",
		[CAP_EXPIRED] = "time",
		[CAP_DIED] = "died",
	};
	struct bundle_text name =
	    bundle_text(bundle, bundle->channels[c->object].name);

	if (c->parent != NULL && c->parent->holder == c->holder)
		return;
	if (why == CAP_EXPIRED || c->lease.at != 0)
		log_info("cap", "lease-ended module=%s object=%.*s reason=%s",
		    domains[c->holder]->name, (int)name.len, name.at,
		    words[why]);
}

static void on_end(const struct cap *c, enum cap_why why)
{
	log_lease(c, why);
	if (c->parent == NULL)
		roots[c->end] = NULL;
	if (c->kind != AZ_CHANNEL_CALL)
		signal_ended(c);
	if (end_hooks[c->kind] != NULL)
		end_hooks[c->kind](c, why);
	if (end_hooks[0] != NULL)
		end_hooks[0](c, why);
}

void channel_on_end(uint32_t kind, cap_ended_fn *fn)
{
	end_hooks[kind] = fn;
}

/* By counting: first_end goes from how many to where the next module begins to
 * where this one does. */
static void sort_ends(void)
{
	for (uint32_t end = 0; end < bundle->peer_count; end++)
		first_end[bundle->peers[end].module]++;
	for (uint32_t m = 0; m < bundle->module_count; m++)
		first_end[m + 1] += first_end[m];
	for (uint32_t c = bundle->channel_count; c-- > 0;) {
		const struct az_run *run = &bundle->channels[c].peers;

		for (uint32_t k = 0; k < run->count; k++) {
			uint32_t end = run->first + k;

			ends[--first_end[bundle->peers[end].module]] =
			    (struct channel_end){ c, end };
		}
	}
}

az_err channel_init(const struct bundle *b)
{
	bundle = b;
	TRY(map_array(&ends, b->peer_count));
	TRY(map_array(&first_end, b->module_count + 1));
	sort_ends();
	TRY(map_array(&roots, b->peer_count));
	TRY(map_array(&domains, b->module_count));
	cap_set_ended(on_end);
	TRY(cap_init(b->module_count));
	return signal_init(b);
}

struct domain *channel_domain(uint32_t module)
{
	return domains[module];
}

uint32_t channel_end(const struct domain *d, uint32_t channel)
{
	const struct az_peer *end =
	    bundle_end(bundle, &bundle->channels[channel], d->id);

	return end != NULL ? (uint32_t)(end - bundle->peers) : AZ_NONE;
}

const struct channel_end *channel_ends(const struct domain *d, uint32_t *count)
{
	*count = first_end[d->id + 1] - first_end[d->id];
	return ends + first_end[d->id];
}

az_err channel_attach(struct domain *d)
{
	uint32_t own, others = 0; /* those that may lend it something */
	const struct channel_end *e = channel_ends(d, &own);

	for (uint32_t i = 0; i < own; i++) {
		const struct az_run *peers =
		    &bundle->channels[e[i].channel].peers;

		others += e[i].end == peers->first ? peers->count - 1
						   : peers->count == 2;
	}
	if (own > CAP_SLOTS_MAX)
		return AZ_ERANGE;
	if (own > 0)
		TRY(cap_attach(d->id, own, others, &d->room));
	domains[d->id] = d;
	return AZ_OK;
}

void channel_detach(struct domain *d)
{
	signal_forget(d);
	cap_detach(d->id);
	domains[d->id] = NULL;
}

/* The moment that ends a lease; 0 for none, as cap_wish has it. */
static uint64_t lease_end(uint64_t lease)
{
	return lease != 0 ? budget_after(clock_now(), lease) : 0;
}

void channel_begin(struct domain *d)
{
	uint32_t count;
	const struct channel_end *e = channel_ends(d, &count);

	signal_forget(d);
	for (; count > 0; count--, e++) {
		const struct az_peer *end = &bundle->peers[e->end];
		const struct cap_wish wish = {
			.object = e->channel,
			.end = e->end,
			.kind = (uint8_t)bundle->channels[e->channel].type,
			.rights = (uint8_t)end->rights,
			.until = lease_end(end->lease),
		};

		/* Its slots are used up after 2^21 lives. */
		if (cap_root(&roots[e->end], d->id, &wish) != 0)
			log_error("cap", "end-lost module=%s end=%u", d->name,
			    e->end);
	}
}

bool channel_held(const struct domain *d, uint32_t channel)
{
	uint32_t end = channel_end(d, channel);

	return end != AZ_NONE && roots[end] != NULL;
}

int32_t channel_handle(const struct domain *d, const char *name, uint32_t len)
{
	const struct az_channel *c = bundle_channel(bundle, name, len);
	uint32_t end = AZ_NONE;

	if (c != NULL)
		end = channel_end(d, (uint32_t)(c - bundle->channels));
	if (end == AZ_NONE)
		return AZ_DENIED;
	return roots[end] != NULL ? (int32_t)cap_handle(roots[end])
				  : AZ_PEER_REVOKED;
}

uint32_t channel_number(const struct domain *d, uint32_t channel)
{
	uint32_t end = channel_end(d, channel);

	return end != AZ_NONE && roots[end] != NULL ? cap_handle(roots[end])
						    : 0;
}

/* The module at the other end of c, or AZ_NONE when there are several. */
static uint32_t other_module(const struct cap *c)
{
	const struct az_channel *channel = &bundle->channels[c->object];
	const struct az_run *run = &channel->peers;

	if (c->end != run->first)
		return channel->owner;
	return run->count == 2 ? bundle->peers[run->first + 1].module : AZ_NONE;
}

static int32_t derive(
    struct cap *from, uint32_t holder, const struct channel_part *part)
{
	struct cap *made;

	CAP_TRY(cap_derive(
	    &made, from, holder, part->rights, lease_end(part->lease)));
	return (int32_t)cap_handle(made);
}

int32_t channel_derive(const struct domain *d, const struct channel_part *part)
{
	struct cap *from;

	CAP_TRY(cap_find_any(&from, d->id, part->handle));
	return derive(from, d->id, part);
}

int32_t channel_lend(
    const struct domain *d, const struct channel_part *part, uint32_t over)
{
	struct cap *from, *to;
	uint32_t other;

	CAP_TRY(cap_find_any(&from, d->id, part->handle));
	CAP_TRY(cap_find_any(&to, d->id, over));
	if ((from->rights & AZ_RIGHT_LEND) == 0)
		return AZ_DENIED;
	other = other_module(to);
	if (other == AZ_NONE ||
	    (from->kind != AZ_CHANNEL_CALL && from->kind != AZ_CHANNEL_SIGNAL))
		return AZ_BAD_ARGUMENT;
	return domains[other] != NULL ? derive(from, other, part)
				      : AZ_PEER_GONE;
}

int32_t channel_revoke(const struct domain *d, uint32_t handle)
{
	struct cap *c;

	CAP_TRY(cap_find_any(&c, d->id, handle));
	cap_revoke(c);
	return 0;
}

int32_t channel_close(const struct domain *d, uint32_t handle)
{
	struct cap *c;

	CAP_TRY(cap_find_any(&c, d->id, handle));
	cap_close(c, CAP_CLOSED);
	return 0;
}

int32_t channel_generation(const struct domain *d, uint32_t handle)
{
	struct cap *c;
	uint32_t other;

	CAP_TRY(cap_find_any(&c, d->id, handle));
	other = other_module(c);
	if (other == AZ_NONE)
		return AZ_BAD_ARGUMENT;
	return domains[other] != NULL
		   ? (int32_t)(domains[other]->generation & INT32_MAX)
		   : AZ_PEER_GONE;
}
