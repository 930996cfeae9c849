/* dev/device_impl: what a device consists of; for this layer's .c files. */
#ifndef AZ_DEV_DEVICE_IMPL_H
#define AZ_DEV_DEVICE_IMPL_H

#include <stdbool.h>

#include "abi/index.h"
#include "arch/io.h"
#include "base/timer.h"
#include "dev/device.h"
#include "verify/bundle.h"

struct ring;

struct device {
	/* Fixed by device_init. */
	bool here; /* else nothing of it is used */
	char name[AZ_NAME_MAX + 1];
	const struct az_device *record;
	const struct az_register *registers;
	struct io_space *regions;
	struct ring *rings;
	uint32_t pool_size;
	uint64_t *frames;       /* of the pool, physical addresses */
	uint32_t place;         /* dev/pci; PCI_NONE: ISA */
	uint32_t line;          /* arch/io; PCI_NONE: none */
	struct io_space common; /* virtio */
	struct io_space notify, status;
	uint32_t notify_step, notify_size;
	struct io_space message; /* entry 0 of the MSI-X table */
	uint32_t message_at;     /* its capability */

	bool started;
	/* Interrupts: */
	bool waits;     /* for device_done */
	bool holds_pin; /* cannot be told not to pull it */
	bool held;      /* too many: until `hold` */
	uint32_t count; /* since `since` */
	uint32_t storms;
	uint64_t since;
	struct timer hold;
};

/* Tell the ends of its channel that it has interrupted. */
void device_raise(const struct device *d);
/* Registers of the signed map, as the kernel uses them. */
void device_set(struct device *d, uint32_t reg, uint32_t value);
uint32_t device_get(struct device *d, uint32_t reg);
/* Let about 1 us pass; false: `until` has passed. */
bool device_pause(uint64_t until);
/* The physical address of [offset, offset + length) of the pool, which lies
 * in one page, or 0: it does not. */
uint64_t device_address(
    const struct device *d, uint32_t offset, uint32_t length);

/* dev/interrupt */
void interrupt_init(struct device *all, uint32_t count);
/* Find out how d interrupts. */
void interrupt_find(struct device *d, uint32_t number);
void interrupt_start(struct device *d);
void interrupt_stop(struct device *d);
/* d's driver has done what there was to do. */
void interrupt_done(struct device *d);

/* dev/virtio: false when d is no virtio device that may be driven. */
bool virtio_find(struct device *d);
bool virtio_region(
    struct device *d, uint32_t kind, uint32_t size, struct io_space *out);
/* False: it does not end. */
bool virtio_reset(struct device *d);
void virtio_start(struct device *d);
/* The interrupt has been seen. */
void virtio_seen(struct device *d);
/* Tell the device of a queue's memory: entries, or enum az_status. *notify
 * is where its doorbell is, in d->notify. */
struct virtio_queue {
	uint64_t descriptors, available, used; /* physical */
};
int32_t virtio_queue(struct device *d, uint32_t queue, uint32_t entries,
    const struct virtio_queue *at, uint32_t *notify);

/* dev/ring: room for the rings of `records`, none of them set up. */
az_err ring_init(struct device *d, const struct az_ring *records);
void ring_forget(struct device *d);
/* Ask the device for interrupts, or not. Whether one with virtio rings has
 * done something already. */
bool ring_interrupts(struct device *d, bool on);

#endif
