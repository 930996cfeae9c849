/* Drivers: what each device of the manifest is, from its device.yaml. */
#include "check_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "manifest.h"
#include "mem.h"
#include "yaml_tree.h"

/* bus/NAME@PORT is described by NAME-1.device.yaml among the packages. */
static char *driver_path(
    const struct manifest *m, const struct manifest_device *device)
{
	const char *name;
	char *dir, *path;

	if (device->file.text != NULL)
		return manifest_resolve(m, device->file.text);
	name = device->match.text + sizeof("pci");
	dir = check_package_dir();
	path = xasprintf(
	    "%s/%.*s-1.device.yaml", dir, (int)strcspn(name, "@"), name);
	free(dir);
	return path;
}

static void report_package(
    const struct manifest_device *device, struct diags *list)
{
	const char *name = device->match.text + sizeof("pci");
	struct diag *d = diag_add(list, "AZ0205", device->match.at,
	    "no driver `%.*s` comes with azoth", (int)strcspn(name, "@"), name);

	diag_label(d, "not among the packages");
	diag_help(d, "give the path of its device.yaml: `driver: FILE`");
}

/* The description as a source that the list owns, or NULL after saying why
 * there is none. */
static const struct source *load(const struct manifest *m,
    const struct manifest_device *device, struct diags *list)
{
	const struct manifest_string *from = &device->file;
	char *full = driver_path(m, device), *what;
	struct source *src = xcalloc(1, sizeof(*src));
	int err = source_load(src, full, SOURCE_MAX);

	if (err != 0 && device->file.text == NULL) {
		report_package(device, list);
		free(src);
		free(full);
		return NULL;
	}
	if (err != 0) {
		what = xasprintf("the driver of `%s`", device->name.text);
		(void)report_absent(
		    list, what, from->text, full, from->at, err);
		free(what);
		free(src);
		free(full);
		return NULL;
	}
	free(src->path);
	src->path = device->file.text != NULL ? xstrdup(device->file.text)
					      : xstrdup(full);
	diags_own(list, src);
	free(full);
	return src;
}

static struct diag *contradict(const struct manifest_device *device,
    struct diags *list, struct span at, const char *what)
{
	return diag_add(
	    list, "AZ0125", at, "device `%s` %s", device->name.text, what);
}

/* Where a key of the device stands; line 0: nowhere. */
static struct span key_of(const struct manifest *m,
    const struct manifest_device *device, const char *key)
{
	const struct yaml_node *node = yaml_get(
	    yaml_get(yaml_get(m->tree, "devices"), device->name.text), key);

	return node != NULL ? node->at : (struct span){ 0 };
}

/* A device that reaches memory has some, and one that does not has none. */
static void check_pool(const struct manifest *m,
    const struct manifest_device *device, struct diags *list)
{
	bool needs = device->driver->device.engine != AZ_ENGINE_NONE;
	struct diag *d;

	if (needs == (device->pool != 0))
		return;
	if (needs) {
		d = diag_add(list, "AZ0103", device->name.at,
		    "device `%s` has no `dma`", device->name.text);
		diag_label(d, "its rings need memory");
		diag_help(d, "add `dma: 1MiB`, or what the driver's "
			     "`AZ_WINDOW(dma, ...)` has");
		return;
	}
	d = contradict(
	    device, list, key_of(m, device, "dma"), "cannot reach memory");
	diag_label(d, "its driver has no engine");
	diag_help(d, "remove `dma` here");
}

/* ISA ports that a device may have; the door knows them too. */
static const struct {
	uint32_t first, end;
} free_ports[] = { { 0x60, 0x61 }, { 0x64, 0x65 }, { 0x200, 0x370 },
	{ 0x378, 0x3b0 }, { 0x3e0, 0x3f0 } };

static bool is_free(const struct az_region *r)
{
	for (size_t i = 0; i < sizeof(free_ports) / sizeof(free_ports[0]); i++)
		if (r->number >= free_ports[i].first &&
		    (uint64_t)r->number + r->size <= free_ports[i].end)
			return true;
	return false;
}

/* What the manifest says of the bus is what the description does. */
static void check_bus(const struct manifest *m,
    const struct manifest_device *device, struct diags *list)
{
	bool isa = device->driver->device.bus == AZ_BUS_ISA;
	struct span nth = key_of(m, device, "nth");
	const char *match = device->match.text;
	struct diag *d;

	if (match != NULL && (strncmp(match, "isa/", 4) == 0) != isa) {
		d = contradict(device, list, device->match.at,
		    isa ? "is not one of PCI" : "is not one of ISA");
		diag_label(d, "its driver says so");
		diag_help(
		    d, isa ? "write `isa/DRIVER@PORT`" : "write `pci/DRIVER`");
	}
	if (isa && device->nth != 0) {
		d = contradict(device, list, nth, "has no `nth`");
		diag_label(d, "its ports say which one it is");
		diag_help(d, "remove `nth` here");
	}
}

static void check_line(const struct manifest *m,
    const struct manifest_device *device, struct diags *list)
{
	bool isa = device->driver->device.interrupt == AZ_INTERRUPT_ISA;
	struct span irq = key_of(m, device, "irq");
	struct diag *d;

	if (isa && irq.line == 0) {
		d = diag_add(list, "AZ0103", device->name.at,
		    "device `%s` has no `irq`", device->name.text);
		diag_label(d, "the line by which it interrupts");
		diag_help(d, "add `irq: 4`");
	} else if (!isa && irq.line != 0) {
		d = contradict(device, list, irq, "has no `irq`");
		diag_label(d, "it interrupts by no line of ISA");
		diag_help(d, "remove `irq` here");
	}
}

static struct span place_of(const struct manifest_device *device)
{
	return device->match.text != NULL ? device->match.at : device->file.at;
}

static void report_ports(const struct manifest_device *device,
    const struct az_region *r, struct diags *list)
{
	struct diag *d = diag_add(list, "AZ0115", place_of(device),
	    "ports 0x%x to 0x%llx of device `%s` are the machine's own",
	    r->number, (unsigned long long)r->number + r->size - 1,
	    device->name.text);

	diag_label(d, "expected ports from 0x200 to 0x3ef");
	diag_help(d, "use other ports: those of the screen, the console and "
		     "the disks are not free");
}

/* Has the device one of these ports? */
static bool has_ports(
    const struct manifest_device *device, const struct az_region *r)
{
	const struct driver *d = device->driver;

	for (size_t i = 0; d != NULL && i < d->region_count; i++)
		if (d->regions[i].kind == AZ_REGION_PORTS &&
		    d->regions[i].number < r->number + r->size &&
		    r->number < d->regions[i].number + d->regions[i].size)
			return true;
	return false;
}

static void report_shared(const struct manifest_device *first,
    const struct manifest_device *device, struct diags *list)
{
	struct diag *d = diag_add(list, "AZ0208", place_of(device),
	    "devices `%s` and `%s` have ports in common", first->name.text,
	    device->name.text);

	diag_label(d, "the second one");
	diag_also(d, first->name.at, "the first one");
	diag_help(d, "give each ports of its own");
}

/* The ports of two devices, or of one and the machine. */
static void check_ports(const struct manifest *m, size_t i, struct diags *list)
{
	const struct manifest_device *device = &m->devices[i];

	for (size_t r = 0; r < device->driver->region_count; r++) {
		const struct az_region *region = &device->driver->regions[r];

		if (region->kind != AZ_REGION_PORTS)
			continue;
		if (!is_free(region))
			report_ports(device, region, list);
		for (size_t k = 0; k < i; k++)
			if (has_ports(&m->devices[k], region))
				report_shared(&m->devices[k], device, list);
	}
}

/* One device under two names: it would have two drivers. */
static void check_same(const struct manifest *m, size_t i, struct diags *list)
{
	const struct manifest_device *device = &m->devices[i];
	const struct az_device *x = &device->driver->device;
	struct diag *d;

	for (size_t k = 0; x->bus == AZ_BUS_PCI && k < i; k++) {
		const struct manifest_device *other = &m->devices[k];
		const struct az_device *y;

		if (other->driver == NULL || other->nth != device->nth)
			continue;
		y = &other->driver->device;
		if (memcmp(x->ids, y->ids, sizeof(x->ids)) != 0 ||
		    x->class_code != y->class_code ||
		    x->class_mask != y->class_mask)
			continue;
		d = diag_add(list, "AZ0203", device->name.at,
		    "devices `%s` and `%s` are the same one", other->name.text,
		    device->name.text);
		diag_label(d, "the second name of it");
		diag_also(d, other->name.at, "the first one");
		diag_help(d, "say which one it is: `nth: %u`", device->nth + 1);
		return;
	}
}

/* The description as it is for this device: its ports, its line. */
static void settle(struct manifest_device *device)
{
	struct driver *d = device->driver;
	uint32_t first = 0;

	d->device.nth = device->nth;
	if (d->device.interrupt == AZ_INTERRUPT_ISA)
		d->device.line = device->line;
	for (size_t i = 0; device->ports != 0 && i < d->region_count; i++) {
		if (d->regions[i].kind != AZ_REGION_PORTS)
			continue;
		if (first == 0)
			first = d->regions[i].number;
		d->regions[i].number += device->ports - first;
	}
}

/* Bounds of the index, of all devices together. */
static void check_totals(const struct manifest *m, struct diags *list)
{
	size_t regions = 0, registers = 0, rings = 0, steps = 0;

	for (size_t i = 0; i < m->device_count; i++) {
		const struct driver *d = m->devices[i].driver;
		struct diag *diag;

		if (d == NULL)
			continue;
		regions += d->region_count;
		registers += d->register_count;
		rings += d->ring_count;
		steps += d->reset_count;
		if (regions <= AZ_REGIONS_MAX &&
		    registers <= AZ_REGISTERS_MAX && rings <= AZ_RINGS_MAX &&
		    steps <= AZ_STEPS_MAX)
			continue;
		diag = diag_add(list, "AZ0117", m->devices[i].name.at,
		    "all devices together have too many parts");
		diag_label(diag,
		    "at most %d regions, %d registers, %d rings and %d steps",
		    AZ_REGIONS_MAX, AZ_REGISTERS_MAX, AZ_RINGS_MAX,
		    AZ_STEPS_MAX);
		diag_help(diag, "leave out what the drivers do not use");
		return;
	}
}

void check_drivers(struct manifest *m, struct diags *list)
{
	for (size_t i = 0; i < m->device_count; i++) {
		struct manifest_device *device = &m->devices[i];
		const struct source *src;

		if (device->owner == SIZE_MAX || !device->known)
			continue;
		src = load(m, device, list);
		if (src != NULL)
			device->driver = driver_parse(m->arena, src, list);
		if (device->driver == NULL)
			continue;
		settle(device);
		check_pool(m, device, list);
		check_bus(m, device, list);
		check_line(m, device, list);
		check_ports(m, i, list);
		check_same(m, i, list);
	}
	check_totals(m, list);
}
