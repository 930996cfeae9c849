/* test/fake_device: one PCI function, virtio-rng or a card with rings of
 * descriptors, that does what a test says; and a bundle that describes it.
 *
 * Its registers are `registers`, which the test may fill, but that reading
 * may be hostile; what the kernel tells it of its rings is in `queue`.
 */
#ifndef AZ_TEST_FAKE_DEVICE_H
#define AZ_TEST_FAKE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/device.h"
#include "verify/bundle.h"

enum {
	FAKE_POOL = 4 * 4096,
	FAKE_RINGS = 2, /* 0: the device reads and writes; 1: it reads */
	FAKE_PLACE = 8,
	FAKE_PIN = 11,
	FAKE_RATE = 800,
	/* Registers of the signed map. */
	FAKE_PLAIN = 0, /* bits 0 to 15; written: 0 to 7 */
	FAKE_ARRAY,     /* 4 of 2 bytes */
	FAKE_BASE,
	FAKE_BASE_HIGH,
	FAKE_BYTES,
	FAKE_HEAD,
	FAKE_TAIL,
	FAKE_FORBIDDEN,
	FAKE_REGISTERS,
	/* Where virtio's parts are in its BAR. */
	FAKE_COMMON = 0,
	FAKE_STATUS = 0x100,
	FAKE_CONFIG = 0x200,
	FAKE_NOTIFY = 0x300,
	FAKE_BAR_SIZE = 0x1000,
	FAKE_MESSAGES = FAKE_BAR_SIZE, /* a BAR of their own */
};
#define FAKE_BAR UINT64_C(0xfe000000)

struct fake_device {
	uint8_t config[256];
	uint8_t registers[FAKE_MESSAGES + 16];
	uint32_t (*hostile)(uint32_t value); /* what is read instead */
	bool deaf;       /* keeps its status, whatever is written */
	bool pulls;      /* pulls the wire, if it may */
	uint32_t rung;   /* doorbells */
	uint32_t raised; /* interrupts that reached the channel */
	uint8_t *pool;
	uint64_t frames[FAKE_POOL / 4096]; /* of it, physical */
	struct {
		uint64_t at[3]; /* physical: descriptors, and virtio's lists */
	} queue[FAKE_RINGS];
	struct bundle bundle;
};
extern struct fake_device fake_device;

struct device;

/* Start over with a device of that engine (virtio, rings or none), which
 * interrupts by message or by the wire. NULL: the kernel refuses it. */
struct device *fake_device_start(enum az_engine engine, bool messages);
/* The same with what the test has changed of config. */
struct device *fake_device_again(void);
/* Memory that the device reaches at a physical address. */
void *fake_device_memory(uint64_t phys);
/* Whether [phys, phys + length) lies in its pool. */
bool fake_device_owns(uint64_t phys, uint64_t length);

#endif
