/* Can there be such a device? */
#include "driver_impl.h"

#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "mem.h"
#include "yaml_tree.h"

enum { ENTRIES_MIN = 8 };

/* Where a key stands, or what it should stand in. */
static struct span place(const struct part *p, const char *key)
{
	const struct yaml_pair *pair = yaml_find(p->node, key);

	return pair != NULL ? pair->value->at : p->node->at;
}

static bool is_given(const struct part *p, const char *key)
{
	return yaml_find(p->node, key) != NULL;
}

/* A key that contradicts another one. */
static void contradict(struct reader *r, const struct part *p, const char *key,
    const char *message, const char *help)
{
	struct diag *d =
	    diag_add(r->list, "AZ0125", place(p, key), "%s", message);

	diag_label(d, "cannot be");
	diag_help(d, "%s", help);
}

/* The key itself, which does not belong here. */
static void refuse_key(
    struct reader *r, const struct part *p, const char *key, const char *what)
{
	const struct yaml_pair *pair = yaml_find(p->node, key);
	struct diag *d;

	if (pair == NULL)
		return;
	d = diag_add(
	    r->list, "AZ0125", pair->key->at, "%s has no `%s`", what, key);
	diag_label(d, "means nothing here");
	diag_help(d, "remove `%s` here", key);
}

static void require_key(struct reader *r, const struct part *p, const char *key,
    const char *what, const char *example)
{
	struct diag *d;

	if (is_given(p, key))
		return;
	d = diag_add(
	    r->list, "AZ0103", p->node->at, "%s has no `%s`", what, key);
	diag_label(d, "belongs in here");
	diag_help(d, "add `%s`", example);
}

/* --- The whole --------------------------------------------------------- */

static void check_bus(struct reader *r, const struct part *top)
{
	const struct az_device *d = &r->d->device;

	if (d->bus != AZ_BUS_ISA) {
		if (d->interrupt == AZ_INTERRUPT_ISA)
			contradict(r, top, "interrupt",
			    "a device of PCI has no line of ISA",
			    "write `pci`");
		return;
	}
	if (d->engine != AZ_ENGINE_NONE)
		contradict(r, top, "engine",
		    "a device of ISA reaches no memory", "write `none`");
	if (d->interrupt == AZ_INTERRUPT_PCI)
		contradict(r, top, "interrupt",
		    "a device of ISA does not interrupt by PCI", "write `isa`");
}

void driver_check_kind(struct reader *r, const struct part *top)
{
	const struct az_device *d = &r->d->device;
	struct part rings = part_of(top, "rings");
	bool any = part_count(&rings, YAML_MAP) > 0;

	check_bus(r, top);
	if (d->interrupt == AZ_INTERRUPT_NONE)
		refuse_key(r, top, "rate", "a device that never interrupts");
	if (d->engine == AZ_ENGINE_NONE && any)
		contradict(r, top, "engine",
		    "a device without an engine has rings",
		    "write `virtio`, `rings` or `transfer`");
	if (d->engine != AZ_ENGINE_NONE && !any && d->bus == AZ_BUS_PCI)
		require_key(r, top, "rings", "the engine",
		    "rings: { requests: { entries: 8, direction: write } }");
}

/* --- Regions ----------------------------------------------------------- */

/* What a region of this kind needs of the device, or NULL. */
static const char *region_fault(
    const struct az_device *d, const struct az_region *g)
{
	bool virtio = d->engine == AZ_ENGINE_VIRTIO;

	if (g->kind == AZ_REGION_PORTS)
		return d->bus == AZ_BUS_ISA
			   ? NULL
			   : "a device of PCI has no ports of its own";
	if (d->bus == AZ_BUS_ISA)
		return "a device of ISA has `ports` alone";
	if (g->kind == AZ_REGION_VIRTIO)
		return virtio ? NULL : "the engine is not `virtio`";
	return virtio ? "the kernel alone has the BARs of a virtio device"
		      : NULL;
}

static bool same_place(const struct az_region *a, const struct az_region *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != AZ_REGION_PORTS)
		return a->number == b->number;
	return a->number < b->number + b->size &&
	       b->number < a->number + a->size;
}

void driver_check_region(struct reader *r, const struct part *p, size_t i)
{
	static const char *const keys[] = { "", "bar", "virtio", "ports" };
	const struct az_region *g = &r->d->regions[i];
	const char *fault;
	struct diag *d;

	if (g->kind == 0)
		return;
	fault = region_fault(&r->d->device, g);
	if (fault != NULL)
		contradict(r, p, keys[g->kind], fault,
		    g->kind == AZ_REGION_BAR && r->d->device.bus == AZ_BUS_PCI
			? "write `virtio: config` instead"
			: "give the device a region that it can have");
	for (size_t k = 0; k < i; k++) {
		if (!same_place(&r->d->regions[k], g))
			continue;
		d = diag_add(r->list, "AZ0208", r->d->region_names[i].at,
		    "regions `%s` and `%s` are the same place",
		    r->d->region_names[k].text, r->d->region_names[i].text);
		diag_label(d, "the second one");
		diag_also(d, r->d->region_names[k].at, "the first one");
		diag_help(d, "describe it once");
		break;
	}
}

/* --- Registers --------------------------------------------------------- */

static uint64_t span_end(const struct az_register *g)
{
	return g->offset + (uint64_t)(g->count - 1u) * g->stride + g->width;
}

static uint32_t bits_of(const struct az_register *g)
{
	return UINT32_MAX >> (32 - 8 * g->width);
}

static struct diag *report_range(struct reader *r, const struct part *p,
    const char *key, const struct named *n, const char *what)
{
	return diag_add(r->list, "AZ0115", place(p, key), "register `%s` %s",
	    n->name.text, what);
}

static void check_stride(
    struct reader *r, const struct part *p, const struct named *n)
{
	struct diag *d;

	if (n->r.count > 1 && !is_given(p, "stride")) {
		char *example = xasprintf("stride: %u", n->r.width);

		require_key(r, p, "stride", "an array of registers", example);
		free(example);
	} else if (n->r.stride % n->r.width != 0 ||
		   (n->r.count > 1 && n->r.stride == 0)) {
		d = report_range(
		    r, p, "stride", n, "is not aligned in each place");
		diag_label(d, "expected a multiple of %u", n->r.width);
		diag_help(d, "write `%u`",
		    (n->r.stride / n->r.width + 1) * n->r.width);
	}
}

static void check_place(
    struct reader *r, const struct part *p, const struct named *n)
{
	const struct az_region *region;
	struct diag *d;

	if (n->r.offset % n->r.width != 0) {
		d = report_range(
		    r, p, "offset", n, "is not aligned to its width");
		diag_label(d, "expected a multiple of %u", n->r.width);
		diag_help(
		    d, "write `0x%x`", n->r.offset / n->r.width * n->r.width);
		return;
	}
	if (n->r.region == AZ_NONE)
		return;
	region = &r->d->regions[n->r.region];
	if (span_end(&n->r) <= region->size)
		return;
	d = report_range(r, p, "offset", n, "ends outside its region");
	diag_label(d, "ends at byte %llu, of %u",
	    (unsigned long long)span_end(&n->r), region->size);
	diag_help(d, "make the region larger: `size: %llu`",
	    (unsigned long long)span_end(&n->r));
}

static void check_mask(struct reader *r, const struct part *p, const char *key,
    const struct named *n, uint32_t mask)
{
	struct diag *d;

	if ((mask & ~bits_of(&n->r)) == 0)
		return;
	d = report_range(r, p, key, n, "has fewer bits than its mask");
	diag_label(d, "it has %u", 8 * n->r.width);
	diag_help(d, "write `0x%x`", mask & bits_of(&n->r));
}

static void check_access(
    struct reader *r, const struct part *p, const struct named *n)
{
	static const char *const who[] = { "", "a doorbell",
		"a register of addresses", "a forbidden register" };

	if (n->r.access == AZ_ACCESS_PLAIN)
		return;
	if (n->r.write_mask != 0)
		refuse_key(r, p, "write", who[n->r.access]);
	if (n->r.access != AZ_ACCESS_DOORBELL && n->r.read_mask != 0)
		refuse_key(r, p, "read", who[n->r.access]);
}

void driver_check_register(
    struct reader *r, const struct part *p, const struct named *n)
{
	check_stride(r, p, n);
	check_place(r, p, n);
	check_mask(r, p, "read", n, n->r.read_mask);
	check_mask(r, p, "write", n, n->r.write_mask);
	check_access(r, p, n);
}

void driver_check_overlap(
    struct reader *r, const struct named *a, const struct named *b)
{
	struct diag *d;

	if (a->r.region != b->r.region || span_end(&a->r) <= b->r.offset)
		return;
	d = diag_add(r->list, "AZ0208", b->name.at,
	    "register `%s` begins inside register `%s`", b->name.text,
	    a->name.text);
	diag_label(d, "the second one");
	diag_also(d, a->name.at, "the first one");
	diag_help(d, "give each register bytes of its own");
}

/* --- Rings ------------------------------------------------------------- */

static void check_entries(
    struct reader *r, const struct part *p, const struct az_ring *ring)
{
	struct diag *d;

	require_key(r, p, "entries", "a ring", "entries: 256");
	if (!is_given(p, "entries") ||
	    (ring->entries >= ENTRIES_MIN &&
		(ring->entries & (ring->entries - 1)) == 0))
		return;
	d = diag_add(r->list, "AZ0115", place(p, "entries"),
	    "a ring does not have %u entries", ring->entries);
	diag_label(d, "a power of two from %d", ENTRIES_MIN);
	diag_help(d, "write `%d`", ENTRIES_MIN);
}

static void check_direction(
    struct reader *r, const struct part *p, const struct az_ring *ring)
{
	if (ring->direction == (AZ_DMA_READ | AZ_DMA_WRITE))
		contradict(r, p, "direction",
		    "a ring of this engine goes one way",
		    "write `read` or `write`");
}

/* Registers that the kernel writes: there, of 32 bits, and nobody else's. */
static void check_base(
    struct reader *r, const struct part *p, const char *key, bool needed)
{
	struct manifest_string name = part_string(p, key);
	const struct driver *d = r->d;
	struct diag *diag;
	char *example;
	size_t i = 0;

	if (name.text == NULL) {
		example = xasprintf("%s: REGISTER", key);
		if (needed)
			require_key(
			    r, p, key, "the ring's `registers`", example);
		free(example);
		return;
	}
	while (i < d->register_count &&
	       strcmp(d->register_names[i].text, name.text) != 0)
		i++;
	if (i == d->register_count)
		return; /* reported */
	if (d->registers[i].width == 4 && d->registers[i].count == 1 &&
	    (d->registers[i].access == AZ_ACCESS_DOORBELL ||
		d->registers[i].access == AZ_ACCESS_ADDRESS))
		return;
	diag = diag_add(r->list, "AZ0125", name.at,
	    "the kernel cannot have register `%s` to itself", name.text);
	diag_label(diag, "of width 4, and no array");
	diag_also(diag, d->register_names[i].at, "the register");
	diag_help(diag, "give it `access: address`, or `access: doorbell` if "
			"the driver may read it");
}

static void check_bases(struct reader *r, const struct part *p)
{
	static const char *const keys[] = { "base_low", "bytes", "head",
		"tail" };
	struct part regs = part_of(p, "registers");

	require_key(r, p, "registers", "the ring",
	    "registers: { base_low: L, bytes: N, head: H, tail: T }");
	if (regs.node == NULL)
		return;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		check_base(r, &regs, keys[i], true);
	check_base(r, &regs, "base_high", false);
}

/* The parts of a descriptor of rings, in it and apart. */
static void check_layout(
    struct reader *r, const struct part *desc, const struct az_ring *ring)
{
	const struct {
		const char *key;
		uint32_t at, size;
	} fields[] = { { "address", ring->address_at, 8 },
		{ "length", ring->length_at, 2 },
		{ "command", ring->command_at, 1 },
		{ "status", ring->status_at, 1 } };
	uint32_t used = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint32_t bits = ((1u << fields[i].size) - 1) << fields[i].at;

		if (fields[i].at + fields[i].size > AZ_DESCRIPTOR_SIZE) {
			contradict(r, desc, fields[i].key,
			    "this part ends outside the descriptor",
			    "a descriptor has 16 bytes: 8 of an address, 2 of "
			    "a length, 1 of command and status each");
			return;
		}
		if ((used & bits) != 0) {
			contradict(r, desc, fields[i].key,
			    "two parts of the descriptor are the same bytes",
			    "a descriptor has 16 bytes: 8 of an address, 2 of "
			    "a length, 1 of command and status each");
			return;
		}
		used |= bits;
	}
}

static void check_done(
    struct reader *r, const struct part *desc, const struct az_ring *ring)
{
	require_key(r, desc, "done", "the descriptor", "done: 0x01");
	if (is_given(desc, "done") && ring->done == 0)
		contradict(r, desc, "done", "nothing says what is done",
		    "write `0x01`, or another bit of the status");
	if ((ring->allowed & (ring->command | ring->last)) != 0)
		contradict(r, desc, "allowed",
		    "the driver may set bits that the kernel sets",
		    "leave out those of `always` and `last`");
}

/* A ring of the engine `rings`. */
static void check_template(
    struct reader *r, const struct part *p, const struct az_ring *ring)
{
	struct part desc = part_of(p, "descriptor");

	check_entries(r, p, ring);
	check_direction(r, p, ring);
	require_key(r, p, "descriptor", "the ring",
	    "descriptor: { address: 0, length: 8, command: 11, status: 12, "
	    "done: 0x01 }");
	if (desc.node != NULL) {
		check_layout(r, &desc, ring);
		check_done(r, &desc, ring);
	}
	check_bases(r, p);
	refuse_key(r, p, "window", "a ring");
	refuse_key(r, p, "window_size", "a ring");
	refuse_key(r, p, "start", "a ring");
}

static void check_transfer(
    struct reader *r, const struct part *p, const struct az_ring *ring)
{
	static const char *const parts[] = { "address", "length", "command",
		"status", "always", "last", "allowed" };
	struct part desc = part_of(p, "descriptor");

	refuse_key(r, p, "entries", "a transfer");
	refuse_key(r, p, "room", "a transfer");
	check_direction(r, p, ring);
	require_key(
	    r, p, "descriptor", "the transfer", "descriptor: { done: 0x01 }");
	for (size_t i = 0;
	     desc.node != NULL && i < sizeof(parts) / sizeof(parts[0]); i++)
		refuse_key(r, &desc, parts[i], "the status of a transfer");
	if (desc.node != NULL)
		check_done(r, &desc, ring);
	check_bases(r, p);
	require_key(r, p, "start", "the transfer", "start: 0x1");
	if (is_given(p, "start") && ring->start == 0)
		contradict(
		    r, p, "start", "no bit begins the transfer", "write `0x1`");
	require_key(r, p, "window_size", "the transfer", "window_size: 4096");
	if (is_given(p, "window_size") && ring->window_size == 0)
		contradict(r, p, "window_size",
		    "the device has no bytes to transfer", "write `4096`");
	else if (ring->window_size > 0 &&
		 ring->window_size - 1 > UINT32_MAX - ring->window)
		contradict(r, p, "window_size",
		    "the device's window ends behind its last address",
		    "write `4096`");
}

void driver_check_ring(
    struct reader *r, const struct part *p, const struct az_ring *ring)
{
	static const char *const none[] = { "descriptor", "registers", "room",
		"window", "window_size", "start" };

	switch ((enum az_engine)r->d->device.engine) {
	case AZ_ENGINE_NONE:
		break; /* driver_check_kind */
	case AZ_ENGINE_VIRTIO:
		check_entries(r, p, ring);
		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			refuse_key(r, p, none[i], "a ring of virtio");
		break;
	case AZ_ENGINE_RINGS:
		check_template(r, p, ring);
		break;
	case AZ_ENGINE_TRANSFER:
		check_transfer(r, p, ring);
		break;
	}
}

/* --- Steps ------------------------------------------------------------- */

static void check_target(
    struct reader *r, const struct part *p, const struct az_step *step)
{
	const char *key = step->op == AZ_STEP_WRITE ? "write" : "wait";
	const struct az_register *g;

	if (step->target >= r->d->register_count)
		return; /* reported */
	g = &r->d->registers[step->target];
	if (g->access > AZ_ACCESS_DOORBELL)
		contradict(r, p, key, "no step may touch this register",
		    "name one whose `access` is `plain` or `doorbell`");
	if (((step->mask | step->value) & ~bits_of(g)) != 0)
		contradict(r, p,
		    (step->value & ~bits_of(g)) != 0 ? "value" : "mask",
		    "the register has fewer bits", "leave out those above");
}

void driver_check_step(
    struct reader *r, const struct part *p, const struct az_step *step)
{
	int given =
	    is_given(p, "write") + is_given(p, "wait") + is_given(p, "delay");

	if (given != 1) {
		contradict(r, p, "",
		    given == 0 ? "a step does nothing"
			       : "a step does two things at once",
		    "write one of `write`, `wait` and `delay`");
		return;
	}
	if (step->op != AZ_STEP_WAIT) {
		refuse_key(r, p, "mask", "a step that does not wait");
		refuse_key(r, p, "limit", "a step that does not wait");
	}
	if (step->op == AZ_STEP_DELAY) {
		refuse_key(r, p, "value", "a delay");
		return;
	}
	check_target(r, p, step);
	if (step->op == AZ_STEP_WRITE)
		return;
	require_key(r, p, "mask", "a step that waits", "mask: 0x1");
	require_key(r, p, "limit", "a step that waits", "limit: 10ms");
	if ((step->value & ~step->mask) != 0)
		contradict(r, p, "value", "the value is never seen",
		    "leave out the bits that are not in `mask`");
}

void driver_check_steps(struct reader *r, const struct part *p)
{
	uint32_t us = 0;
	struct diag *d;

	for (size_t i = 0; i < r->d->reset_count; i++) {
		us += r->d->reset[i].limit; /* each within the maximum */
		if (us <= AZ_STEP_LIMIT_MAX)
			continue;
		d = diag_add(r->list, "AZ0115", p->node->items[i]->at,
		    "the steps of the reset may take too long");
		diag_label(d, "%u us with this one", us);
		diag_help(d,
		    "lower a `limit` or `delay`: all together may "
		    "take %u us",
		    AZ_STEP_LIMIT_MAX);
		return;
	}
}
