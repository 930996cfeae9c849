#include "test/fake_device.h"

#include <stdlib.h>
#include <string.h>

#include "abi/image.h"
#include "abi/layout.h"
#include "arch/page.h"
#include "dev/device.h"
#include "mm/map.h"
#include "test/fake.h"

enum {
	MEMORY = 32 << 20,
	STARTS = 256, /* for which it suffices */
	ID = 0x00,
	COMMAND = 0x04,
	BAR = 0x10,
	MSIX_BAR = 0x14,
	CAPABILITIES = 0x34,
	STATUS_AT = FAKE_COMMON + 0x14,
	SELECT = FAKE_COMMON + 0x16,
	SIZE = FAKE_COMMON + 0x18,
	QUEUE = FAKE_COMMON + 0x20,
	QUEUE_END = FAKE_COMMON + 0x38,
	PULLS = 1 << 3, /* of the status register, a byte */
};

struct fake_device fake_device;

static struct az_channel channel = {
	.name = { 0, 3 }, .type = AZ_CHANNEL_DEVICE, .size = FAKE_POOL
};
static struct az_device record;
static const struct az_region region = { AZ_REGION_BAR, 0, FAKE_BAR_SIZE, 0 };
static const struct az_region none = { AZ_REGION_VIRTIO, AZ_VIRTIO_CONFIG, 8,
	0 };
static const struct az_register registers[FAKE_REGISTERS] = {
	[FAKE_PLAIN] = { 0, 0x400, 4, 1, 0, AZ_ACCESS_PLAIN, 0xffff, 0xff },
	[FAKE_ARRAY] = { 0, 0x410, 2, 4, 4, AZ_ACCESS_PLAIN, 0xffff, 0xffff },
	[FAKE_BASE] = { 0, 0x420, 4, 1, 0, AZ_ACCESS_ADDRESS, 0, 0 },
	[FAKE_BASE_HIGH] = { 0, 0x424, 4, 1, 0, AZ_ACCESS_ADDRESS, 0, 0 },
	[FAKE_BYTES] = { 0, 0x428, 4, 1, 0, AZ_ACCESS_ADDRESS, 0, 0 },
	[FAKE_HEAD] = { 0, 0x42c, 4, 1, 0, AZ_ACCESS_DOORBELL, 0xff, 0 },
	[FAKE_TAIL] = { 0, 0x430, 4, 1, 0, AZ_ACCESS_DOORBELL, 0xff, 0 },
	[FAKE_FORBIDDEN] = { 0, 0x434, 4, 1, 0, AZ_ACCESS_FORBIDDEN, 0, 0 },
};
static const struct az_ring virtio_rings[FAKE_RINGS] = {
	{ .entries = 64, .direction = AZ_DMA_READ | AZ_DMA_WRITE },
	{ .entries = 16, .direction = AZ_DMA_READ },
};
#define CARD_RING(way)                                                         \
	{                                                                      \
		.entries = 16, .direction = (way), .length_at = 8,             \
		.command_at = 11, .status_at = 12, .done = 1, .command = 8,    \
		.last = 1, .allowed = 0x40,                                    \
		.least = (way) == AZ_DMA_WRITE ? 2048 : 0,                     \
		.base_low = FAKE_BASE, .base_high = FAKE_BASE_HIGH,            \
		.bytes = FAKE_BYTES, .head = FAKE_HEAD, .tail = FAKE_TAIL      \
	}
static const struct az_ring card_rings[FAKE_RINGS] = { CARD_RING(AZ_DMA_WRITE),
	CARD_RING(AZ_DMA_READ) };
static const struct az_step steps[] = {
	{ .op = AZ_STEP_WRITE, .target = FAKE_PLAIN, .value = 0x80 },
	{ .op = AZ_STEP_DELAY, .limit = 5 },
	{ .op = AZ_STEP_WAIT, .target = FAKE_PLAIN, .mask = 0x100, .limit = 9 },
};

static uint32_t config_read(uint32_t place, uint32_t reg)
{
	uint32_t value = UINT32_MAX;

	if (reg >= sizeof(fake_device.config))
		abort(); /* it would be another's */
	fake_advance(1000);
	if (place == FAKE_PLACE)
		memcpy(&value, fake_device.config + reg, sizeof(value));
	return value;
}

static void config_write(uint32_t place, uint32_t reg, uint32_t value)
{
	if (place != FAKE_PLACE)
		return;
	if (reg == COMMAND)
		memcpy(fake_device.config + reg, &value, 2);
	else if (reg == BAR && value == UINT32_MAX)
		value = (uint32_t) ~(FAKE_BAR_SIZE - 1);
	else if (reg == MSIX_BAR && value == UINT32_MAX)
		value = (uint32_t) ~(FAKE_BAR_SIZE - 1);
	if (reg != COMMAND)
		memcpy(fake_device.config + reg, &value, sizeof(value));
}

static uint32_t read(uint64_t address, uint32_t width)
{
	uint64_t at = address - FAKE_BAR;
	uint32_t value = 0;

	if (at >= sizeof(fake_device.registers))
		return 0;
	memcpy(&value, fake_device.registers + at, width);
	if (fake_device.hostile != NULL)
		value = fake_device.hostile(value);
	return value & UINT32_MAX >> (32 - 8 * width);
}

/* Virtio: what a write does, beside being kept. */
static void react(uint64_t at, uint32_t value)
{
	static const uint8_t reset[0x40];
	uint16_t queue;

	memcpy(&queue, fake_device.registers + SELECT, sizeof(queue));
	if (at == STATUS_AT && value == 0)
		memcpy(fake_device.registers + SELECT, reset, 2);
	if (at == SELECT && value < FAKE_RINGS)
		fake_device.registers[SIZE] = 32;
	if (at == SELECT && value >= FAKE_RINGS)
		fake_device.registers[SIZE] = 0;
	if (at >= QUEUE && at < QUEUE_END && queue < FAKE_RINGS)
		memcpy((uint8_t *)fake_device.queue[queue].at + (at - QUEUE),
		    &value, sizeof(value));
}

static void write(uint64_t address, uint32_t width, uint32_t value)
{
	uint64_t at = address - FAKE_BAR;

	if (at >= sizeof(fake_device.registers) ||
	    (fake_device.deaf && at == STATUS_AT))
		return;
	memcpy(fake_device.registers + at, &value, width);
	if (at >= FAKE_NOTIFY && at < 0x400)
		fake_device.rung++;
	if (record.engine == AZ_ENGINE_VIRTIO && at < FAKE_STATUS)
		react(at, value);
	if (record.engine == AZ_ENGINE_RINGS && at == 0x420)
		fake_device.queue[fake_device.queue[0].at[0] != 0].at[0] =
		    value;
	if (at == 0x430)
		fake_device.rung++;
}

static const struct fake_io machine = { .config_read = config_read,
	.config_write = config_write,
	.read = read,
	.write = write };

static uint8_t *pool_of(uint32_t number)
{
	(void)number;
	return fake_device.pool;
}

static void on_raise(uint32_t number)
{
	(void)number;
	fake_device.raised++;
}

static void put32(uint32_t at, uint32_t value)
{
	memcpy(fake_device.config + at, &value, sizeof(value));
}

/* A vendor capability of virtio: kind at offset of BAR 0. */
static void put_capability(
    uint32_t at, uint32_t kind, uint32_t offset, uint32_t next)
{
	put32(at, kind << 24 | 20u << 16 | next << 8 | 9);
	put32(at + 4, 0);
	put32(at + 8, offset);
	put32(at + 12, 0x100);
	put32(at + 16, 4);
}

static void config_init(enum az_engine engine, bool messages)
{
	bool virtio = engine == AZ_ENGINE_VIRTIO;

	put32(ID, virtio ? 0x10441af4 : 0x100e8086);
	put32(COMMAND, 1 << 20 | 1 << 2);
	put32(0x08, 0x02000000);
	put32(BAR, (uint32_t)FAKE_BAR);
	put32(MSIX_BAR, (uint32_t)FAKE_BAR + FAKE_BAR_SIZE);
	put32(CAPABILITIES, 0x40);
	put32(0x3c, 1 << 8 | FAKE_PIN);
	put_capability(0x40, 1, FAKE_COMMON, 0x58);
	put_capability(0x58, 2, FAKE_NOTIFY, 0x70);
	put_capability(0x70, 3, FAKE_STATUS, 0x88);
	put_capability(0x88, 4, FAKE_CONFIG, messages ? 0xa0 : 0);
	put32(0xa0, 0x11);
	put32(0xa4, 1);
	put32(0xa8, 1 | 0x800);
}

static void bundle_init(enum az_engine engine)
{
	bool virtio = engine == AZ_ENGINE_VIRTIO;

	record = (struct az_device){ .bus = AZ_BUS_PCI,
		.ids = { 0x10441af4, 0x100e8086, 0x10501af4 },
		.engine = engine,
		.interrupt = AZ_INTERRUPT_PCI,
		.rate = FAKE_RATE,
		.regions = { 0, 1 },
		.registers = { 0, virtio ? 0 : FAKE_REGISTERS },
		.rings = { 0, engine == AZ_ENGINE_NONE ? 0 : FAKE_RINGS },
		.reset = { 0, virtio ? 0 : 3 } };
	fake_device.bundle = (struct bundle){ .channels = &channel,
		.channel_count = 1,
		.devices = &record,
		.device_count = 1,
		.regions = virtio ? &none : &region,
		.region_count = 1,
		.registers = registers,
		.rings = virtio ? virtio_rings : card_rings,
		.steps = steps,
		.text = "nic" };
}

struct device *fake_device_again(void)
{
	static const struct device_hooks hooks = { pool_of, on_raise };

	fake_io_set(&machine);
	if (device_init(&fake_device.bundle, &hooks) != AZ_OK)
		abort();
	return device_find(0);
}

struct device *fake_device_start(enum az_engine engine, bool messages)
{
	static uint32_t starts;
	void *pool;

	if (starts++ % STARTS == 0)
		fake_memory(MEMORY);
	fake_device = (struct fake_device){ 0 };
	if (map_alloc(&pool, FAKE_POOL) != AZ_OK)
		abort();
	fake_device.pool = pool;
	for (uint32_t i = 0; i < FAKE_POOL / AZ_PAGE_SIZE; i++)
		fake_device.frames[i] = page_lookup(
		    (uint64_t)(uintptr_t)pool + i * AZ_PAGE_SIZE, NULL, NULL);
	config_init(engine, messages);
	bundle_init(engine);
	memset(fake_device.registers + FAKE_COMMON + 4, 0xff, 4);
	return fake_device_again();
}

void *fake_device_memory(uint64_t phys)
{
	return page_direct(phys);
}

bool fake_device_owns(uint64_t phys, uint64_t length)
{
	for (uint32_t i = 0; i < FAKE_POOL / AZ_PAGE_SIZE; i++) {
		uint64_t frame = fake_device.frames[i];

		if (phys >= frame && phys < frame + AZ_PAGE_SIZE)
			return length <= frame + AZ_PAGE_SIZE - phys;
	}
	return false;
}
