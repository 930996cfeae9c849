#include "load/carry.h"

#include <stddef.h>

#include "abi/layout.h"
#include "abi/status.h"
#include "base/mem.h"
#include "load/window.h"
#include "task/domain.h"
#include "task/record.h"
#include "verify/bundle.h"

static const struct bundle *bundle;

void carry_init(const struct bundle *b)
{
	bundle = b;
}

/* Arguments are counted all together, registers by their kind. */
static uint32_t register_of(const struct az_method *m, uint32_t argument)
{
	const char *type = bundle_text(bundle, m->type).at;
	uint32_t index = 0;

	for (uint32_t i = 0; i < argument; i++)
		index += type[i] == 'i' || type[i] == 'I';
	return index;
}

/* What a call takes with it. */
struct load {
	const struct domain *caller;
	const struct gate *g;
	const uint64_t *given;
	uint32_t arena, there,
	    size; /* the arena at the caller, at the callee */
};

/* A copy of a call. */
struct move {
	uint32_t argument; /* register of the pointer */
	uint32_t address;  /* what the callee finds there */
	uint32_t len;
	void *theirs; /* in the caller's memory; NULL: nothing is copied */
};

static int32_t plan(struct move *out, const struct load *l, uint32_t i)
{
	const struct az_method *m = l->g->method;
	const struct az_copy *copy = &m->copies[i];
	uint32_t at, in_arena;

	out->argument = register_of(m, copy->pointer);
	out->theirs = NULL;
	out->len = copy->max;
	if (copy->length != AZ_COPY_FIXED)
		out->len = (uint32_t)l->given[register_of(m, copy->length)];
	at = (uint32_t)l->given[out->argument];
	in_arena = at - l->arena;
	if (copy->length != AZ_COPY_FIXED && in_arena < l->size) {
		out->address = l->there + in_arena;
		return out->len <= l->size - in_arena ? 0 : AZ_BAD_ARGUMENT;
	}
	out->address = l->g->callee->inbox + i * AZ_PAGE_SIZE;
	if (out->len <= copy->max)
		out->theirs = domain_range(l->caller, at, out->len);
	return out->theirs != NULL ? 0 : AZ_BAD_ARGUMENT;
}

static void copy_in(
    const struct move *m, const struct gate *g, bool empty, uint64_t *args)
{
	uint8_t *ours = g->callee->memory + m->address;

	args[m->argument] = m->address;
	if (m->theirs != NULL && empty)
		memset(ours, 0, m->len);
	else if (m->theirs != NULL)
		memcpy(ours, m->theirs, m->len);
}

int32_t carry_call(
    struct domain *caller, const struct gate *g, uint64_t *args, bool out)
{
	const struct az_channel *c = &bundle->channels[g->channel];
	const struct az_copy *copies = g->method->copies;
	struct load l = {
		.caller = caller,
		.g = g,
		.given = caller->given + (args - caller->args),
		.size = c->size,
	};
	struct move moves[AZ_COPIES_MAX];
	bool in_arena = false;

	if (l.size > 0) {
		l.arena = window_address(caller, c);
		l.there = window_address(g->callee, c);
	}
	for (uint32_t i = 0; i < g->method->copy_count; i++) {
		if (plan(&moves[i], &l, i) != 0)
			return AZ_BAD_ARGUMENT;
		in_arena = in_arena || moves[i].theirs == NULL;
	}
	for (uint32_t i = 0; i < g->method->copy_count; i++)
		if (!out)
			copy_in(&moves[i], g,
			    (copies[i].flags & AZ_COPY_IN) == 0, args);
		else if (moves[i].theirs != NULL &&
			 copies[i].flags & AZ_COPY_OUT)
			memcpy(moves[i].theirs,
			    g->callee->memory + moves[i].address, moves[i].len);
	if (out)
		window_give_back(g->callee);
	else if (in_arena)
		window_take(c);
	return 0;
}
