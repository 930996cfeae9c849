/* The devices of an index: which hardware, what its driver may touch of it,
 * and how the kernel fills its rings. */
#include "verify/records.h"

#include "abi/image.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/refuse.h"
#include "verify/text.h"

#define REASON AZ_REFUSE_DEVICE

enum {
	CLASS_BITS = 0xffffff,
	NTH_MAX = 255,
	LINES = 16, /* of ISA */
	BARS = 6,
	REGION_MAX = 1 << 28,
	PORT_COUNT = 1 << 16,
	KEYBOARD_DATA = 0x60,
	KEYBOARD_COMMAND = 0x64, /* it resets the machine, among others */
};

/* ISA ports that a device may have: none of those that make up the machine,
 * or that the kernel uses. */
static const struct {
	uint32_t first, end;
} free_ports[] = { { KEYBOARD_DATA, KEYBOARD_DATA + 1 },
	{ KEYBOARD_COMMAND, KEYBOARD_COMMAND + 1 }, { 0x200, 0x370 },
	{ 0x378, 0x3b0 }, { 0x3e0, 0x3f0 } };

/* One device with its parts. */
struct parts {
	const struct bundle *b;
	const struct az_device *d;
	const struct az_region *regions;
	const struct az_register *registers;
	const struct az_ring *rings;
	const struct az_step *steps;
};

/* What it is found by. */
static bool match_ok(const struct az_device *d)
{
	uint32_t used = 0;
	bool rest = true;

	while (used < AZ_IDS_MAX && d->ids[used] != 0)
		used++;
	for (uint32_t i = used; i < AZ_IDS_MAX; i++)
		rest = rest && d->ids[i] == 0;
	if (!rest || (d->class_code | d->class_mask) > CLASS_BITS ||
	    (d->class_code & ~d->class_mask) != 0 || d->nth > NTH_MAX)
		return false;
	if (d->bus == AZ_BUS_ISA)
		return used == 0 && d->class_mask == 0 && d->nth == 0;
	return d->bus == AZ_BUS_PCI && (used > 0 || d->class_mask != 0);
}

static bool interrupt_ok(const struct az_device *d)
{
	if (d->interrupt == AZ_INTERRUPT_NONE)
		return d->line == 0 && d->rate == 0;
	if (d->rate == 0 || d->rate > AZ_RATE_MAX)
		return false;
	if (d->interrupt == AZ_INTERRUPT_PCI)
		return d->bus == AZ_BUS_PCI && d->line == 0;
	return d->interrupt == AZ_INTERRUPT_ISA && d->bus == AZ_BUS_ISA &&
	       d->line < LINES;
}

static bool ports_ok(const struct az_region *r)
{
	if (r->number >= PORT_COUNT || r->size > PORT_COUNT)
		return false;
	for (uint32_t i = 0; i < sizeof(free_ports) / sizeof(free_ports[0]);
	     i++)
		if (r->number >= free_ports[i].first &&
		    r->number + r->size <= free_ports[i].end)
			return true;
	return false;
}

static bool region_ok(const struct parts *p, const struct az_region *r)
{
	bool virtio = p->d->engine == AZ_ENGINE_VIRTIO;

	if (r->reserved != 0 || r->size == 0 || r->size > REGION_MAX)
		return false;
	switch ((enum az_region_kind)r->kind) {
	case AZ_REGION_BAR:
		/* Those of virtio hold the addresses of its rings. */
		return p->d->bus == AZ_BUS_PCI && !virtio && r->number < BARS;
	case AZ_REGION_VIRTIO:
		return virtio && r->number == AZ_VIRTIO_CONFIG;
	case AZ_REGION_PORTS:
		return p->d->bus == AZ_BUS_ISA && ports_ok(r);
	}
	return false;
}

/* Whether x and y, of one bus, are the same place. */
static bool clash(const struct az_region *x, const struct az_region *y)
{
	if (x->kind != y->kind)
		return false;
	if (x->kind != AZ_REGION_PORTS)
		return x->number == y->number;
	return x->number < y->number + y->size &&
	       y->number < x->number + x->size;
}

/* Regions of the whole index: ports are of one device only. */
static enum az_refusal regions_check(const struct parts *p, const char **why)
{
	uint32_t first = p->d->regions.first;

	for (uint32_t i = first; i < first + p->d->regions.count; i++) {
		MUST(region_ok(p, &p->b->regions[i]),
		    "region: that it cannot have");
		for (uint32_t j = 0; j < i; j++)
			MUST((j < first && p->d->bus == AZ_BUS_PCI) ||
				 !clash(&p->b->regions[j], &p->b->regions[i]),
			    "region: comes twice");
	}
	return AZ_REFUSE_NONE;
}

/* The first byte behind r in its region. */
static uint64_t span_end(const struct az_register *r)
{
	return r->offset + (uint64_t)r->stride * (r->count - 1u) + r->width;
}

static uint32_t bits_of(const struct az_register *r)
{
	return UINT32_MAX >> (32 - 8 * r->width);
}

static bool register_ok(const struct parts *p, const struct az_register *r)
{
	if ((r->width != 1 && r->width != 2 && r->width != 4) ||
	    r->offset % r->width != 0 || r->stride % r->width != 0 ||
	    r->count == 0 || (r->count == 1) != (r->stride == 0))
		return false;
	return r->region < p->d->regions.count &&
	       span_end(r) <= p->regions[r->region].size;
}

static bool masks_ok(const struct parts *p, const struct az_register *r)
{
	const struct az_region *region = &p->regions[r->region];

	if (region->kind == AZ_REGION_PORTS &&
	    region->number == KEYBOARD_COMMAND && r->write_mask != 0)
		return false;
	if (((r->read_mask | r->write_mask) & ~bits_of(r)) != 0)
		return false;
	switch ((enum az_access)r->access) {
	case AZ_ACCESS_PLAIN:
		return true;
	case AZ_ACCESS_DOORBELL:
		return r->write_mask == 0;
	case AZ_ACCESS_ADDRESS:
	case AZ_ACCESS_FORBIDDEN:
		return (r->read_mask | r->write_mask) == 0;
	}
	return false;
}

static enum az_refusal registers_check(const struct parts *p, const char **why)
{
	for (uint32_t i = 0; i < p->d->registers.count; i++) {
		const struct az_register *r = &p->registers[i];

		MUST(register_ok(p, r),
		    "register: outside its region, or malformed");
		MUST(masks_ok(p, r), "register: masks that it cannot have");
		MUST(i == 0 || r->region > r[-1].region ||
			 (r->region == r[-1].region &&
			     r->offset >= span_end(&r[-1])),
		    "register: not sorted by place, or touches another");
	}
	return AZ_REFUSE_NONE;
}

/* Whether register i is the kernel's to write. */
static bool is_kernels(const struct parts *p, uint32_t i)
{
	const struct az_register *r = &p->registers[i];

	return i < p->d->registers.count && r->width == 4 && r->count == 1 &&
	       (r->access == AZ_ACCESS_DOORBELL ||
		   r->access == AZ_ACCESS_ADDRESS);
}

static bool base_ok(const struct parts *p, const struct az_ring *r)
{
	return is_kernels(p, r->base_low) &&
	       (r->base_high == AZ_NONE || is_kernels(p, r->base_high)) &&
	       is_kernels(p, r->bytes) && is_kernels(p, r->head) &&
	       is_kernels(p, r->tail);
}

static bool one_way(const struct az_ring *r)
{
	return r->direction == AZ_DMA_READ || r->direction == AZ_DMA_WRITE;
}

/* Whether the fields of a descriptor lie in it, and apart. */
static bool descriptor_ok(const struct az_ring *r)
{
	const struct {
		uint32_t at, size;
	} fields[] = { { r->address_at, 8 }, { r->length_at, 2 },
		{ r->command_at, 1 }, { r->status_at, 1 } };
	uint32_t used = 0;

	for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t bits = (1u << fields[i].size) - 1;

		if (fields[i].at > AZ_DESCRIPTOR_SIZE - fields[i].size ||
		    (used & bits << fields[i].at) != 0)
			return false;
		used |= bits << fields[i].at;
	}
	return (r->allowed & (r->command | r->last)) == 0;
}

static bool ring_ok(const struct parts *p, const struct az_ring *r)
{
	const size_t fields = offsetof(struct az_ring, address_at);
	bool entries = r->entries >= AZ_ENTRIES_MIN &&
		       r->entries <= AZ_ENTRIES_MAX &&
		       (r->entries & (r->entries - 1)) == 0;

	switch ((enum az_engine)p->d->engine) {
	case AZ_ENGINE_NONE:
		return false;
	case AZ_ENGINE_VIRTIO:
		return entries && r->direction > 0 &&
		       r->direction <= (AZ_DMA_READ | AZ_DMA_WRITE) &&
		       text_is_zero(&r->address_at, sizeof(*r) - fields);
	case AZ_ENGINE_RINGS:
		return entries && one_way(r) && r->done != 0 &&
		       descriptor_ok(r) && base_ok(p, r) &&
		       (r->window | r->window_size | r->start) == 0 &&
		       r->least <= AZ_PAGE_SIZE;
	case AZ_ENGINE_TRANSFER:
		return r->entries == 0 && one_way(r) && r->done != 0 &&
		       (r->address_at | r->length_at | r->command_at |
			   r->status_at | r->command | r->last | r->allowed |
			   r->least) == 0 &&
		       base_ok(p, r) && r->start != 0 && r->window_size > 0 &&
		       r->window_size - 1 <= UINT32_MAX - r->window;
	}
	return false;
}

static bool step_ok(const struct parts *p, const struct az_step *s)
{
	const struct az_register *r = &p->registers[s->target];

	if (s->reserved != 0 || s->limit > AZ_STEP_LIMIT_MAX)
		return false;
	if (s->op == AZ_STEP_DELAY)
		return (s->target | s->mask | s->value) == 0;
	if (s->target >= p->d->registers.count ||
	    ((s->mask | s->value) & ~bits_of(r)) != 0 ||
	    r->access > AZ_ACCESS_DOORBELL)
		return false;
	if (s->op == AZ_STEP_WRITE)
		return s->mask == 0 && s->limit == 0;
	return s->op == AZ_STEP_WAIT && (s->value & ~s->mask) == 0;
}

static enum az_refusal engine_check(const struct parts *p, const char **why)
{
	const struct az_device *d = p->d;
	uint32_t us = 0;

	MUST(d->engine <= AZ_ENGINE_TRANSFER, "device: unknown engine");
	MUST(d->engine == AZ_ENGINE_NONE ||
		 (d->bus == AZ_BUS_PCI && p->b->channels[d->channel].size > 0),
	    "device: engine without a pool, or of ISA");
	for (uint32_t i = 0; i < d->rings.count; i++)
		MUST(ring_ok(p, &p->rings[i]), "ring: malformed");
	for (uint32_t i = 0; i < d->reset.count; i++) {
		MUST(step_ok(p, &p->steps[i]), "step: malformed");
		us += p->steps[i].limit; /* each within the maximum */
	}
	MUST(us <= AZ_STEP_LIMIT_MAX, "steps: that may take too long");
	return AZ_REFUSE_NONE;
}

static enum az_refusal device_check(const struct parts *p, const char **why)
{
	const struct az_device *d = p->d;

	MUST(match_ok(d), "device: malformed match");
	MUST(interrupt_ok(d), "device: malformed interrupt");
	MUST(d->flags <= AZ_DEVICE_FLAGS, "unknown flag");
	PASS(regions_check(p, why));
	PASS(registers_check(p, why));
	return engine_check(p, why);
}

static bool parts_follow(
    const struct bundle *b, const struct az_device *d, struct az_device *next)
{
	return records_follow(
		   d->regions, &next->regions.first, b->region_count) &&
	       records_follow(
		   d->registers, &next->registers.first, b->register_count) &&
	       records_follow(d->rings, &next->rings.first, b->ring_count) &&
	       records_follow(d->reset, &next->reset.first, b->step_count);
}

/* Each channel of the type has a device, each part too. */
static enum az_refusal all_check(const struct bundle *b, const char **why)
{
	struct az_device next = { 0 };
	uint32_t channel = 0;

	for (uint32_t i = 0; i < b->device_count; i++) {
		const struct az_device *d = &b->devices[i];

		while (channel < b->channel_count &&
		       b->channels[channel].type != AZ_CHANNEL_DEVICE)
			channel++;
		MUST(channel < b->channel_count && d->channel == channel,
		    "device: not of the next channel");
		channel++;
		MUST(parts_follow(b, d, &next), "device: parts out of order");
		struct parts p = {
			.b = b,
			.d = d,
			.regions = b->regions + d->regions.first,
			.registers = b->registers + d->registers.first,
			.rings = b->rings + d->rings.first,
			.steps = b->steps + d->reset.first,
		};
		PASS(device_check(&p, why));
	}
	while (channel < b->channel_count)
		MUST(b->channels[channel++].type != AZ_CHANNEL_DEVICE,
		    "channel without a device");
	MUST(next.regions.first == b->region_count &&
		 next.registers.first == b->register_count &&
		 next.rings.first == b->ring_count &&
		 next.reset.first == b->step_count,
	    "part without a device");
	return AZ_REFUSE_NONE;
}

/* Whether module i has the end of the channel that its grant speaks of. */
static bool holds(const struct bundle *b, const struct az_grant *g, uint32_t i)
{
	const struct az_channel *c;

	switch ((enum az_grant_kind)g->kind) {
	case AZ_GRANT_DEVICE:
		return b->channels[b->devices[g->value].channel].owner == i;
	case AZ_GRANT_LISTEN:
	case AZ_GRANT_CONNECT:
		c = &b->channels[g->value];
		return c->type == AZ_CHANNEL_SOCKET && c->owner != i &&
		       bundle_end(b, c, i) != NULL;
	default:
		return true;
	}
}

enum az_refusal devices_check(const struct bundle *b, const char **why)
{
	uint32_t granted = 0;

	PASS(all_check(b, why));
	for (uint32_t i = 0; i < b->module_count; i++) {
		struct az_run r = b->modules[i].grants;

		for (uint32_t k = 0; k < r.count; k++) {
			const struct az_grant *g = &b->grants[r.first + k];

			granted += g->kind == AZ_GRANT_DEVICE;
			REQUIRE(holds(b, g, i), AZ_REFUSE_GRANT,
			    "grant: of another module's channel");
		}
	}
	REQUIRE(granted == b->device_count, AZ_REFUSE_GRANT,
	    "device that its owner is not granted");
	return AZ_REFUSE_NONE;
}
