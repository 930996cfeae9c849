/* dev/ring: descriptors, written by the kernel alone.
 *
 * A ring's memory is the device's to write, so nothing in it is believed: what
 * was posted is kept in slots beside it, the device says which of them it has
 * done, and each saying is checked against them. A frame takes one slot for
 * each of its parts. */
#include "dev/device_impl.h"
#include "dev/iommu.h"

#include <stddef.h>

#include "abi/image.h"
#include "abi/status.h"
#include "arch/page.h"
#include "base/log.h"
#include "base/mem.h"
#include "mm/map.h"

enum {
	DESCRIPTORS,
	AVAILABLE,
	USED,
	VIRTIO_PAGES,

	NEXT = 1, /* flags of a virtio descriptor */
	DEVICE_WRITES = 2,
	SILENT = 1, /* flags of both lists: no interrupt, no doorbell */
	FLAGS_KNOWN =
	    AZ_DMA_DEVICE_WRITES | AZ_DMA_CONTINUED | 0xff << AZ_DMA_COMMAND,
};

struct descriptor { /* virtio's */
	uint64_t address;
	uint32_t length;
	uint16_t flags, next;
};
_Static_assert(sizeof(struct descriptor) == AZ_DESCRIPTOR_SIZE, "virtio");

struct list_head { /* of both lists of virtio */
	uint16_t flags, index;
};

struct available {
	struct list_head head;
	uint16_t frames[AZ_ENTRIES_MAX];
};

struct used {
	struct list_head head;
	struct {
		uint32_t slot, length;
	} frames[AZ_ENTRIES_MAX];
};
_Static_assert(sizeof(struct used) <= PAGE_SIZE, "a list is in one page");

/* A descriptor's. Only the first one of a frame has parts. */
struct slot {
	uint32_t cookie;
	uint32_t room;  /* for the device to write */
	uint16_t parts; /* of the frame; 0: not in use */
	uint16_t next;
};

struct ring {
	const struct az_ring *record;
	uint8_t *memory; /* pages: the descriptors, virtio's two lists */
	struct slot *slots;
	uint32_t doorbell; /* virtio */
	uint16_t entries;  /* 0: not set up */
	uint16_t free, free_count;
	uint16_t oldest;    /* posted; virtio: seen of the used list */
	uint16_t posted;    /* virtio: frames, ever */
	uint16_t in_flight; /* frames */
	bool broken;
};

static bool is_virtio(const struct device *d)
{
	return d->record->engine == AZ_ENGINE_VIRTIO;
}

static volatile struct available *available_of(const struct ring *r)
{
	return (void *)(r->memory + AVAILABLE * PAGE_SIZE);
}

static const volatile struct used *used_of(const struct ring *r)
{
	return (const void *)(r->memory + USED * PAGE_SIZE);
}

az_err ring_init(struct device *d, const struct az_ring *records)
{
	size_t pages = is_virtio(d) ? VIRTIO_PAGES : 1;

	TRY(map_array(&d->rings, d->record->rings.count));
	for (uint32_t i = 0; i < d->record->rings.count; i++) {
		struct ring *r = &d->rings[i];

		r->record = &records[i];
		if (records[i].entries == 0)
			continue;
		TRY(map_array(&r->memory, pages * PAGE_SIZE));
		TRY(iommu_allow(d->place, r->memory, pages * PAGE_SIZE));
		TRY(map_array(&r->slots, records[i].entries));
	}
	return AZ_OK;
}

void ring_forget(struct device *d)
{
	for (uint32_t i = 0; i < d->record->rings.count; i++)
		d->rings[i].entries = 0;
}

/* A ring that is set up, or NULL. */
static struct ring *find(struct device *d, uint32_t ring)
{
	struct ring *r = &d->rings[ring];

	return ring < d->record->rings.count && r->entries != 0 ? r : NULL;
}

static uint64_t page_of(const struct ring *r, uint32_t page)
{
	return page_lookup((uint64_t)r->memory + page * PAGE_SIZE, NULL, NULL);
}

static void slots_init(struct ring *r, uint32_t entries, uint32_t usable)
{
	for (uint32_t i = 0; i < entries; i++)
		r->slots[i] =
		    (struct slot){ .next = (uint16_t)((i + 1) % entries) };
	r->entries = (uint16_t)entries;
	r->free_count = (uint16_t)usable;
	r->free = r->oldest = r->posted = r->in_flight = 0;
	r->broken = false;
}

static int32_t open_virtio(
    struct device *d, struct ring *r, uint32_t ring, uint32_t entries)
{
	struct virtio_queue at = { page_of(r, DESCRIPTORS),
		page_of(r, AVAILABLE), page_of(r, USED) };
	int32_t n;

	memset(r->memory, 0, VIRTIO_PAGES * PAGE_SIZE);
	available_of(r)->head.flags = SILENT;
	n = virtio_queue(d, ring, entries, &at, &r->doorbell);
	if (n > 0)
		slots_init(r, (uint32_t)n, (uint32_t)n);
	return n;
}

static int32_t open_plain(struct device *d, struct ring *r, uint32_t entries)
{
	const struct az_ring *record = r->record;
	uint64_t phys = page_of(r, DESCRIPTORS);

	if (record->base_high == AZ_NONE && phys > UINT32_MAX)
		return AZ_PEER_GONE;
	memset(r->memory, 0, PAGE_SIZE);
	device_set(d, record->base_low, (uint32_t)phys);
	if (record->base_high != AZ_NONE)
		device_set(d, record->base_high, (uint32_t)(phys >> 32));
	device_set(d, record->bytes, entries * AZ_DESCRIPTOR_SIZE);
	device_set(d, record->head, 0);
	device_set(d, record->tail, 0);
	/* Were all of them posted, head and tail would meet. */
	slots_init(r, entries, entries - 1);
	return (int32_t)entries;
}

int32_t device_ring(struct device *d, uint32_t ring, uint32_t entries)
{
	struct ring *r = &d->rings[ring];
	uint32_t n = AZ_ENTRIES_MIN;

	if (ring >= d->record->rings.count || d->started || r->entries != 0 ||
	    r->memory == NULL || entries < n)
		return AZ_BAD_ARGUMENT;
	while (n * 2 <= entries && n * 2 <= r->record->entries)
		n *= 2;
	return is_virtio(d) ? open_virtio(d, r, ring, n) : open_plain(d, r, n);
}

/* --- Posting -------------------------------------------------------------- */

/* The physical address of a part, or 0: it is none for this ring. */
static uint64_t part_address(
    const struct device *d, const struct ring *r, const struct az_dma *part)
{
	uint32_t extra = part->flags >> AZ_DMA_COMMAND;
	bool writes = part->flags & AZ_DMA_DEVICE_WRITES;

	if ((part->flags & ~(uint32_t)FLAGS_KNOWN) != 0 ||
	    (extra & ~(uint32_t)r->record->allowed) != 0)
		return 0;
	if (is_virtio(d) &&
	    (r->record->direction & (writes ? AZ_DMA_WRITE : AZ_DMA_READ)) == 0)
		return 0;
	/* Frames that such a device writes have one part: it says how long
	 * each is. */
	if (!is_virtio(d) && (writes || part->length < r->record->least ||
				 (r->record->direction == AZ_DMA_WRITE &&
				     (part->flags & AZ_DMA_CONTINUED) != 0)))
		return 0;
	return device_address(d, part->offset, part->length);
}

static void put_virtio(
    struct ring *r, uint16_t at, const struct az_dma *part, uint64_t address)
{
	struct descriptor *out = (struct descriptor *)(void *)r->memory + at;

	*out = (struct descriptor){ .address = address,
		.length = part->length,
		.next = r->slots[at].next };
	if (part->flags & AZ_DMA_DEVICE_WRITES)
		out->flags |= DEVICE_WRITES;
	if (part->flags & AZ_DMA_CONTINUED)
		out->flags |= NEXT;
}

static void put_plain(
    struct ring *r, uint16_t at, const struct az_dma *part, uint64_t address)
{
	uint8_t *out = r->memory + at * AZ_DESCRIPTOR_SIZE;
	uint16_t length = (uint16_t)part->length;

	memset(out, 0, AZ_DESCRIPTOR_SIZE);
	memcpy(out + r->record->address_at, &address, sizeof(address));
	memcpy(out + r->record->length_at, &length, sizeof(length));
	out[r->record->command_at] =
	    (uint8_t)(r->record->command | part->flags >> AZ_DMA_COMMAND |
		      (part->flags & AZ_DMA_CONTINUED ? 0 : r->record->last));
}

/* Write the frame that list begins with: its parts, or enum az_status. The
 * device does not see them yet. */
static int32_t put_frame(const struct device *d, struct ring *r,
    const struct az_dma *list, uint32_t count)
{
	struct slot *first = &r->slots[r->free];
	uint16_t at = r->free, parts = 0;
	uint32_t room = 0, cookie = list[0].cookie;
	struct az_dma part;

	do {
		uint64_t address;

		if (parts == count)
			return AZ_BAD_ARGUMENT;
		if (parts == r->free_count)
			return AZ_PEER_BUSY;
		part = list[parts++]; /* which a module may change */
		address = part_address(d, r, &part);
		if (address == 0)
			return AZ_BAD_ARGUMENT;
		if (is_virtio(d))
			put_virtio(r, at, &part, address);
		else
			put_plain(r, at, &part, address);
		if (part.flags & AZ_DMA_DEVICE_WRITES || !is_virtio(d))
			room += part.length;
		at = r->slots[at].next;
	} while (part.flags & AZ_DMA_CONTINUED);
	first->cookie = cookie;
	first->room = r->record->direction == AZ_DMA_READ ? 0 : room;
	first->parts = parts;
	if (is_virtio(d))
		available_of(r)->frames[r->posted++ % r->entries] = r->free;
	r->free = at;
	r->free_count = (uint16_t)(r->free_count - parts);
	r->in_flight++;
	return parts;
}

/* Show the device what has been written. */
static void publish(struct device *d, struct ring *r, uint32_t ring)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!is_virtio(d)) {
		device_set(d, r->record->tail, r->free);
		return;
	}
	available_of(r)->head.index = r->posted;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if ((used_of(r)->head.flags & SILENT) == 0)
		io_write(&d->notify, r->doorbell, 2, ring);
}

int32_t device_post(
    struct device *d, uint32_t ring, const struct az_dma *list, uint32_t count)
{
	struct ring *r = find(d, ring);
	uint32_t done = 0;
	int32_t n = 0;

	if (r == NULL || !d->started)
		return AZ_BAD_ARGUMENT;
	while (done < count && n >= 0) {
		n = put_frame(d, r, list + done, count - done);
		if (n > 0)
			done += (uint32_t)n;
	}
	if (done > 0)
		publish(d, r, ring);
	return done > 0 || n == AZ_PEER_BUSY ? (int32_t)done : n;
}

/* --- Reaping -------------------------------------------------------------- */

/* The frame in slot is over: its slots are free. */
static void release(struct ring *r, uint16_t slot, bool virtio)
{
	uint16_t parts = r->slots[slot].parts, last = slot;

	r->slots[slot].parts = 0;
	r->in_flight--;
	r->free_count = (uint16_t)(r->free_count + parts);
	if (!virtio)
		return;
	while (--parts > 0)
		last = r->slots[last].next;
	r->slots[last].next = r->free;
	r->free = slot;
}

/* 1: one more frame is done; 0: none; or AZ_PEER_DIED. */
static int32_t take_virtio(struct ring *r, struct az_dma_done *out)
{
	const volatile struct used *used = used_of(r);
	uint16_t ahead = (uint16_t)(used->head.index - r->oldest);
	uint32_t slot, length;

	if (ahead == 0)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	slot = used->frames[r->oldest % r->entries].slot;
	length = used->frames[r->oldest % r->entries].length;
	if (ahead > r->in_flight || slot >= r->entries ||
	    r->slots[slot].parts == 0)
		return AZ_PEER_DIED;
	*out = (struct az_dma_done){ .cookie = r->slots[slot].cookie,
		.length = length };
	if (length > r->slots[slot].room)
		out->length = r->slots[slot].room;
	r->oldest++;
	release(r, (uint16_t)slot, true);
	return 1;
}

static int32_t take_plain(struct ring *r, struct az_dma_done *out)
{
	const struct slot *first = &r->slots[r->oldest];
	uint16_t last =
	    (uint16_t)((r->oldest + first->parts - 1) & (r->entries - 1));
	const volatile uint8_t *at = r->memory + last * AZ_DESCRIPTOR_SIZE;
	uint8_t status = at[r->record->status_at];
	uint32_t length;

	if (r->in_flight == 0 || (status & r->record->done) == 0)
		return 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	length = at[r->record->length_at] |
		 (uint32_t)at[r->record->length_at + 1] << 8;
	*out = (struct az_dma_done){ .cookie = first->cookie,
		.length = length < first->room ? length : first->room,
		.status = status };
	release(r, r->oldest, false);
	r->oldest = (uint16_t)((last + 1) & (r->entries - 1));
	return 1;
}

int32_t device_reap(
    struct device *d, uint32_t ring, struct az_dma_done *list, uint32_t count)
{
	struct ring *r = find(d, ring);
	uint32_t done = 0;
	int32_t n = 1;

	if (r == NULL)
		return AZ_BAD_ARGUMENT;
	while (done < count && n > 0 && !r->broken) {
		struct az_dma_done one;

		n = is_virtio(d) ? take_virtio(r, &one) : take_plain(r, &one);
		if (n > 0)
			list[done++] = one;
		if (n >= 0)
			continue;
		r->broken = true;
		log_warn("dev", "broken device=%s ring=%u", d->name, ring);
	}
	return r->broken && done == 0 ? AZ_PEER_DIED : (int32_t)done;
}

bool ring_interrupts(struct device *d, bool on)
{
	bool work = false;

	if (!is_virtio(d))
		return false;
	for (uint32_t i = 0; i < d->record->rings.count; i++) {
		struct ring *r = &d->rings[i];

		/* What the device only reads is over soon enough. */
		if (r->entries == 0 || r->record->direction == AZ_DMA_READ)
			continue;
		available_of(r)->head.flags = on ? 0 : SILENT;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		work = work || used_of(r)->head.index != r->oldest;
	}
	return work;
}
