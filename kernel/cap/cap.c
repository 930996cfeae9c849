#include "cap/cap.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/rights.h"
#include "abi/status.h"
#include "base/panic.h"
#include "mm/map.h"

_Static_assert(sizeof(struct cap) == 64, "a cache line, a whole page");

struct table {
	struct cap *slots; /* count of them, the first `roots` for roots only */
	struct cap *free, *free_root;
	void *run; /* NULL: the slots are in room of the caller's */
	uint32_t count, roots, live;
};

static struct table *tables; /* by holder */
static uint32_t holders;
static cap_ended_fn *ended_hook;

void cap_set_ended(cap_ended_fn *on_end)
{
	ended_hook = on_end;
}

az_err cap_init(uint32_t count)
{
	TRY(map_array(&tables, count));
	holders = count;
	return AZ_OK;
}

static void put_back(struct table *t, struct cap *c)
{
	struct cap **list = c < t->slots + t->roots ? &t->free_root : &t->free;

	c->next = *list;
	*list = c;
}

az_err cap_attach(uint32_t holder, uint32_t roots, uint32_t others,
    const struct cap_room *room)
{
	struct table *t = &tables[holder];
	uint64_t count =
	    (uint64_t)roots + CAP_DERIVED_MAX + (uint64_t)others * CAP_LENT_MAX;

	if (count > CAP_SLOTS_MAX)
		count = CAP_SLOTS_MAX;
	t->slots = (struct cap *)(void *)room->at;
	if (count * sizeof(struct cap) > room->size) {
		TRY(map_alloc(&t->run, count * sizeof(struct cap)));
		t->slots = t->run;
	}
	t->count = (uint32_t)count;
	t->roots = roots;
	for (struct cap *c = t->slots + count; c-- != t->slots;) {
		c->generation = 1;
		c->holder = (uint16_t)holder;
		put_back(t, c);
	}
	return AZ_OK;
}

void cap_detach(uint32_t holder)
{
	struct table *t = &tables[holder];

	cap_clear(holder);
	map_free(&t->run, t->count * sizeof(struct cap));
	*t = (struct table){ 0 };
}

uint32_t cap_handle(const struct cap *c)
{
	uint32_t slot = (uint32_t)(c - tables[c->holder].slots);

	return c->generation << CAP_SLOT_BITS | slot;
}

/* The live capability of that handle, or NULL. One path for all handles: the
 * time does not tell what is wrong. */
static struct cap *look_up(uint32_t holder, uint32_t handle)
{
	const struct table *t = &tables[holder];
	uint32_t slot = handle % CAP_SLOTS_MAX;
	uint32_t inside = -(uint32_t)(slot < t->count); /* all bits or none */
	struct cap *c;

	if (t->count == 0)
		return NULL;
	c = &t->slots[slot & inside];
	if ((~inside | (c->generation ^ handle >> CAP_SLOT_BITS) |
		(c->kind == 0)) != 0)
		return NULL;
	return c;
}

int32_t cap_find_any(struct cap **out, uint32_t holder, uint32_t handle)
{
	struct cap *c = look_up(holder, handle);

	if (c == NULL)
		return AZ_BAD_HANDLE;
	*out = c;
	return 0;
}

int32_t cap_find(struct cap **out, uint32_t holder, uint32_t handle,
    uint32_t kind, uint32_t rights)
{
	struct cap *c = look_up(holder, handle);

	if (c == NULL || c->kind != kind)
		return AZ_BAD_HANDLE;
	if ((c->rights & rights) != rights)
		return AZ_DENIED;
	*out = c;
	return 0;
}

static void on_lease(struct timer *lease)
{
	cap_close(timer_owner(lease, struct cap, lease), CAP_EXPIRED);
}

static int32_t make(
    struct cap **out, struct cap **list, const struct cap_wish *wish)
{
	struct cap *c = *list;

	if (c == NULL)
		return AZ_PEER_BUSY;
	*list = c->next;
	tables[c->holder].live++;
	c->object = wish->object;
	c->end = wish->end;
	c->kind = wish->kind;
	c->rights = wish->rights;
	c->next = NULL;
	c->lease.fire = on_lease;
	if (wish->until != 0)
		timer_set(&c->lease, wish->until);
	*out = c;
	return 0;
}

int32_t cap_root(struct cap **out, uint32_t holder, const struct cap_wish *wish)
{
	return make(out, &tables[holder].free_root, wish);
}

/* Whether `maker` has made all that it may for holder. */
static bool quota_spent(const struct table *t, uint32_t holder, uint32_t maker)
{
	uint32_t made = 0;

	for (uint32_t i = 0; i < t->count; i++)
		made += t->slots[i].kind != 0 && t->slots[i].parent != NULL &&
			t->slots[i].parent->holder == maker;
	return made >= (holder == maker ? CAP_DERIVED_MAX : CAP_LENT_MAX);
}

int32_t cap_derive(struct cap **out, struct cap *c, uint32_t holder,
    uint32_t rights, uint64_t until)
{
	struct cap_wish wish = {
		.object = c->object,
		.end = c->end,
		.kind = c->kind,
		.rights = (uint8_t)rights,
		.until = until,
	};

	if (rights == 0)
		return AZ_BAD_ARGUMENT;
	if ((rights & ~(uint32_t)c->rights) != 0)
		return AZ_DENIED;
	if (quota_spent(&tables[holder], holder, c->holder))
		return AZ_PEER_BUSY;
	CAP_TRY(make(out, &tables[holder].free, &wish));
	(*out)->parent = c;
	(*out)->next = c->child;
	c->child = *out;
	return 0;
}

/* End c, which has no children. */
static void end(struct cap *c, enum cap_why why)
{
	struct table *t = &tables[c->holder];

	if (ended_hook != NULL)
		ended_hook(c, why);
	if (c->parent != NULL) {
		struct cap **link = &c->parent->child;

		while (*link != c)
			link = &(*link)->next;
		*link = c->next;
	}
	timer_cancel(&c->lease);
	t->live--;
	*c = (struct cap){
		.generation = c->generation % CAP_GENERATION_MAX + 1,
		.holder = c->holder,
	};
	if (c->generation == 1)
		c->generation = 0;
	else
		put_back(t, c);
}

/* End all that was made from top: for its own holder that is why. */
static void end_children(struct cap *top, enum cap_why why)
{
	struct cap *c = top, *parent;

	for (;;) {
		while (c->child != NULL)
			c = c->child;
		if (c == top)
			return;
		parent = c->parent;
		end(c, c->holder == top->holder ? why : CAP_REVOKED);
		c = parent;
	}
}

void cap_revoke(struct cap *c)
{
	end_children(c, CAP_REVOKED);
}

void cap_close(struct cap *c, enum cap_why why)
{
	end_children(c, why);
	end(c, why);
}

void cap_clear(uint32_t holder)
{
	struct table *t = &tables[holder];

	for (uint32_t i = 0; t->live > 0; i++)
		if (t->slots[i].kind != 0)
			cap_close(&t->slots[i], CAP_DIED);
}
