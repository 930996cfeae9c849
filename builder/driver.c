#include "driver.h"

#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "driver_impl.h"
#include "manifest_shape.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_tree.h"

enum { CLASS_DIGITS = 6, ID_DIGITS = 4, NS_PER_US = 1000 };

/* So many hexadecimal digits, lower case. */
static bool read_hex(const char *text, size_t digits, uint32_t *out)
{
	uint32_t value = 0;

	for (size_t i = 0; i < digits; i++) {
		const char *all = "0123456789abcdef";
		const char *at = text[i] != '\0' ? strchr(all, text[i]) : NULL;

		if (at == NULL)
			return false;
		value = value << 4 | (uint32_t)(at - all);
	}
	*out = value;
	return true;
}

/* What an entry of `match` says. */
struct match {
	uint32_t bus;
	uint32_t id; /* device << 16 | vendor, or */
	bool class;  /* of PCI: */
	uint32_t code;
};

/* False: it is of no known form. */
static bool read_match(struct match *out, const char *text)
{
	uint32_t vendor, model;

	*out = (struct match){ .bus = AZ_BUS_PCI };
	if (strcmp(text, "isa") == 0) {
		out->bus = AZ_BUS_ISA;
		return true;
	}
	if (strncmp(text, "pci/class:", 10) == 0) {
		out->class = true;
		return read_hex(text + 10, CLASS_DIGITS, &out->code) &&
		       text[10 + CLASS_DIGITS] == '\0';
	}
	if (strncmp(text, "pci/", 4) != 0 ||
	    !read_hex(text + 4, ID_DIGITS, &vendor) || text[8] != ':' ||
	    !read_hex(text + 9, ID_DIGITS, &model) || text[13] != '\0')
		return false;
	out->id = model << 16 | vendor;
	return out->id != 0;
}

/* Add it to what the device is found by. False: it does not go with what
 * stands before it: numbers, of which any will do, or one class, or `isa`. */
static bool add_match(struct az_device *device, const struct match *m, size_t i)
{
	bool numbers = m->bus == AZ_BUS_PCI && !m->class;

	if (i > 0 &&
	    (!numbers || device->bus == AZ_BUS_ISA || device->class_mask != 0))
		return false;
	device->bus = m->bus;
	if (m->class) {
		device->class_mask = 0xffffff;
		device->class_code = m->code;
	} else if (i < AZ_IDS_MAX) {
		device->ids[i] = m->id;
	}
	return true;
}

static void read_matches(struct reader *r, struct part p)
{
	size_t count = part_count(&p, YAML_LIST);

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = p.node->items[i];
		struct match m;
		struct diag *d;

		if (!read_match(&m, item->text)) {
			d = diag_add(r->list, "AZ0116", item->at,
			    "`%s` does not name a device", item->text);
			diag_label(d, "expected a bus and numbers");
			diag_help(d, "write `pci/VENDOR:DEVICE` or "
				     "`pci/class:CCSSPP` with lower case "
				     "hexadecimal digits, or `isa`");
		} else if (!add_match(&r->d->device, &m, i)) {
			d = diag_add(r->list, "AZ0125", item->at,
			    "`%s` does not go with what stands before it",
			    item->text);
			diag_label(d, "another way to find a device");
			diag_help(d, "name numbers alone, or one class, or "
				     "`isa`");
		}
	}
}

/* The position of the name that a key of p gives, among count names; AZ_NONE
 * when it is absent, or reported to be none. */
static uint32_t find_name(struct reader *r, const struct part *p,
    const char *key, const struct manifest_string *names, size_t count,
    const char *what)
{
	struct manifest_string s = part_string(p, key);
	const char **known;
	const char *near;
	struct diag *d;

	if (s.text == NULL)
		return AZ_NONE;
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i].text, s.text) == 0)
			return (uint32_t)i;
	d = diag_add(r->list, "AZ0202", s.at,
	    "`%s` names the %s `%s`, which does not exist", key, what, s.text);
	diag_label(d, "no %s has this name", what);
	known = xcalloc(count, sizeof(*known));
	for (size_t i = 0; i < count; i++)
		known[i] = names[i].text;
	near = diag_nearest(s.text, known, count);
	if (near != NULL) {
		diag_help(d, "a %s named `%s` exists", what, near);
		diag_fix(d, s.at, near);
	} else {
		diag_help(d, "add it to `%ss`", what);
	}
	free(known);
	return AZ_NONE;
}

static uint32_t number(const struct part *p, const char *key,
    bool (*read)(const char *text, uint64_t *out))
{
	return (uint32_t)part_number(p, key, read, NULL);
}

static void read_region(
    struct reader *r, const struct part *p, struct az_region *region)
{
	static const char *const kinds[] = { "bar", "virtio", "ports" };
	const struct yaml_pair *found = NULL;
	struct diag *d;

	for (uint32_t i = 0; i < 3; i++) {
		const struct yaml_pair *pair = yaml_find(p->node, kinds[i]);

		if (pair == NULL)
			continue;
		if (found != NULL) {
			d = diag_add(r->list, "AZ0109", pair->key->at,
			    "a region has both `%s` and `%s`", found->key->text,
			    pair->key->text);
			diag_label(d, "one of them too many");
			diag_also(d, found->key->at, "the other one");
			diag_help(d, "keep one of the two");
			continue;
		}
		found = pair;
		region->kind = AZ_REGION_BAR + i;
	}
	region->size = number(p, "size", value_integer);
	if (region->kind == AZ_REGION_BAR)
		region->number = number(p, "bar", value_integer);
	else if (region->kind == AZ_REGION_PORTS)
		region->number = number(p, "ports", value_bits);
	else
		region->number = AZ_VIRTIO_CONFIG;
	if (found != NULL || p->node->kind != YAML_MAP)
		return;
	d = diag_add(r->list, "AZ0103", p->node->at,
	    "a region has neither `bar` nor `virtio` nor `ports`");
	diag_label(d, "one of them belongs in here");
	diag_help(d, "add `bar: 0`");
}

static void read_regions(struct reader *r, struct part p)
{
	size_t count = part_count(&p, YAML_MAP);
	struct part item = p;

	r->d->regions = arena_alloc(r->arena, count * sizeof(*r->d->regions));
	r->d->region_names =
	    arena_alloc(r->arena, count * sizeof(*r->d->region_names));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		item.node = p.node->pairs[i].value;
		r->d->region_names[i] = node_string(p.node->pairs[i].key);
		read_region(r, &item, &r->d->regions[i]);
		driver_check_region(r, &item, i);
	}
	r->d->region_count = count;
}

static void read_register(
    struct reader *r, const struct part *p, struct named *n)
{
	uint32_t region = find_name(
	    r, p, "region", r->d->region_names, r->d->region_count, "region");

	n->r = (struct az_register){
		.region = region,
		.offset = number(p, "offset", value_bits),
		.width = (uint16_t)number(p, "width", value_integer),
		.count = (uint16_t)number(p, "count", value_integer),
		.stride = (uint16_t)number(p, "stride", value_integer),
		.access = (uint16_t)part_word(p, "access", NULL),
		.read_mask = number(p, "read", value_bits),
		.write_mask = number(p, "write", value_bits),
	};
	if (n->r.count == 1)
		n->r.stride = 0;
	driver_check_register(r, p, n);
}

static int compare_registers(const void *left, const void *right)
{
	const struct az_register *a = &((const struct named *)left)->r;
	const struct az_register *b = &((const struct named *)right)->r;

	if (a->region != b->region)
		return a->region < b->region ? -1 : 1;
	return (a->offset > b->offset) - (a->offset < b->offset);
}

static void read_registers(struct reader *r, struct part p)
{
	size_t count = part_count(&p, YAML_MAP);
	struct named *all = xcalloc(count, sizeof(*all));
	struct part item = p;

	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		item.node = p.node->pairs[i].value;
		all[i].name = node_string(p.node->pairs[i].key);
		read_register(r, &item, &all[i]);
	}
	if (count > 0)
		qsort(all, count, sizeof(*all), compare_registers);
	r->d->registers =
	    arena_alloc(r->arena, count * sizeof(*r->d->registers));
	r->d->register_names =
	    arena_alloc(r->arena, count * sizeof(*r->d->register_names));
	r->d->register_count = count;
	for (size_t i = 0; i < count; i++) {
		r->d->registers[i] = all[i].r;
		r->d->register_names[i] = all[i].name;
		if (i > 0)
			driver_check_overlap(r, &all[i - 1], &all[i]);
	}
	free(all);
}

static uint32_t find_register(
    struct reader *r, const struct part *p, const char *key)
{
	return find_name(
	    r, p, key, r->d->register_names, r->d->register_count, "register");
}

static uint32_t or_zero(uint32_t found)
{
	return found == AZ_NONE ? 0 : found;
}

static void read_ring(
    struct reader *r, const struct part *p, struct az_ring *ring)
{
	static const uint16_t directions[] = { AZ_DMA_READ, AZ_DMA_WRITE,
		AZ_DMA_READ | AZ_DMA_WRITE };
	struct part desc = part_of(p, "descriptor");
	struct part regs = part_of(p, "registers");

	*ring = (struct az_ring){
		.entries = (uint16_t)number(p, "entries", value_integer),
		.direction = directions[part_word(p, "direction", NULL)],
		.least = (uint16_t)number(p, "room", value_integer),
		.address_at = (uint8_t)number(&desc, "address", value_integer),
		.length_at = (uint8_t)number(&desc, "length", value_integer),
		.command_at = (uint8_t)number(&desc, "command", value_integer),
		.status_at = (uint8_t)number(&desc, "status", value_integer),
		.done = (uint8_t)number(&desc, "done", value_bits),
		.command = (uint8_t)number(&desc, "always", value_bits),
		.last = (uint8_t)number(&desc, "last", value_bits),
		.allowed = (uint8_t)number(&desc, "allowed", value_bits),
		.window = number(p, "window", value_bits),
		.window_size = number(p, "window_size", value_integer),
		.start = number(p, "start", value_bits),
	};
	if (r->d->device.engine == AZ_ENGINE_VIRTIO)
		return;
	ring->base_low = or_zero(find_register(r, &regs, "base_low"));
	ring->base_high = find_register(r, &regs, "base_high");
	ring->bytes = or_zero(find_register(r, &regs, "bytes"));
	ring->head = or_zero(find_register(r, &regs, "head"));
	ring->tail = or_zero(find_register(r, &regs, "tail"));
}

static void read_rings(struct reader *r, struct part p)
{
	size_t count = part_count(&p, YAML_MAP);
	struct part item = p;

	r->d->rings = arena_alloc(r->arena, count * sizeof(*r->d->rings));
	r->d->ring_names =
	    arena_alloc(r->arena, count * sizeof(*r->d->ring_names));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		item.node = p.node->pairs[i].value;
		r->d->ring_names[i] = node_string(p.node->pairs[i].key);
		read_ring(r, &item, &r->d->rings[i]);
		driver_check_ring(r, &item, &r->d->rings[i]);
	}
	r->d->ring_count = count;
}

static uint32_t micros(const struct part *p, const char *key)
{
	return (
	    uint32_t)(part_number(p, key, value_duration, NULL) / NS_PER_US);
}

static void read_step(
    struct reader *r, const struct part *p, struct az_step *step)
{
	uint32_t write = find_register(r, p, "write");
	uint32_t wait = find_register(r, p, "wait");

	*step = (struct az_step){ .value = number(p, "value", value_bits) };
	if (yaml_find(p->node, "write") != NULL) {
		step->op = AZ_STEP_WRITE;
		step->target = write;
	} else if (yaml_find(p->node, "wait") != NULL) {
		step->op = AZ_STEP_WAIT;
		step->target = wait;
		step->mask = number(p, "mask", value_bits);
		step->limit = micros(p, "limit");
	} else {
		step->op = AZ_STEP_DELAY;
		step->limit = micros(p, "delay");
	}
}

static void read_reset(struct reader *r, struct part p)
{
	size_t count = part_count(&p, YAML_LIST);
	struct part item = p;

	r->d->reset = arena_alloc(r->arena, count * sizeof(*r->d->reset));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		item.node = p.node->items[i];
		read_step(r, &item, &r->d->reset[i]);
		driver_check_step(r, &item, &r->d->reset[i]);
	}
	r->d->reset_count = count;
	driver_check_steps(r, &p);
}

static void read_all(struct reader *r, const struct part *top)
{
	struct az_device *device = &r->d->device;

	r->d->name = part_string(top, "name");
	read_matches(r, part_of(top, "match"));
	device->engine = part_word(top, "engine", NULL);
	device->interrupt = part_word(top, "interrupt", NULL);
	if (device->interrupt != AZ_INTERRUPT_NONE)
		device->rate = number(top, "rate", value_integer);
	if (part_true(top, "entropy"))
		device->flags |= AZ_DEVICE_ENTROPY;
	if (part_true(top, "keyboard"))
		device->flags |= AZ_DEVICE_KEYBOARD;
	driver_check_kind(r, top);
	read_regions(r, part_of(top, "regions"));
	read_registers(r, part_of(top, "registers"));
	read_rings(r, part_of(top, "rings"));
	read_reset(r, part_of(top, "reset"));
}

struct driver *driver_parse(
    struct arena *a, const struct source *src, struct diags *list)
{
	size_t errors = diags_errors(list);
	struct yaml_node *root = yaml_parse(a, src, list);
	struct manifest nothing = { .arena = a };
	struct shape shape = { .list = list, .whole = "the device" };
	struct part top = { &nothing, list, root, driver_field() };
	struct reader r = { NULL, a, list };

	if (root == NULL)
		return NULL;
	shape_check(&shape, root, driver_field());
	shape_required(&shape, root, root->at, driver_field());
	if (diags_errors(list) > errors)
		return NULL;
	r.d = arena_alloc(a, sizeof(*r.d));
	read_all(&r, &top);
	return diags_errors(list) > errors ? NULL : r.d;
}

static void put_names(struct buf *out, const char *prefix,
    const struct manifest_string *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buf_printf(out, "#define %s_", prefix);
		for (const char *c = names[i].text; *c != '\0'; c++)
			buf_putc(out, *c == '-' ? '_'
				      : *c >= 'a' && *c <= 'z'
					  ? (char)(*c - 'a' + 'A')
					  : *c);
		buf_printf(out, " %zu\n", i);
	}
}

void driver_header(struct buf *out, const struct driver *d)
{
	buf_printf(out,
	    "/* Numbers of %s's registers and rings, by `azoth bindings`: "
	    "change\n * device.yaml instead. */\n",
	    d->name.text);
	put_names(out, "REG", d->register_names, d->register_count);
	put_names(out, "RING", d->ring_names, d->ring_count);
}
