/* `devices`, and who drives them. Each that has a driver is a channel as well. */
#include "manifest_part.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_right.h"
#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_fix.h"

/* "pci/virtio-net", "isa/uart@2f8" */
static bool read_match(struct manifest_device *device)
{
	const char *text = device->match.text, *at;
	uint64_t ports;
	char *hex;

	if (strncmp(text, "pci/", 4) == 0)
		return name_valid(text + 4);
	at = strchr(text, '@');
	if (strncmp(text, "isa/", 4) != 0 || at == NULL)
		return false;
	hex = xasprintf("0x%s", at + 1);
	if (!value_bits(hex, &ports) || ports > UINT16_MAX)
		ports = 0;
	free(hex);
	device->ports = (uint32_t)ports;
	return ports != 0;
}

static void check_origin(const struct part *p, struct manifest_device *device)
{
	struct diag *d;

	if (device->match.text == NULL && device->file.text == NULL) {
		d = diag_add(p->list, "AZ0103", device->name.at,
		    "device `%s` has neither `match` nor `driver`",
		    device->name.text);
		diag_label(d, "one of them belongs in here");
		diag_help(d, "add `match: pci/virtio-net`");
		fix_add(d, p->node, "match: pci/virtio-net");
	} else if (device->match.text != NULL && !read_match(device)) {
		d = diag_add(p->list, "AZ0116", device->match.at,
		    "`%s` does not name a device", device->match.text);
		diag_label(d, "expected a bus and a driver");
		diag_help(d, "write `pci/DRIVER`, or `isa/DRIVER@PORT`, for "
			     "example `isa/uart@2f8`");
	} else {
		device->known = true;
	}
}

static void fill_shares(struct part p, struct manifest_device *device)
{
	size_t count = part_count(&p, YAML_LIST);
	char *who = xasprintf("device `%s`", device->name.text);

	device->shares =
	    arena_alloc(p.m->arena, count * sizeof(*device->shares));
	for (size_t i = 0; i < count; i++)
		if (part_module(&p, who, p.node->items[i], 0,
			&device->shares[device->share_count]))
			device->share_count++;
	free(who);
}

/* A driver has the memory as it is. */
static void check_shares(struct part p, const struct manifest_device *device)
{
	size_t count = part_count(&p, YAML_LIST);

	for (size_t i = 0; i < device->share_count; i++) {
		const struct manifest_end *end = &device->shares[i];
		struct diag *d;

		if (end->module_index != device->owner)
			continue;
		d = diag_add(p.list, "AZ0210", end->module.at,
		    "module `%s` shares device `%s` with itself",
		    end->module.text, device->name.text);
		diag_label(d, "its driver");
		diag_help(d, "remove `%s` here", end->module.text);
		for (size_t k = 0; k < count; k++)
			if (p.node->items[k]->text == end->module.text)
				fix_remove(d, p.node, k);
	}
}

static void fill_device(
    struct part p, const struct yaml_node *key, struct manifest_device *device)
{
	device->name = node_string(key);
	device->match = part_string(&p, "match");
	device->file = part_string(&p, "driver");
	device->nth = (uint32_t)part_number(&p, "nth", value_integer, NULL);
	device->line = (uint32_t)part_number(&p, "irq", value_integer, NULL);
	device->pool = (uint32_t)part_number(&p, "dma", value_size, NULL);
	device->owner = SIZE_MAX;
	check_origin(&p, device);
	fill_shares(part_of(&p, "share"), device);
}

static struct manifest_device *find_device(
    const struct manifest *m, const char *name, const char **near)
{
	const char **names = xcalloc(m->device_count, sizeof(*names));

	for (size_t i = 0; i < m->device_count; i++) {
		if (strcmp(m->devices[i].name.text, name) == 0) {
			free(names);
			return &m->devices[i];
		}
		names[i] = m->devices[i].name.text;
	}
	*near = diag_nearest(name, names, m->device_count);
	free(names);
	return NULL;
}

static void report_owners(const struct part *p,
    const struct manifest_device *device, const struct yaml_pair *again)
{
	struct diag *d = diag_add(p->list, "AZ0203", again->key->at,
	    "device `%s` has two drivers", device->name.text);

	diag_label(d, "the second one");
	diag_also(d, p->m->modules[device->owner].name.at, "the first one");
	diag_help(d, "grant it to one module, and `share` it with the other");
	fix_delete(d, p->node, again);
}

static void fill_held(struct part p, size_t module)
{
	struct manifest_module *m = &p.m->modules[module];
	size_t count = part_count(&p, YAML_MAP);
	struct part item = p;

	m->grants.held =
	    arena_alloc(p.m->arena, count * sizeof(*m->grants.held));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		const struct yaml_pair *pair = &p.node->pairs[i];
		struct manifest_held *held =
		    &m->grants.held[m->grants.held_count];
		const char *near = NULL;
		struct manifest_device *device =
		    find_device(p.m, pair->key->text, &near);

		item.node = pair->value;
		held->device = node_string(pair->key);
		if (device == NULL) {
			part_report_unknown(&p, m->name.text, "device",
			    held->device, near, near);
			continue;
		}
		if (device->owner != SIZE_MAX) {
			report_owners(&p, device, pair);
			continue;
		}
		held->device_index = (size_t)(device - p.m->devices);
		held->lease = part_number(&item, "lease", value_duration, NULL);
		device->owner = module;
		device->lease = held->lease;
		m->grants.held_count++;
	}
}

static int compare_ends(const void *left, const void *right)
{
	const struct manifest_end *a = left, *b = right;

	return (a->module_index > b->module_index) -
	       (a->module_index < b->module_index);
}

/* Devices are channels in the index: their names, too, are of one of both. */
static void report_taken(
    const struct part *p, const struct manifest_device *device)
{
	size_t channel;
	struct diag *d;

	if (!right_find(p->m, RIGHT_CHANNEL, device->name.text, &channel))
		return;
	d = diag_add(p->list, "AZ0112", device->name.at,
	    "device `%s` has the name of a channel", device->name.text);
	diag_label(d, "taken");
	diag_also(d, p->m->channels[channel].name.at, "the channel");
	diag_help(d, "give one of the two another name");
}

/* The channel by which a device's driver, and who shares it, have it. */
static void add_device_channel(const struct part *p, size_t i)
{
	struct manifest_device *device = &p->m->devices[i];
	struct manifest_channel *c;
	struct diag *d;

	if (device->owner == SIZE_MAX) {
		d = diag_add(p->list, "AZ0214", device->name.at,
		    "nobody drives device `%s`", device->name.text);
		diag_label(d, "no module is granted it");
		diag_help(d, "delete `%s` here, or grant it to its driver",
		    device->name.text);
		return;
	}
	report_taken(p, device);
	c = part_channel(p->m, AZ_CHANNEL_DEVICE, device->name, i);
	device->channel_index = p->m->channel_count - 1;
	c->owner.module = p->m->modules[device->owner].name;
	c->owner.module_index = device->owner;
	c->owner.lease = device->lease;
	c->peers = device->shares;
	c->peer_count = device->share_count;
	c->size = device->pool;
	if (c->peer_count > 0)
		qsort(c->peers, c->peer_count, sizeof(*c->peers), compare_ends);
}

void fill_devices(struct part top)
{
	struct part p = part_of(&top, "devices"), item = p;
	size_t count = part_count(&p, YAML_MAP);
	struct manifest *m = top.m;
	const char *near;

	m->devices = arena_alloc(m->arena, count * sizeof(*m->devices));
	item.field = p.field->children;
	for (size_t i = 0; i < count; i++) {
		item.node = p.node->pairs[i].value;
		if (item.node->kind == YAML_MAP)
			fill_device(item, p.node->pairs[i].key,
			    &m->devices[m->device_count++]);
	}
	for (size_t i = 0; i < m->module_count; i++) {
		struct part grants = part_grants(&top, i);

		fill_held(part_of(&grants, "device"), i);
	}
	for (size_t i = 0; i < count; i++) {
		struct manifest_device *device =
		    find_device(m, p.node->pairs[i].key->text, &near);

		item.node = p.node->pairs[i].value;
		if (device != NULL)
			check_shares(part_of(&item, "share"), device);
	}
	for (size_t i = 0; i < m->device_count; i++)
		add_device_channel(&top, i);
}
