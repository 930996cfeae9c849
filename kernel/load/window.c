#include "load/window.h"

#include <stddef.h>

#include "abi/ring.h"
#include "arch/page.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "mm/frame.h"
#include "mm/map.h"
#include "task/domain.h"
#include "verify/bundle.h"
#include "verify/windows.h"

/* An end's view. */
struct window {
	uint64_t virt;  /* 0: not mapped */
	uint64_t aside; /* frame that may stand in for what is shared, or 0 */
	uint64_t rest;  /* frame of all that is behind it, or 0 */
	bool shut;      /* it does, for this life */
};

struct shared {
	uint8_t *run; /* NULL: the channel shares nothing */
	bool taken;   /* exclusive: away from the clients now */
};

static const struct bundle *bundle;
static struct shared *shared;  /* by AZ_TABLE_CHANNEL */
static uint32_t taken_count;   /* of them that are taken */
static struct window *windows; /* by AZ_TABLE_PEER */

az_err window_init(const struct bundle *b)
{
	bundle = b;
	TRY(map_array(&shared, b->channel_count));
	TRY(map_array(&windows, b->peer_count));
	for (uint32_t i = 0; i < b->channel_count; i++)
		if (windows_bytes(&b->channels[i]) > 0)
			TRY(map_array(
			    &shared[i].run, windows_bytes(&b->channels[i])));
	return AZ_OK;
}

uint8_t *window_run(uint32_t channel)
{
	return shared[channel].run;
}

/* d's window of channel c, NULL when it has none. */
static struct window *window_of(
    const struct domain *d, const struct az_channel *c)
{
	const struct az_peer *end = bundle_end(bundle, c, d->id);

	return end != NULL && windows_has(c, d->id)
		   ? &windows[end - bundle->peers]
		   : NULL;
}

/* The same by that end of d. */
static struct window *window_at(
    const struct domain *d, const struct channel_end *e)
{
	return windows_has(&bundle->channels[e->channel], d->id)
		   ? &windows[e->end]
		   : NULL;
}

/* Show what w's channel c shares in it, or what stands in for that. */
static void show(
    const struct window *w, const struct az_channel *c, bool itself)
{
	uint8_t *run = shared[c - bundle->channels].run;

	for (uint64_t at = 0; w->virt != 0 && at < windows_bytes(c);
	     at += PAGE_SIZE) {
		uint64_t frame = w->aside;

		if (itself)
			frame = page_lookup((uint64_t)run + at, NULL, NULL);
		page_show(w->virt + at, frame);
	}
	if (itself && w->aside != 0)
		memset(page_direct(w->aside), 0, PAGE_SIZE);
}

static az_err map_one(
    const struct domain *d, const struct az_channel *c, struct window *w)
{
	uint64_t size = windows_bytes(c);
	uint64_t virt =
	    (uint64_t)d->memory + windows_place(d->image, bundle, c);

	if ((c->flags & AZ_CHANNEL_EXCLUSIVE && c->owner != d->id) ||
	    bundle_end(bundle, c, d->id)->lease != 0) {
		w->aside = frame_alloc();
		if (w->aside == 0)
			return AZ_ENOMEM;
	}
	map_release(virt, size);
	TRY(map_share(virt, shared[c - bundle->channels].run, size,
	    PAGE_WRITE | PAGE_SHARED));
	w->virt = virt;
	if (shared[c - bundle->channels].taken && c->owner != d->id)
		show(w, c, false);
	return AZ_OK;
}

/* All that lies between w, the last of d's sockets, and the end of the window
 * for them is one frame, again and again: nothing is there. */
static az_err map_rest(
    const struct domain *d, const struct az_channel *c, struct window *w)
{
	uint64_t end = (uint64_t)d->memory + windows_rest(d->image);
	uint64_t at = w->virt + windows_bytes(c);

	map_release(at, end - at);
	w->rest = frame_alloc();
	if (w->rest == 0)
		return AZ_ENOMEM;
	for (; at < end; at += PAGE_SIZE)
		TRY(page_map(at, w->rest, PAGE_WRITE | PAGE_SHARED));
	return AZ_OK;
}

static void unmap_rest(
    const struct domain *d, const struct az_channel *c, struct window *w)
{
	uint64_t at = w->virt + windows_bytes(c);

	if (w->rest == 0)
		return;
	map_forget(at, (uint64_t)d->memory + windows_rest(d->image) - at);
	frame_free(w->rest);
}

az_err window_map(struct domain *d)
{
	const struct az_channel *last = NULL;
	uint32_t count;
	const struct channel_end *e = channel_ends(d, &count);

	d->inbox =
	    windows_find(d->image, WINDOWS_INBOX, sizeof(WINDOWS_INBOX) - 1);
	for (; count > 0; count--, e++) {
		const struct az_channel *c = &bundle->channels[e->channel];
		struct window *w = window_at(d, e);

		if (w != NULL)
			TRY(map_one(d, c, w));
		if (w != NULL && c->type == AZ_CHANNEL_SOCKET)
			last = c;
	}
	return last != NULL ? map_rest(d, last, window_of(d, last)) : AZ_OK;
}

void window_unmap(struct domain *d)
{
	uint32_t count;
	const struct channel_end *e = channel_ends(d, &count);

	window_give_back(d);
	for (; count > 0; count--, e++) {
		const struct az_channel *c = &bundle->channels[e->channel];
		struct window *w = window_at(d, e);

		if (w == NULL)
			continue;
		unmap_rest(d, c, w);
		if (w->virt != 0)
			map_forget(w->virt, windows_bytes(c));
		if (w->aside != 0)
			frame_free(w->aside);
		*w = (struct window){ 0 };
	}
}

void window_shut(const struct cap *c, enum cap_why why)
{
	struct window *w = &windows[c->end];

	if (c->parent != NULL || why == CAP_DIED || w->aside == 0)
		return;
	w->shut = true;
	show(w, &bundle->channels[c->object], false);
}

/* w, d's window of c, is what it was before its end ended. */
static void open_again(
    struct window *w, const struct domain *d, const struct az_channel *c)
{
	bool taken = shared[c - bundle->channels].taken && c->owner != d->id;

	if (!w->shut)
		return;
	w->shut = false;
	show(w, c, !taken);
}

/* Positions move only at the end that is dead, and never back: a peer that is
 * in the middle of putting or taking is not surprised. What a writer leaves
 * when it is reset reads as zeros, and so does, of either, what lies behind the
 * two positions. */
static void renew_ring(
    const struct az_channel *c, uint8_t *run, bool writer, bool reset)
{
	struct az_ring_side *sides[] = { (void *)run,
		(void *)(run + PAGE_SIZE) };

	if (writer && reset)
		memset(run + AZ_RING_HEAD, 0, c->size);
	for (uint32_t i = 0; reset && i < 2; i++)
		memset(sides[i] + 1, 0, PAGE_SIZE - sizeof(*sides[i]));
	if (writer || (c->flags & AZ_CHANNEL_KEEP && !reset))
		return;
	sides[1]->position = sides[0]->position;
	signal_post(c->peers.first, 1);
}

void window_renew(struct domain *d, bool reset)
{
	uint32_t count;
	const struct channel_end *e = channel_ends(d, &count);

	for (; count > 0; count--, e++) {
		const struct az_channel *c = &bundle->channels[e->channel];
		struct window *w = window_at(d, e);

		if (w == NULL)
			continue;
		open_again(w, d, c);
		if (w->rest != 0)
			memset(page_direct(w->rest), 0, PAGE_SIZE);
		if (c->type == AZ_CHANNEL_RING)
			renew_ring(c, shared[e->channel].run, c->owner == d->id,
			    reset);
		else if (reset && c->type != AZ_CHANNEL_SOCKET)
			memset(shared[e->channel].run, 0, c->size);
	}
}

/* Show the clients of c its arena, or what stands in for it. */
static void show_clients(const struct az_channel *c, bool arena)
{
	struct shared *s = &shared[c - bundle->channels];

	for (uint32_t k = 1; k < c->peers.count; k++) {
		const struct window *w = &windows[c->peers.first + k];

		if (!w->shut)
			show(w, c, arena);
	}
	taken_count += (uint32_t)!arena - s->taken;
	s->taken = !arena;
}

uint32_t window_address(const struct domain *d, const struct az_channel *c)
{
	const struct window *w = window_of(d, c);

	return w != NULL && w->virt != 0
		   ? (uint32_t)(w->virt - (uint64_t)d->memory)
		   : 0;
}

void window_take(const struct az_channel *c)
{
	if (c->flags & AZ_CHANNEL_EXCLUSIVE)
		show_clients(c, false);
}

void window_give_back(const struct domain *d)
{
	for (uint32_t i = 0; taken_count > 0 && i < bundle->channel_count; i++)
		if (shared[i].taken && bundle->channels[i].owner == d->id)
			show_clients(&bundle->channels[i], true);
}
