/* The assertions, proved over all chains of channels. */
#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "authority.h"
#include "manifest.h"
#include "manifest_right.h"

enum { PLACES_MAX = 8 }; /* shown beside the assertion itself */

/* A proof of one assertion. */
struct proof {
	const struct authority *a;
	const struct manifest_claim *claim;
	const struct authority_reach *reach; /* of each module */
	struct diags *list;
};

static bool may(const struct proof *p, size_t module)
{
	return p->reach[module].way == WAY_HOLDS ||
	       p->reach[module].way == WAY_THROUGH;
}

static bool is_listed(const struct manifest_claim *c, size_t module)
{
	for (size_t i = 0; i < c->module_count; i++)
		if (c->modules[i].module_index == module)
			return true;
	return false;
}

/* Does the module do what the assertion denies? */
static bool breaks(const struct proof *p, size_t module)
{
	return may(p, module) && is_listed(p->claim, module) != p->claim->only;
}

static const char *name_of(const struct proof *p, size_t module)
{
	return p->a->m->modules[module].name.text;
}

static void show_link(
    struct diag *d, const struct proof *p, const struct authority_link *link)
{
	static const char *const words[] = {
		[AZ_CHANNEL_CALL] = "calls",
		[AZ_CHANNEL_RING] = "writes to",
		[AZ_CHANNEL_SIGNAL] = "wakes",
		[AZ_CHANNEL_SOCKET] = "has sockets of",
		[AZ_CHANNEL_DEVICE] = "shares memory with",
	};

	diag_also(d, link->end->module.at, "`%s` %s `%s`",
	    name_of(p, link->from), words[link->channel->type],
	    name_of(p, link->to));
}

/* The places that make up the chain. */
static void show_chain(struct diag *d, const struct proof *p, size_t module)
{
	const struct authority_hold *h;
	size_t places = 0;

	while (p->reach[module].way == WAY_THROUGH && places++ < PLACES_MAX) {
		show_link(d, p, p->reach[module].link);
		module = p->reach[module].link->to;
	}
	h = authority_find(p->a, module, &p->claim->right);
	if (h != NULL)
		diag_also(
		    d, h->right.text.at, "`%s` has it", name_of(p, module));
}

/* Others that do the same. */
static void show_others(struct diag *d, const struct proof *p, size_t first)
{
	size_t places = 0;

	for (size_t i = first + 1; i < p->a->m->module_count; i++)
		if (breaks(p, i) && places++ < PLACES_MAX)
			diag_also(d, p->a->m->modules[i].name.at, "so can `%s`",
			    name_of(p, i));
}

/* A channel needs its owner and one more. */
static char *loss_of_end(
    const struct manifest_channel *c, size_t module, const char *who)
{
	if (c->type == AZ_CHANNEL_SOCKET)
		return xasprintf("delete `listen` and `connect` from `grants` "
				 "of `%s`",
		    c->peers[0].module.text);
	if (c->type == AZ_CHANNEL_DEVICE && c->owner.module_index == module)
		return xasprintf("delete `%s` from `grants.device` of `%s`",
		    c->name.text, who);
	if (c->type == AZ_CHANNEL_DEVICE)
		return xasprintf(
		    "delete `%s` from `share` of `%s`", who, c->name.text);
	if (c->owner.module_index == module || c->peer_count == 1)
		return xasprintf("delete the channel `%s`", c->name.text);
	return xasprintf("take `%s` out of the `%s` of `%s`", who,
	    c->type == AZ_CHANNEL_CALL ? "clients" : "readers", c->name.text);
}

/* How to take a right from a module that holds it. */
static char *loss_of(const struct proof *p, size_t module)
{
	const struct manifest_right *r = &p->claim->right;
	const char *who = name_of(p, module);
	size_t stem = strlen(right_word(r->kind));

	switch (r->kind) {
	case RIGHT_DEVICE:
		return loss_of_end(
		    &p->a->m
			 ->channels[p->a->m->devices[r->index].channel_index],
		    module, who);
	case RIGHT_NETWORK:
		if (p->a->m->networks[r->index].stack.module_index == module)
			return xasprintf("give another `stack` to `%s`",
			    r->text.text + stem);
		return xasprintf("delete what names `%s` from `grants` of `%s`",
		    r->text.text + stem, who);
	case RIGHT_SECRET:
		return xasprintf("delete `%s` from `grants.secret` of `%s`",
		    r->text.text + stem, who);
	case RIGHT_STDIN:
		return xasprintf("delete `stdin` of `%s`", who);
	case RIGHT_FILES:
		return xasprintf("delete `%s` from `grants.files` of `%s`",
		    r->text.text + stem, who);
	case RIGHT_REBOOT:
	case RIGHT_HALT:
	case RIGHT_RESET:
		return xasprintf("delete `%s` from `grants.power` of `%s`",
		    strchr(r->text.text, '/') + 1, who);
	case RIGHT_CHANNEL:
		return loss_of_end(&p->a->m->channels[r->index], module, who);
	default:
		return xasprintf(
		    "delete `%s` from `grants` of `%s`", r->text.text, who);
	}
}

/* How to cut the chain of a module, at its first link. */
static char *cut_of(const struct proof *p, size_t module)
{
	const struct authority_link *link = p->reach[module].link;

	if (p->reach[module].way == WAY_HOLDS)
		return loss_of(p, module);
	return loss_of_end(
	    link->channel, link->end->module_index, link->end->module.text);
}

static void report_broken(const struct proof *p, size_t module)
{
	const struct manifest_claim *c = p->claim;
	struct buf chain = { 0 };
	char *cut = cut_of(p, module);
	struct diag *d = diag_add(p->list, "AZ0305", c->right.text.at,
	    "the assertion is broken: `%s` can reach `%s`", name_of(p, module),
	    c->right.text.text);

	authority_chain(&chain, p->a, p->reach, module, &c->right);
	diag_label(d, "%s", chain.at);
	show_chain(d, p, module);
	if (c->only)
		show_others(d, p, module);
	if (c->only)
		diag_help(d, "%s, or add `%s` to `modules` here", cut,
		    name_of(p, module));
	else
		diag_help(d, "%s, or remove the assertion", cut);
	buf_fini(&chain);
	free(cut);
}

void check_claims(const struct manifest *m, struct diags *list)
{
	struct authority a;
	struct authority_reach *reach;

	if (m->claim_count == 0)
		return;
	authority_init(&a, m);
	reach = xcalloc(m->module_count, sizeof(*reach));
	for (size_t i = 0; i < m->claim_count; i++) {
		struct proof p = { &a, &m->claims[i], reach, list };
		size_t module = 0;

		authority_who(&a, &p.claim->right, reach);
		while (module < m->module_count && !breaks(&p, module))
			module++;
		if (module < m->module_count)
			report_broken(&p, module);
	}
	free(reach);
	authority_fini(&a);
}
