/* abi/device: devices as signed, and what a driver and the kernel pass.
 *
 * A device is a channel of type AZ_CHANNEL_DEVICE. Its owner is the driver,
 * the other ends may read the device's pool and wait for its interrupts; the
 * channel's size is the pool's: memory for DMA, mapped in every end over the
 * window `az_window_dma`. Interrupts are counted at every end, as signals.
 * No number that a driver gives ever reaches a device as an address: the
 * kernel writes these, into descriptors of its own memory and into registers
 * that are the kernel's alone.
 */
#ifndef AZ_ABI_DEVICE_H
#define AZ_ABI_DEVICE_H

#include "abi/index.h"

enum {
	AZ_DEVICES_MAX = 64,
	AZ_REGIONS_MAX = 512, /* of all devices, as those below */
	AZ_REGISTERS_MAX = 1 << 14,
	AZ_RINGS_MAX = 1024,
	AZ_STEPS_MAX = 4096,
	AZ_IDS_MAX = 4,
	AZ_ENTRIES_MIN = 8,   /* of a ring: 128 bytes of descriptors */
	AZ_ENTRIES_MAX = 256, /* they fill a page */
	AZ_DESCRIPTOR_SIZE = 16,
	AZ_STEP_LIMIT_MAX = 10000, /* us, of all steps of a device */
	AZ_RATE_MAX = 1000000,       /* interrupts a second */
};

enum az_bus { AZ_BUS_PCI = 1, AZ_BUS_ISA = 2 };
enum az_engine {
	AZ_ENGINE_NONE = 0,     /* registers only: it is no bus master */
	AZ_ENGINE_VIRTIO = 1,   /* virtio 1.0 by PCI, split rings */
	AZ_ENGINE_RINGS = 2,    /* rings of descriptors of az_ring's form */
	AZ_ENGINE_TRANSFER = 3, /* one transfer at a time, by registers */
};
enum az_interrupt {
	AZ_INTERRUPT_NONE = 0,
	AZ_INTERRUPT_PCI = 1,
	AZ_INTERRUPT_ISA = 2,
};
enum az_device_flag {
	AZ_DEVICE_ENTROPY = 1,  /* owner: random_mix */
	AZ_DEVICE_KEYBOARD = 2, /* owner: console_type */
	AZ_DEVICE_FLAGS = 3,
};

/* Devices stand in the order of their channels, one for each of that type.
 * It is the nth (from 0) in the machine, by bus, slot and function, that has
 * one of ids, if there are any, and class_code under class_mask. */
struct az_device {
	uint32_t channel;         /* AZ_TABLE_CHANNEL */
	uint32_t bus;             /* enum az_bus; ISA: no ids, class or nth */
	uint32_t ids[AZ_IDS_MAX]; /* device << 16 | vendor; unused: 0, last */
	uint32_t class_code;      /* 24 bits: class, subclass, interface */
	uint32_t class_mask;
	uint32_t nth;
	uint32_t engine;         /* enum az_engine; ISA: none */
	uint32_t interrupt;      /* enum az_interrupt */
	uint32_t line;           /* AZ_INTERRUPT_ISA: 0 to 15; else 0 */
	uint32_t rate;           /* interrupts in a second that are too many
				    * when there is one more; 0 without any */
	uint32_t flags;          /* enum az_device_flag */
	struct az_run regions;   /* AZ_TABLE_REGION */
	struct az_run registers; /* AZ_TABLE_REGISTER */
	struct az_run rings;     /* AZ_TABLE_RING */
	struct az_run reset;     /* AZ_TABLE_STEP: before its owner has it,
				    * and when that ends */
};
_Static_assert(sizeof(struct az_device) == 88, "device");

enum az_region_kind {
	AZ_REGION_BAR = 1,    /* number: of the BAR */
	AZ_REGION_VIRTIO = 2, /* number: AZ_VIRTIO_CONFIG. The other ones are
			       * the kernel's own */
	AZ_REGION_PORTS = 3,  /* ISA; number: of the first port */
};
enum { AZ_VIRTIO_CONFIG = 4 };

struct az_region {
	uint32_t kind; /* enum az_region_kind */
	uint32_t number;
	uint32_t size; /* bytes that it has at least, and that registers use */
	uint32_t reserved; /* 0 */
};
_Static_assert(sizeof(struct az_region) == 16, "region");

enum az_access {
	AZ_ACCESS_PLAIN = 0,     /* the driver's */
	AZ_ACCESS_DOORBELL = 1,  /* written by the kernel alone */
	AZ_ACCESS_ADDRESS = 2,   /* likewise; not to be read either */
	AZ_ACCESS_FORBIDDEN = 3, /* nobody's */
};

/* Ascending by region and offset; the spans of no two touch. What a driver
 * names by number and index, never by place. */
struct az_register {
	uint32_t region;     /* of the device's, from 0 */
	uint32_t offset;     /* aligned to width */
	uint16_t width;      /* bytes: 1, 2 or 4 */
	uint16_t count;      /* 1, or of an array */
	uint16_t stride;     /* of an array, a multiple of width; else 0 */
	uint16_t access;     /* enum az_access */
	uint32_t read_mask;  /* what a driver sees; other bits read as 0 */
	uint32_t write_mask; /* PLAIN: other bits must be 0 */
};
_Static_assert(sizeof(struct az_register) == 24, "register");

enum az_dma_direction { AZ_DMA_READ = 1, AZ_DMA_WRITE = 2 }; /* by device */

/* A ring, or a way to transfer. Registers are DOORBELL or ADDRESS, of width
 * 4 and no arrays, numbered in the device from 0. Fields of another
 * engine are 0.
 * RINGS: the device owns the descriptors from head to before tail, which is
 * never moved so far that they meet.
 * TRANSFER: base has the address in the pool, head the one in the device,
 * bytes the length; then `start` is written to tail, which has bits of `done`
 * while the device works. */
struct az_ring {
	uint16_t entries;   /* at most; a power of two, 8 up to the maximum;
			     * TRANSFER: 0 */
	uint16_t direction; /* set of enum az_dma_direction; one, but VIRTIO */
	uint8_t address_at; /* in a descriptor: 8 bytes */
	uint8_t length_at;  /* 2 bytes: room, then what was written */
	uint8_t command_at; /* 1 byte */
	uint8_t status_at;  /* 1 byte, by the device */
	uint8_t done;    /* bits of the status, not 0; TRANSFER: while busy */
	uint8_t command; /* bits of every descriptor */
	uint8_t last;    /* more bits of the last one of a frame */
	uint8_t allowed; /* bits that the driver may add */
	uint32_t base_low, base_high; /* base_high: AZ_NONE for none */
	uint32_t bytes, head, tail;
	uint32_t window, window_size; /* TRANSFER: the device's addresses */
	uint32_t start;
	uint32_t least; /* RINGS: bytes of a part, for a device that takes
			 * as many for granted; up to 4096, or 0 */
};
_Static_assert(sizeof(struct az_ring) == 48, "ring");

enum az_step_op {
	AZ_STEP_WRITE = 1, /* value to a register, PLAIN or DOORBELL */
	AZ_STEP_WAIT = 2,  /* until (read & mask) == value, at most limit */
	AZ_STEP_DELAY = 3, /* limit */
};

struct az_step {
	uint32_t op;       /* enum az_step_op */
	uint32_t target;   /* register of the device; DELAY: 0 */
	uint32_t mask;     /* WAIT; else 0 */
	uint32_t value;    /* DELAY: 0 */
	uint32_t limit;    /* us; WRITE: 0 */
	uint32_t reserved; /* 0 */
};
_Static_assert(sizeof(struct az_step) == 24, "step");

/* What a driver posts (dev_post): bytes of the pool, in one page of it. */
enum az_dma_flag {
	AZ_DMA_DEVICE_WRITES = 1, /* virtio: what a ring does otherwise */
	AZ_DMA_CONTINUED = 2,     /* with the next entry */
	AZ_DMA_COMMAND = 8,       /* << this: bits that the ring allows */
};
struct az_dma {
	uint32_t offset; /* in the pool */
	uint32_t length; /* at least 1 */
	uint32_t flags;
	uint32_t cookie;
};

/* What it gets back (dev_reap), of each frame: its first entry's cookie. */
struct az_dma_done {
	uint32_t cookie;
	uint32_t length;   /* that the device wrote, at most what was posted */
	uint32_t status;   /* of the last descriptor; virtio: 0 */
	uint32_t reserved; /* 0 */
};

#endif
