/* dev/virtio: the transport of virtio 1.0 over PCI, which is the kernel's: a
 * driver has the device's own configuration alone. */
#include "dev/device_impl.h"

#include <stddef.h>

#include "abi/status.h"
#include "arch/clock.h"
#include "dev/pci.h"

enum {
	/* A capability: kind, BAR, offset, length; notify: what an offset
	 * counts. */
	CAP_KIND_SHIFT = 24,
	CAP_BAR = 4,
	CAP_OFFSET = 8,
	CAP_LENGTH = 12,
	CAP_STEP = 16,
	KIND_COMMON = 1,
	KIND_NOTIFY = 2,
	KIND_STATUS = 3,
	COMMON_SIZE = 56,
	NOTIFY_MAX = 1 << 16,

	/* The common configuration. */
	OFFERED_SELECT = 0x00,
	OFFERED = 0x04,
	WANTED_SELECT = 0x08,
	WANTED = 0x0c,
	MESSAGE = 0x10,
	STATUS = 0x14,
	QUEUE_SELECT = 0x16,
	QUEUE_SIZE = 0x18,
	QUEUE_MESSAGE = 0x1a,
	QUEUE_ENABLE = 0x1c,
	QUEUE_NOTIFY = 0x1e,
	QUEUE_DESCRIPTORS = 0x20,
	QUEUE_AVAILABLE = 0x28,
	QUEUE_USED = 0x30,

	STATUS_SEEN = 1,
	STATUS_DRIVER = 2,
	STATUS_RUNS = 4,
	STATUS_AGREED = 8,
	RESET_NS = 10000000,

	ID_MODERN = 0x1040, /* and the type; before: by the subsystem */
	SUBSYSTEM = 0x2c,
};

/* What any device type defines, VERSION_1, ACCESS_PLATFORM: no other form of
 * rings. */
#define FEATURES_ALLOWED (UINT64_C(0xffffff) | FEATURE_1 | UINT64_C(1) << 33)
#define FEATURE_1 (UINT64_C(1) << 32)
/* Types whose requests hold no addresses: net, block, console, entropy, scsi,
 * input, socket, sound. */
#define TYPES_ALLOWED                                                          \
	(1u << 1 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 8 | 1u << 18 |          \
	    1u << 19 | 1u << 25)

static bool type_ok(const struct device *d)
{
	uint32_t id = io_config_read(d->place, 0);
	uint32_t type = id >> 16;

	type = type >= ID_MODERN ? type - ID_MODERN
				 : io_config_read(d->place, SUBSYSTEM) >> 16;
	return (id & 0xffff) == PCI_VENDOR_VIRTIO && type < 32 &&
	       (TYPES_ALLOWED >> type & 1) != 0;
}

/* The first capability of a kind, or 0. */
static uint32_t capability(const struct device *d, uint32_t kind)
{
	return pci_capability(d->place, PCI_CAP_ID | 0xffu << CAP_KIND_SHIFT,
	    PCI_CAP_VENDOR | kind << CAP_KIND_SHIFT);
}

bool virtio_region(
    struct device *d, uint32_t kind, uint32_t size, struct io_space *out)
{
	uint32_t at = capability(d, kind);

	return at != 0 && io_config_read(d->place, at + CAP_LENGTH) >= size &&
	       pci_map(out, d->place,
		   io_config_read(d->place, at + CAP_BAR) & 0xff,
		   io_config_read(d->place, at + CAP_OFFSET), size);
}

bool virtio_find(struct device *d)
{
	uint32_t at = capability(d, KIND_NOTIFY);

	if (!type_ok(d) || at == 0)
		return false;
	d->notify_step = io_config_read(d->place, at + CAP_STEP);
	d->notify_size = io_config_read(d->place, at + CAP_LENGTH);
	if (d->notify_size > NOTIFY_MAX)
		d->notify_size = NOTIFY_MAX;
	return virtio_region(d, KIND_COMMON, COMMON_SIZE, &d->common) &&
	       virtio_region(d, KIND_NOTIFY, d->notify_size, &d->notify) &&
	       virtio_region(d, KIND_STATUS, 1, &d->status);
}

static uint32_t get(const struct device *d, uint32_t at, uint32_t width)
{
	return io_read(&d->common, at, width);
}

static void set(
    const struct device *d, uint32_t at, uint32_t width, uint32_t value)
{
	io_write(&d->common, at, width, value);
}

static void set64(const struct device *d, uint32_t at, uint64_t value)
{
	set(d, at, 4, (uint32_t)value);
	set(d, at + 4, 4, (uint32_t)(value >> 32));
}

bool virtio_reset(struct device *d)
{
	uint64_t until = clock_now() + RESET_NS;

	set(d, STATUS, 1, 0);
	while (get(d, STATUS, 1) != 0)
		if (!device_pause(until))
			return false;
	return true;
}

static uint64_t offered(const struct device *d)
{
	uint64_t low;

	set(d, OFFERED_SELECT, 4, 0);
	low = get(d, OFFERED, 4);
	set(d, OFFERED_SELECT, 4, 1);
	return low | (uint64_t)get(d, OFFERED, 4) << 32;
}

int64_t device_features(struct device *d, uint64_t wanted)
{
	uint64_t agreed;

	device_stop(d);
	if (d->record->engine != AZ_ENGINE_VIRTIO)
		return 0;
	set(d, STATUS, 1, STATUS_SEEN | STATUS_DRIVER);
	agreed = offered(d) & FEATURES_ALLOWED;
	/* Where it asks for translated addresses it is to have them. */
	agreed &= wanted | (FEATURES_ALLOWED & ~UINT64_C(0xffffff));
	set(d, WANTED_SELECT, 4, 0);
	set(d, WANTED, 4, (uint32_t)agreed);
	set(d, WANTED_SELECT, 4, 1);
	set(d, WANTED, 4, (uint32_t)(agreed >> 32));
	set(d, STATUS, 1, STATUS_SEEN | STATUS_DRIVER | STATUS_AGREED);
	if ((agreed & FEATURE_1) == 0 ||
	    (get(d, STATUS, 1) & STATUS_AGREED) == 0)
		return AZ_PEER_DIED;
	set(d, MESSAGE, 2, d->message_at != 0 ? 0 : UINT16_MAX);
	return (int64_t)agreed;
}

int32_t virtio_queue(struct device *d, uint32_t queue, uint32_t entries,
    const struct virtio_queue *at, uint32_t *notify)
{
	uint32_t size;

	set(d, QUEUE_SELECT, 2, queue);
	size = get(d, QUEUE_SIZE, 2);
	while (entries > size)
		entries /= 2;
	*notify = get(d, QUEUE_NOTIFY, 2) * d->notify_step;
	if (entries == 0)
		return AZ_PEER_GONE;
	if (*notify % 2 != 0 || *notify >= d->notify_size ||
	    d->notify_size - *notify < 2)
		return AZ_PEER_DIED;
	set(d, QUEUE_SIZE, 2, entries);
	set(d, QUEUE_MESSAGE, 2, d->message_at != 0 ? 0 : UINT16_MAX);
	set64(d, QUEUE_DESCRIPTORS, at->descriptors);
	set64(d, QUEUE_AVAILABLE, at->available);
	set64(d, QUEUE_USED, at->used);
	set(d, QUEUE_ENABLE, 2, 1);
	return (int32_t)entries;
}

void virtio_start(struct device *d)
{
	set(d, STATUS, 1, get(d, STATUS, 1) | STATUS_RUNS);
}

void virtio_seen(struct device *d)
{
	(void)io_read(&d->status, 0, 1);
}
