#include "dev/device.h"

#include <stddef.h>

#include "abi/image.h"
#include "abi/status.h"
#include "arch/clock.h"
#include "arch/page.h"
#include "base/log.h"
#include "base/mem.h"
#include "dev/device_impl.h"
#include "dev/iommu.h"
#include "dev/pci.h"
#include "mm/map.h"

enum { NS_PER_US = 1000 };

static const struct bundle *bundle;
static const struct device_hooks *hooks;
static struct device *devices;   /* by AZ_TABLE_DEVICE */
static struct io_space *regions; /* by AZ_TABLE_REGION */

void device_raise(const struct device *d)
{
	hooks->raise(d->record->channel);
}

bool device_expects(void)
{
	for (uint32_t i = 0; i < bundle->device_count; i++)
		if (devices[i].started && devices[i].line != PCI_NONE)
			return true;
	return false;
}

struct device *device_find(uint32_t channel)
{
	for (uint32_t i = 0; i < bundle->device_count; i++)
		if (bundle->devices[i].channel == channel)
			return devices[i].here ? &devices[i] : NULL;
	return NULL;
}

/* --- Registers ------------------------------------------------------------ */

/* A register of the map, or NULL. */
static const struct az_register *find(
    const struct device *d, uint32_t reg, uint32_t index)
{
	const struct az_register *r = &d->registers[reg];

	return reg < d->record->registers.count && index < r->count ? r : NULL;
}

static uint32_t read(
    const struct device *d, const struct az_register *r, uint32_t index)
{
	return io_read(
	    &d->regions[r->region], r->offset + r->stride * index, r->width);
}

static void write(const struct device *d, const struct az_register *r,
    uint32_t index, uint32_t value)
{
	io_write(&d->regions[r->region], r->offset + r->stride * index,
	    r->width, value);
}

int64_t device_read(struct device *d, uint32_t reg, uint32_t index)
{
	const struct az_register *r = find(d, reg, index);

	if (r == NULL)
		return AZ_BAD_ARGUMENT;
	if (r->read_mask == 0)
		return AZ_DENIED;
	return read(d, r, index) & r->read_mask;
}

int32_t device_write(
    struct device *d, uint32_t reg, uint32_t index, uint32_t value)
{
	const struct az_register *r = find(d, reg, index);

	if (r == NULL)
		return AZ_BAD_ARGUMENT;
	if (r->write_mask == 0 || (value & ~r->write_mask) != 0)
		return AZ_DENIED;
	write(d, r, index, value);
	return 0;
}

void device_set(struct device *d, uint32_t reg, uint32_t value)
{
	write(d, &d->registers[reg], 0, value);
}

uint32_t device_get(struct device *d, uint32_t reg)
{
	return read(d, &d->registers[reg], 0);
}

uint64_t device_address(
    const struct device *d, uint32_t offset, uint32_t length)
{
	uint32_t inside = offset % PAGE_SIZE;

	if (length == 0 || length > PAGE_SIZE - inside ||
	    offset >= d->pool_size)
		return 0;
	return d->frames[offset / PAGE_SIZE] + inside;
}

/* --- Reset ---------------------------------------------------------------- */

bool device_pause(uint64_t until)
{
	/* A reading of what is nothing takes about as long. */
	(void)io_config_read(0, 0);
	return clock_now() < until;
}

static bool step_run(struct device *d, const struct az_step *s)
{
	uint64_t until = clock_now() + (uint64_t)s->limit * NS_PER_US;

	if (s->op == AZ_STEP_WRITE) {
		device_set(d, s->target, s->value);
		return true;
	}
	while (s->op == AZ_STEP_DELAY ||
	       (device_get(d, s->target) & s->mask) != s->value)
		if (!device_pause(until))
			return s->op == AZ_STEP_DELAY;
	return true;
}

/* The signed steps; false: one of them has waited in vain. */
static bool steps_run(struct device *d)
{
	const struct az_run *run = &d->record->reset;
	bool done = true;

	for (uint32_t i = 0; i < run->count; i++)
		done = step_run(d, &bundle->steps[run->first + i]) && done;
	return done;
}

void device_stop(struct device *d)
{
	d->started = false;
	interrupt_stop(d);
	if (d->place != PCI_NONE)
		pci_master(d->place, false);
	if (!(d->record->engine == AZ_ENGINE_VIRTIO ? virtio_reset(d)
						    : steps_run(d)))
		log_warn("dev", "stuck device=%s", d->name);
	ring_forget(d);
}

int32_t device_start(struct device *d)
{
	if (d->started)
		return 0;
	iommu_watch();
	if (d->record->engine != AZ_ENGINE_NONE)
		pci_master(d->place, true);
	d->started = true;
	if (d->record->engine == AZ_ENGINE_VIRTIO)
		virtio_start(d);
	interrupt_start(d);
	(void)ring_interrupts(d, true);
	return 0;
}

int32_t device_done(struct device *d)
{
	if (!d->started)
		return AZ_BAD_ARGUMENT;
	interrupt_done(d);
	return ring_interrupts(d, true);
}

int32_t device_transfer(struct device *d, const struct device_transfer *t)
{
	const struct az_ring *r =
	    &bundle->rings[d->record->rings.first + t->ring];
	uint64_t phys = device_address(d, t->offset, t->length);

	if (d->record->engine != AZ_ENGINE_TRANSFER ||
	    t->ring >= d->record->rings.count || phys == 0 || !d->started ||
	    t->address < r->window || t->length > r->window_size ||
	    t->address - r->window > r->window_size - t->length ||
	    (r->base_high == AZ_NONE && phys + t->length > UINT32_MAX))
		return AZ_BAD_ARGUMENT;
	if ((device_get(d, r->tail) & r->done) != 0)
		return AZ_PEER_BUSY;
	device_set(d, r->base_low, (uint32_t)phys);
	if (r->base_high != AZ_NONE)
		device_set(d, r->base_high, (uint32_t)(phys >> 32));
	device_set(d, r->head, t->address);
	device_set(d, r->bytes, t->length);
	device_set(d, r->tail, r->start);
	return 0;
}

/* --- Finding -------------------------------------------------------------- */

/* Whether the table of messages, which is the kernel's, lies in a region. */
static bool covers_messages(const struct device *d, const struct az_region *r)
{
	uint32_t at = pci_capability(d->place, PCI_CAP_ID, PCI_CAP_MSIX);
	uint32_t table = at != 0 ? io_config_read(d->place, at + 4) : 0;
	uint32_t pending = at != 0 ? io_config_read(d->place, at + 8) : 0;

	return at != 0 &&
	       (((table & 7) == r->number && (table & ~7u) < r->size) ||
		   ((pending & 7) == r->number && (pending & ~7u) < r->size));
}

static bool region_find(
    struct device *d, const struct az_region *r, struct io_space *out)
{
	switch ((enum az_region_kind)r->kind) {
	case AZ_REGION_BAR:
		return !covers_messages(d, r) &&
		       pci_map(out, d->place, r->number, 0, r->size);
	case AZ_REGION_VIRTIO:
		return virtio_region(d, r->number, r->size, out);
	case AZ_REGION_PORTS:
		*out = (struct io_space){ .port = (uint16_t)r->number };
		return true;
	}
	return false;
}

/* Whether the machine has what the record describes, as it describes it. */
static bool device_is_here(struct device *d)
{
	const struct az_device *record = d->record;

	d->place = PCI_NONE;
	if (record->bus == AZ_BUS_PCI) {
		d->place = pci_take(record);
		if (d->place == PCI_NONE)
			return false;
	}
	for (uint32_t i = 0; i < record->regions.count; i++)
		if (!region_find(d, &bundle->regions[record->regions.first + i],
			&d->regions[i]))
			return false;
	return record->engine != AZ_ENGINE_VIRTIO || virtio_find(d);
}

/* It is where it is for ever. */
static az_err find_pool(struct device *d, const uint8_t *pool)
{
	uint32_t count = d->pool_size / PAGE_SIZE;

	TRY(map_array(&d->frames, count));
	for (uint32_t i = 0; i < count; i++)
		d->frames[i] =
		    page_lookup((uint64_t)pool + i * PAGE_SIZE, NULL, NULL);
	return iommu_allow(d->place, pool, d->pool_size);
}

static az_err find_one(struct device *d, uint32_t i)
{
	const struct az_device *record = &bundle->devices[i];
	const struct az_channel *channel = &bundle->channels[record->channel];
	struct bundle_text name = bundle_text(bundle, channel->name);

	d->record = record;
	d->registers = bundle->registers + record->registers.first;
	d->regions = regions + record->regions.first;
	d->pool_size = channel->size;
	memcpy(d->name, name.at, name.len); /* checked: <= AZ_NAME_MAX */
	if (!device_is_here(d)) {
		log_warn("dev", "absent device=%s", d->name);
		return AZ_OK;
	}
	TRY(find_pool(d, hooks->pool(record->channel)));
	TRY(ring_init(d, bundle->rings + record->rings.first));
	d->here = true;
	interrupt_find(d, i);
	device_stop(d);
	log_info("dev", "found device=%s place=%x line=%u", d->name, d->place,
	    d->line);
	return AZ_OK;
}

az_err device_init(const struct bundle *b, const struct device_hooks *h)
{
	bundle = b;
	hooks = h;
	pci_init();
	TRY(iommu_init());
	TRY(map_array(&devices, b->device_count));
	TRY(map_array(&regions, b->region_count));
	interrupt_init(devices, b->device_count);
	for (uint32_t i = 0; i < b->device_count; i++)
		TRY(find_one(&devices[i], i));
	iommu_start();
	return AZ_OK;
}
