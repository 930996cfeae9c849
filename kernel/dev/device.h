/* dev/device: the signed devices that the machine has, for their drivers.
 *
 * A driver names registers by the numbers of the signed map and memory by
 * offsets in the pool. The kernel writes every address that a device sees, so
 * that a device which does as it is told reaches its pool and its rings
 * (dev/ring), and nothing else. Both are never given back: what a device
 * writes late lands there.
 * A device is reset, silent and no bus master before its owner begins a life
 * and from the end of its owner's right on, however that comes.
 * Memory: by device_init. Context: interrupts off; a reset may wait as long
 * as its signed steps say. Results are 0 or above, or enum az_status.
 */
#ifndef AZ_DEV_DEVICE_H
#define AZ_DEV_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct az_dma;
struct az_dma_done;
struct bundle;
struct device;

/* What other layers do for this one, once modules run; by channel. */
struct device_hooks {
	uint8_t *(*pool)(uint32_t channel); /* a run of mm/map */
	void (*raise)(uint32_t channel);    /* it has interrupted */
};

/* Find the devices of b (checked, borrowed for ever) and reset them. */
az_err device_init(const struct bundle *b, const struct device_hooks *hooks);

/* Whether any may interrupt. */
bool device_expects(void);

/* The device of a channel; NULL: this machine has none. */
struct device *device_find(uint32_t channel);

int64_t device_read(struct device *d, uint32_t reg, uint32_t index);
int32_t device_write(
    struct device *d, uint32_t reg, uint32_t index, uint32_t value);

/* Begin anew: reset. Virtio: then agree on features: those, or AZ_PEER_DIED
 * when the device does not. Else 0. */
int64_t device_features(struct device *d, uint64_t wanted);

/* Give ring its memory: how many entries, a power of two at most `entries`.
 * Before device_start, once. */
int32_t device_ring(struct device *d, uint32_t ring, uint32_t entries);
/* Let it work: memory and interrupts. */
int32_t device_start(struct device *d);
/* Whole frames of list, as many as there is room for; the first one that is
 * malformed ends it: AZ_BAD_ARGUMENT when there was none before it. */
int32_t device_post(
    struct device *d, uint32_t ring, const struct az_dma *list, uint32_t count);
/* AZ_PEER_DIED: the device has said what cannot be; reset it. */
int32_t device_reap(
    struct device *d, uint32_t ring, struct az_dma_done *list, uint32_t count);
/* It may interrupt again. 1: there is work already. */
int32_t device_done(struct device *d);

struct device_transfer {
	uint32_t ring, offset, length, address;
};
int32_t device_transfer(struct device *d, const struct device_transfer *t);

/* Silence it, take its memory from it, reset it, forget its rings. */
void device_stop(struct device *d);

#endif
