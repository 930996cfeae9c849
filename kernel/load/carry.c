#include "load/carry.h"

#include <stddef.h>

#include "abi/layout.h"
#include "abi/status.h"
#include "base/mem.h"
#include "load/window.h"
#include "task/domain.h"
#include "task/record.h"
#include "verify/bundle.h"
#include "verify/windows.h"

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

/* A copy of a call. */
struct move {
	uint32_t argument; /* register of the pointer */
	uint32_t address;  /* what the callee finds there */
	uint32_t len;
	void *theirs; /* in the caller's memory; NULL: nothing is copied */
};

static int32_t plan(struct move *out, const struct domain *caller,
    const struct gate *g, const uint64_t *given, uint32_t i)
{
	const struct az_channel *c = &bundle->channels[g->channel];
	const struct az_copy *copy = &g->method->copies[i];
	uint32_t arena = window_address(caller, c), at, in_arena;

	out->argument = register_of(g->method, copy->pointer);
	out->theirs = NULL;
	out->len = copy->max;
	if (copy->length != AZ_COPY_FIXED)
		out->len =
		    (uint32_t)given[register_of(g->method, copy->length)];
	at = (uint32_t)given[out->argument];
	in_arena = at - arena;
	if (copy->length != AZ_COPY_FIXED && in_arena < c->size) {
		out->address = window_address(g->callee, c) + in_arena;
		return out->len <= c->size - in_arena ? 0 : AZ_BAD_ARGUMENT;
	}
	out->address = windows_find(g->callee->image, WINDOWS_INBOX,
			   sizeof(WINDOWS_INBOX) - 1) +
		       i * AZ_PAGE_SIZE;
	if (out->len <= copy->max)
		out->theirs = domain_range(caller, at, out->len);
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
	const uint64_t *given = caller->given + (args - caller->args);
	const struct az_channel *c = &bundle->channels[g->channel];
	const struct az_method *m = g->method;
	struct move moves[AZ_COPIES_MAX];
	bool in_arena = false;

	for (uint32_t i = 0; i < m->copy_count; i++) {
		if (plan(&moves[i], caller, g, given, i) != 0)
			return AZ_BAD_ARGUMENT;
		in_arena = in_arena || moves[i].theirs == NULL;
	}
	for (uint32_t i = 0; i < m->copy_count; i++) {
		bool empty = (m->copies[i].flags & AZ_COPY_IN) == 0;

		if (!out)
			copy_in(&moves[i], g, empty, args);
		else if (moves[i].theirs != NULL &&
			 m->copies[i].flags & AZ_COPY_OUT)
			memcpy(moves[i].theirs,
			    g->callee->memory + moves[i].address, moves[i].len);
	}
	if (in_arena && c->flags & AZ_CHANNEL_EXCLUSIVE) {
		if (out)
			window_give_back(g->callee);
		else
			window_take(c);
	}
	return 0;
}
