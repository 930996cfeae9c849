#include "world.h"

#include "azoth.h"
#include "azoth_device.h"
#include "azoth_nic.h"
#include "card.h"
#include "express.h"
#include "legacy.h"
#include "nic.client.h"
#include "windows.h"

#include <lwip/pbuf.h>
#include <sanitizer/asan_interface.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	HEAD = 32,
	FILL_MAX = 256,
	FILL_BEFORE = 12, /* as virtio-net's header */
	WAITING_MAX = 64,
	HELD_MAX = 512,
	SHARED = 4096, /* of the sockets, before their buffers */
	PAGE = 4096,
	PIECES_MAX = 512,
	BUFFERS = (WINDOW_DMA - AZ_NIC_LISTS - CARD_LEGACY) / AZ_NIC_BUFFER,
};

/* Before the bytes of each block of memory. One of a kept state stays when it
 * is freed. */
struct block {
	struct block *next, *before;
	uint32_t size;
	bool kept, used;
};
_Static_assert(sizeof(struct block) <= HEAD, "the bytes are aligned");

struct saved {
	void *at;
	void *copy;
	size_t length;
};

struct kept {
	struct world world;
	struct saved pieces[PIECES_MAX]; /* of variables, and what is shared */
	struct saved *blocks;
	uint32_t piece_count;
	uint32_t fills[FILL_MAX], fill_count;
};

extern uint8_t __start_net_data[], __stop_net_data[];
extern uint8_t __start_net_bss[], __stop_net_bss[];

struct pbuf *__real_pbuf_alloced_custom(pbuf_layer layer, u16_t length,
    pbuf_type type, struct pbuf_custom *p, void *bytes, u16_t room);
struct pbuf *__wrap_pbuf_alloced_custom(pbuf_layer layer, u16_t length,
    pbuf_type type, struct pbuf_custom *p, void *bytes, u16_t room);

bool __real_express_take(const uint8_t *frame, uint32_t length, bool good);
bool __wrap_express_take(const uint8_t *frame, uint32_t length, bool good);
bool __real_express_send(struct conn *c, struct az_pieces bytes);
bool __wrap_express_send(struct conn *c, struct az_pieces bytes);

struct world world = {
	.link = true,
	.express = true,
	.memory_left = WORLD_MEMORY,
};
static struct block *used_blocks, *free_blocks; /* the latter are kept ones */

/* What all states have the same, and was never written since, need not be
 * brought back: of some 700 KiB most. */
static const struct kept *first;
static bool changed[PIECES_MAX]; /* all, unless they are watched */
static bool watched;
static struct sigaction before;

static struct {
	uint8_t bytes[WORLD_FRAME_MAX];
	uint32_t length;
} waiting[WAITING_MAX];
static uint32_t waiting_count;
static uint32_t fills[FILL_MAX], fill_count;
static uint32_t sent[2 * AZ_NIC_BATCH], sent_count;
static struct {
	struct pbuf *pbuf;
	void *bytes;
	void (*release)(struct pbuf *p);
} held[HELD_MAX];
static uint32_t held_count;

/* --- Memory ----------------------------------------------------------------- */

static void link_block(struct block **list, struct block *b)
{
	b->before = NULL;
	b->next = *list;
	if (*list != NULL)
		(*list)->before = b;
	*list = b;
}

static void unlink_block(struct block **list, struct block *b)
{
	if (b->before != NULL)
		b->before->next = b->next;
	else
		*list = b->next;
	if (b->next != NULL)
		b->next->before = b->before;
}

static uint8_t *bytes_of(struct block *b)
{
	return (uint8_t *)b + HEAD;
}

void *world_alloc(size_t size)
{
	struct block *b;

	if (size > world.memory_left)
		return NULL;
	b = malloc(HEAD + size);
	if (b == NULL)
		abort();
	*b = (struct block){ .size = (uint32_t)size, .used = true };
	link_block(&used_blocks, b);
	world.memory_left -= b->size;
	world.blocks++;
	return bytes_of(b);
}

void *world_calloc(size_t count, size_t size)
{
	void *at = world_alloc(count * size);

	if (at != NULL)
		memset(at, 0, count * size);
	return at;
}

static void drop_block(struct block *b)
{
	unlink_block(&used_blocks, b);
	b->used = false;
	if (b->kept) {
		link_block(&free_blocks, b);
		ASAN_POISON_MEMORY_REGION(bytes_of(b), b->size);
	} else {
		free(b);
	}
}

void world_free(void *at)
{
	struct block *b = (struct block *)((uint8_t *)at - HEAD);

	if (!b->used)
		abort();
	world.memory_left += b->size;
	world.blocks--;
	drop_block(b);
}

/* --- States ----------------------------------------------------------------- */

/* Past the sanitizer: bytes between variables are none to it. */
static void copy_raw(void *to, const void *from, size_t length)
{
	__asm__ volatile("rep movsb"
			 : "+D"(to), "+S"(from), "+c"(length)
			 :
			 : "memory");
}

static struct saved save(void *at, size_t length)
{
	struct saved s = { at, malloc(length), length };

	if (s.copy == NULL)
		abort();
	copy_raw(s.copy, at, length);
	return s;
}

/* In pieces of a page each, but for what is left at its ends. */
static void save_pieces(struct kept *k, uint8_t *at, size_t length)
{
	while (length > 0) {
		size_t part = PAGE - (uintptr_t)at % PAGE;

		if (part > length)
			part = length;
		if (k->piece_count == PIECES_MAX)
			abort();
		k->pieces[k->piece_count++] = save(at, part);
		at += part;
		length -= part;
	}
}

/* Variables, but for the windows among them. */
static void save_variables(struct kept *k, uint8_t *from, uint8_t *end)
{
	static const struct {
		uint8_t *at;
		size_t size;
	} windows[] = {
		{ az_window_dma, sizeof(az_window_dma) },
		{ az_window_sockets, sizeof(az_window_sockets) },
	};
	uint8_t *stop = end, *next = end;

	for (int i = 0; i < 2; i++)
		if (windows[i].at >= from && windows[i].at < stop) {
			stop = windows[i].at;
			next = stop + windows[i].size;
		}
	if (stop > from)
		save_pieces(k, from, (size_t)(stop - from));
	if (next < end)
		save_variables(k, next, end);
}

static void note_changes(const struct kept *k)
{
	if (first == NULL)
		first = k;
	for (uint32_t i = 0; i < k->piece_count; i++)
		changed[i] |=
		    k->pieces[i].length < PAGE ||
		    memcmp(k->pieces[i].copy, first->pieces[i].copy, PAGE) != 0;
}

struct kept *world_keep(void)
{
	struct kept *k = calloc(1, sizeof(*k));
	uint32_t count = 0;

	if (k == NULL || held_count > 0 || waiting_count > 0 || watched)
		abort();
	k->world = world;
	memcpy(k->fills, fills, sizeof(fills));
	k->fill_count = fill_count;
	save_pieces(k, az_window_sockets, SHARED);
	save_pieces(k, card_legacy(), sizeof(struct legacy));
	save_variables(k, __start_net_data, __stop_net_data);
	save_variables(k, __start_net_bss, __stop_net_bss);
	note_changes(k);
	k->blocks = calloc(world.blocks + 1, sizeof(k->blocks[0]));
	for (struct block *b = used_blocks; b != NULL; b = b->next) {
		b->kept = true;
		k->blocks[count++] = save(bytes_of(b), b->size);
	}
	return k;
}

static void protect(uint32_t piece, int how)
{
	if (mprotect(first->pieces[piece].at, PAGE, how) != 0)
		abort();
}

/* The first write to a piece; any other fault is the handler's before. */
static void on_fault(int number, siginfo_t *info, void *context)
{
	uint8_t *at = info->si_addr;

	(void)context;
	for (uint32_t i = 0; i < first->piece_count; i++)
		if (!changed[i] &&
		    (size_t)(at - (uint8_t *)first->pieces[i].at) < PAGE) {
			changed[i] = true;
			protect(i, PROT_READ | PROT_WRITE);
			return;
		}
	if (sigaction(number, &before, NULL) != 0)
		abort();
}

void world_watch(void)
{
	struct sigaction ours = {
		.sa_sigaction = on_fault,
		.sa_flags = SA_SIGINFO,
	};

	if (sigaction(SIGSEGV, &ours, &before) != 0)
		abort();
	for (uint32_t i = 0; i < first->piece_count; i++)
		if (!changed[i])
			protect(i, PROT_READ);
	watched = true;
}

uint32_t world_blocks(const struct kept *k)
{
	return k->world.blocks;
}

void world_restore(const struct kept *k)
{
	while (used_blocks != NULL)
		drop_block(used_blocks);
	while (held_count > 0)
		free(held[--held_count].bytes);
	waiting_count = sent_count = 0;
	memcpy(fills, k->fills, sizeof(fills));
	fill_count = k->fill_count;
	world = k->world;
	for (uint32_t i = 0; i < k->piece_count; i++)
		if (changed[i] || !watched)
			copy_raw(k->pieces[i].at, k->pieces[i].copy,
			    k->pieces[i].length);
	for (const struct saved *s = k->blocks; s->at != NULL; s++) {
		struct block *b = (struct block *)((uint8_t *)s->at - HEAD);

		unlink_block(&free_blocks, b);
		link_block(&used_blocks, b);
		b->used = true;
		ASAN_UNPOISON_MEMORY_REGION(s->at, s->length);
		copy_raw(s->at, s->copy, s->length);
	}
}

/* --- What Azoth gives ------------------------------------------------------- */

int world_clock(clockid_t clock, struct timespec *t)
{
	(void)clock;
	t->tv_sec = (time_t)(world.ms / 1000);
	t->tv_nsec = (long)(world.ms % 1000) * 1000000;
	return 0;
}

/* The same ones in each run. */
int world_entropy(void *out, size_t length)
{
	for (size_t i = 0; i < length; i++)
		((uint8_t *)out)[i] = (uint8_t)(0x5a + i * 37);
	return 0;
}

int32_t az_ring_wake(int32_t handle)
{
	return handle < 0;
}

int32_t az_device(const char *name, uint32_t length)
{
	(void)name;
	return (int32_t)length;
}

int32_t az_signal_wait(int32_t handle, int64_t ns)
{
	return handle < 0 && ns != 0;
}

int32_t az_signal_any(int64_t ns)
{
	return ns == 0;
}

void az_ready(void)
{
}

/* --- The card --------------------------------------------------------------- */

static struct az_nic *nic(void)
{
	return (struct az_nic *)az_window_dma;
}

void world_receive(const uint8_t *bytes, uint32_t length)
{
	if (waiting_count == WAITING_MAX || length > WORLD_FRAME_MAX)
		return;
	memcpy(waiting[waiting_count].bytes, bytes, length);
	waiting[waiting_count++].length = length;
}

uint32_t world_held(void)
{
	return held_count;
}

static void release_frame(struct pbuf *p)
{
	uint32_t i = 0;

	while (i < held_count && held[i].pbuf != p)
		i++;
	if (i == held_count)
		abort();
	free(held[i].bytes);
	held[i].release(p);
	held[i] = held[--held_count];
}

/* In place of pbuf_alloced_custom: what lies in the card's memory comes in a
 * block of its own. */
struct pbuf *__wrap_pbuf_alloced_custom(pbuf_layer layer, u16_t length,
    pbuf_type type, struct pbuf_custom *p, void *bytes, u16_t room)
{
	size_t at = (size_t)((uint8_t *)bytes - az_window_dma);
	void *copy;

	if (at >= sizeof(az_window_dma))
		return __real_pbuf_alloced_custom(
		    layer, length, type, p, bytes, room);
	copy = malloc(room);
	if (copy == NULL || held_count == HELD_MAX)
		abort();
	memcpy(copy, bytes, room);
	held[held_count].pbuf = &p->pbuf;
	held[held_count].bytes = copy;
	held[held_count++].release = p->custom_free_function;
	p->custom_free_function = release_frame;
	return __real_pbuf_alloced_custom(layer, length, type, p, copy, room);
}

/* The same for frames that are read where they lie. */
bool __wrap_express_take(const uint8_t *frame, uint32_t length, bool good)
{
	uint8_t *copy;
	bool taken;

	if (!world.express)
		return false;
	copy = malloc(length);
	if (copy == NULL)
		abort();
	memcpy(copy, frame, length);
	taken = __real_express_take(copy, length, good);
	free(copy);
	return taken;
}

bool __wrap_express_send(struct conn *c, struct az_pieces bytes)
{
	return world.express && __real_express_send(c, bytes);
}

int32_t nic_open(void)
{
	if (world.dead > 0) {
		world.dead--;
		return 1;
	}
	fill_count = sent_count = 0;
	*nic() = (struct az_nic){
		.mac = { 2, 0, 0, 0, 0, 15 },
		.mtu = 1500,
		.features = world.features,
		.link = world.link,
		.send_max = 64,
		.fill_max = FILL_MAX,
	};
	return 0;
}

static void send_all(uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct az_nic_frame f = nic()->send[i];

		if (f.at < AZ_NIC_LISTS + AZ_NIC_HEADROOM ||
		    f.at + f.length > sizeof(az_window_dma))
			abort();
		if (world.link)
			world_on_sent(az_window_dma + f.at, f.length);
		sent[sent_count++] = f.at;
	}
	memcpy(nic()->sent, sent, sent_count * sizeof(sent[0]));
	nic()->sent_count = sent_count;
	sent_count = 0;
}

static void receive_all(void)
{
	uint32_t count = 0;

	while (
	    count < waiting_count && count < AZ_NIC_BATCH && fill_count > 0) {
		uint32_t at = fills[--fill_count] + FILL_BEFORE;

		memcpy(az_window_dma + at, waiting[count].bytes,
		    waiting[count].length);
		nic()->received[count] = (struct az_nic_frame){
			.at = at,
			.length = (uint16_t)waiting[count].length,
			.flags = world.sums_good ? AZ_NIC_SUM_GOOD : 0,
		};
		count++;
	}
	waiting_count = 0;
	nic()->received_count = count;
	nic()->more = 0;
}

/* Two counts, then frames: buffer, place in it, length, 16 bits each. */
static void tell_lies(void)
{
	uint16_t word[3];

	nic()->received_count = world.lie[0];
	nic()->sent_count = world.lie[1];
	for (uint32_t i = 0; i < AZ_NIC_BATCH; i++) {
		uint32_t from = 2 + i * sizeof(word);

		if (from + sizeof(word) > world.lie_length)
			break;
		memcpy(word, world.lie + from, sizeof(word));
		nic()->received[i].at =
		    AZ_NIC_LISTS + word[0] * AZ_NIC_BUFFER + word[1];
		nic()->received[i].length = word[2];
		nic()->sent[i] = nic()->received[i].at;
	}
	world.lie_length = 0;
}

int32_t nic_exchange(uint32_t send, uint32_t fill)
{
	if (world.dead > 0) {
		world.dead--;
		return 1;
	}
	if (send > AZ_NIC_BATCH || fill > AZ_NIC_BATCH)
		abort();
	for (uint32_t i = 0; i < fill && fill_count < FILL_MAX; i++)
		fills[fill_count++] = nic()->fill[i];
	/* One was being read when these were made. */
	world.crowded |= fill_count + held_count + send + 1 >= BUFFERS;
	send_all(send);
	receive_all();
	nic()->link = world.link;
	if (world.lie_length >= 2)
		tell_lies();
	return 0;
}
