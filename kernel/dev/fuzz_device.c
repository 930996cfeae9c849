/* A hostile driver and a hostile device at once: the input is what the one
 * asks for and what the other answers and writes. Whatever happens, the
 * device is never shown an address outside the pool, and what it says comes
 * back within what was posted. */
#include "dev/device.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/timer.h"
#include "test/fake.h"
#include "test/fake_device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAGE = 4096, LIST = 8, DESCRIPTORS = 256 };

static const uint8_t *input;
static size_t left;

static uint32_t next(void)
{
	uint32_t value = 0;
	size_t n = left < sizeof(value) ? left : sizeof(value);

	memcpy(&value, input, n);
	input += n;
	left -= n;
	return value;
}

static uint8_t next8(void)
{
	if (left == 0)
		return 0;
	left--;
	return *input++;
}

/* Most answers are honest, or no rings would ever be set up. */
static uint32_t answer(uint32_t value)
{
	uint8_t how = next8();

	if (how < 0xe0)
		return value;
	return how < 0xf0 ? UINT32_MAX : next();
}

/* Each descriptor that the device can see has an address of the pool, or
 * none at all. */
static void check_descriptors(enum az_engine engine)
{
	for (int i = 0; i < FAKE_RINGS; i++) {
		uint64_t phys = fake_device.queue[i].at[0], address;
		const uint8_t *at;
		uint32_t length = 0;

		if (phys == 0)
			continue;
		at = fake_device_memory(phys);
		for (int k = 0; k < DESCRIPTORS; k++, at += 16) {
			memcpy(&address, at, sizeof(address));
			memcpy(&length, at + 8,
			    engine == AZ_ENGINE_VIRTIO ? 4 : 2);
			if (address != 0 && !fake_device_owns(address, length))
				abort();
		}
	}
}

/* The device writes to the memory of its rings, where it may. */
static void scribble(enum az_engine engine)
{
	uint32_t ring = next8() % FAKE_RINGS, at = next() % PAGE;
	uint64_t phys =
	    fake_device.queue[ring].at[engine == AZ_ENGINE_VIRTIO ? 2 : 0];
	uint8_t *memory;

	if (phys == 0)
		return;
	memory = fake_device_memory(phys);
	/* Of a card: anything but the addresses and lengths, which are what
	 * is looked at above. */
	if (engine == AZ_ENGINE_VIRTIO)
		memory[next8() % 2 ? at : at % 16] = next8();
	else
		memory[at / 16 * 16 + 11 + at % 5] = next8();
}

static void post(struct device *d)
{
	struct az_dma list[LIST];
	uint32_t count = next8() % (LIST + 1);

	for (uint32_t i = 0; i < count; i++) {
		uint8_t how = next8();

		list[i] =
		    (struct az_dma){ .offset = how < 0x80 ? (how & 7) * 2048u
							  : next(),
			    .length = how < 0xc0 ? 1 + how * 16u : next(),
			    .flags = how & 8 ? next() : how >> 4 & 3,
			    .cookie = next8() };
	}
	(void)device_post(d, next8() % 3, list, count);
}

static void reap(struct device *d)
{
	struct az_dma_done list[LIST];
	int32_t n = device_reap(d, next8() % 3, list, LIST);

	for (int32_t i = 0; i < n; i++)
		if (list[i].length > LIST * PAGE || list[i].cookie > UINT8_MAX)
			abort();
}

/* Gives whether the kernel may have written descriptors. */
static bool step(struct device *d, enum az_engine engine)
{
	switch (next8() % 14) {
	case 0:
		(void)device_features(d, next());
		return true;
	case 1:
		(void)device_ring(d, next8() % 3, next8() * 2u);
		return true;
	case 2:
		(void)device_start(d);
		return true;
	case 3:
	case 4:
		post(d);
		return true;
	case 5:
	case 6:
		reap(d);
		break;
	case 7:
		(void)device_done(d);
		break;
	case 8:
		(void)fake_interrupt(next8() % 2 ? 16 : FAKE_PIN);
		break;
	case 9:
		fake_advance(next() % 100000000);
		timer_run(timer_next());
		break;
	case 10:
		(void)device_write(d, next8() % 9, next8() % 5, next8());
		(void)device_read(d, next8() % 9, next8() % 5);
		break;
	case 11:
		(void)device_transfer(d, &(struct device_transfer){ next8() % 3,
					     next(), next(), next() });
		break;
	case 12:
		device_stop(d);
		if (fake_device.config[4] & 1 << 2)
			abort(); /* it still may use memory */
		break;
	default:
		scribble(engine);
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum az_engine engines[] = { AZ_ENGINE_VIRTIO,
		AZ_ENGINE_RINGS, AZ_ENGINE_NONE };
	enum az_engine engine;
	bool placed = true; /* the parts of virtio are where they are */
	struct device *d;
	uint8_t how;

	log_set_level(AZ_LEVEL_ERROR);
	input = data;
	left = size;
	how = next8();
	engine = engines[how % 3];
	d = fake_device_start(engine, how & 0x10);
	fake_device.hostile = how & 0x20 ? answer : NULL;
	for (int i = next8() % 8; i > 0; i--) {
		/* What it says of itself, read anew. */
		fake_device.config[next8()] = next8();
		if (i == 1)
			d = fake_device_again();
		placed = false;
	}
	while (d != NULL && left > 0) {
		if (!placed)
			memset(fake_device.queue, 0, sizeof(fake_device.queue));
		if (step(d, engine) && placed)
			check_descriptors(engine);
	}
	if (d != NULL)
		device_stop(d);
	return 0;
}
