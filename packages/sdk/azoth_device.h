/* azoth_device: for drivers. A driver is a module that owns a device: it reads
 * and writes the registers that its package's signed map lists, and has the
 * device read and write a pool of memory. Addresses are the kernel's affair:
 * memory is named by its offset in the pool, whose window is
 * AZ_WINDOW(dma, SIZE). Others that share the pool may wait for the device's
 * interrupts too; they hear the end of a driver as one.
 *
 * Grant: `device: { NAME: { } }`, of a device of the manifest. Results are 0 or
 * above, or an enum az_status: AZ_DENIED for a register or a bit of it that
 * the map does not give, AZ_BAD_ARGUMENT for numbers that are none,
 * AZ_PEER_DIED when the device contradicts itself: begin again then.
 */
#ifndef AZOTH_DEVICE_H
#define AZOTH_DEVICE_H

#include <azoth.h>

#ifdef __cplusplus
extern "C" {
#endif

/* azoth.device: the handle of a device, by its name in the manifest; length 0:
 * the first one of this module. It is waited for by az_signal_wait: the number
 * of its interrupts. AZ_PEER_GONE: the machine has none. */
AZ_IMPORT("device")
int32_t az_device(const char *name, uint32_t length);

/* azoth.dev_read, azoth.dev_write: a register, by its number in the map, and
 * its place in it when it is an array. */
AZ_IMPORT("dev_read")
int64_t az_dev_read(int32_t device, uint32_t reg, uint32_t index);
AZ_IMPORT("dev_write")
int32_t az_dev_write(
    int32_t device, uint32_t reg, uint32_t index, uint32_t value);

/* azoth.dev_features: begin, or begin anew: reset the device. With one of
 * virtio agree on those features of `wanted` that it offers, besides
 * VERSION_1: these; else 0. */
AZ_IMPORT("dev_features")
int64_t az_dev_features(int32_t device, uint64_t wanted);
/* azoth.dev_ring: set up a ring before the start: how many entries it has, at
 * most so many. azoth.dev_start: the device works, and interrupts. */
AZ_IMPORT("dev_ring")
int32_t az_dev_ring(int32_t device, uint32_t ring, uint32_t entries);
AZ_IMPORT("dev_start")
int32_t az_dev_start(int32_t device);

/* A part of a frame: bytes in one page of the pool. */
struct az_dma {
	uint32_t offset, length;
	uint32_t flags; /* enum az_dma_flag */
	uint32_t cookie;
};
enum az_dma_flag {
	AZ_DMA_DEVICE_WRITES = 1, /* virtio: not a part that it reads */
	AZ_DMA_CONTINUED = 2,     /* the next part is of the same frame */
	AZ_DMA_COMMAND = 8,       /* << this: command bits, as the map allows */
};
/* A frame that the device is done with: the cookie of its first part, and
 * how much it wrote, never more than there was room for. */
struct az_dma_done {
	uint32_t cookie, length, status, reserved;
};

/* azoth.dev_post: give frames to the device: how many parts of the list it
 * took. azoth.dev_reap: take those that it is done with, at most count. */
AZ_IMPORT("dev_post")
int32_t az_dev_post(
    int32_t device, uint32_t ring, const struct az_dma *list, uint32_t count);
AZ_IMPORT("dev_reap")
int32_t az_dev_reap(
    int32_t device, uint32_t ring, struct az_dma_done *list, uint32_t count);

/* azoth.dev_done: after an interrupt nothing more comes until this. 1: there
 * is something to reap already. */
AZ_IMPORT("dev_done")
int32_t az_dev_done(int32_t device);

/* azoth.dev_transfer: begin a transfer between the pool and an address that
 * the device has; ring says which way. AZ_PEER_BUSY: one is under way. */
AZ_IMPORT("dev_transfer")
int32_t az_dev_transfer(int32_t device, uint32_t ring, uint32_t offset,
    uint32_t length, uint32_t address, uint32_t flags);

/* azoth.random_mix: bytes of an entropy device for the system's generator. */
AZ_IMPORT("random_mix")
int32_t az_random_mix(const void *bytes, uint32_t length);

/* azoth.console_type: what was typed on a keyboard, for who reads the console:
 * it is shown, and \b takes the last byte of an unfinished line back. */
AZ_IMPORT("console_type")
int32_t az_console_type(const char *typed, uint32_t length);

#ifdef __cplusplus
}
#endif

#endif
