/* Devices that do as they are told, and those that lie. */
#include "dev/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "abi/status.h"
#include "base/timer.h"
#include "test/fake.h"
#include "test/fake_device.h"

enum { PAGE = 4096, ALL = 0xffff, SILENT = 1 };
#define FEATURE_1 (UINT64_C(1) << 32)
#define MS UINT64_C(1000000)

struct used {
	uint16_t flags, index;
	struct {
		uint32_t slot, length;
	} frames[32];
};

static struct device *dev;

static uint16_t *available(void)
{
	return fake_device_memory(fake_device.queue[0].at[1]);
}

static struct used *used(void)
{
	return fake_device_memory(fake_device.queue[0].at[2]);
}

static uint16_t command(void)
{
	return (uint16_t)(fake_device.config[4] | fake_device.config[5] << 8);
}

static bool is_master(void)
{
	return command() & 1 << 2;
}

/* The device is done with a frame, its place in the list of those posted. */
static void complete(uint16_t frame, uint32_t length)
{
	struct used *u = used();

	u->frames[u->index % 32].slot = available()[2 + frame % 32];
	u->frames[u->index % 32].length = length;
	u->index++;
}

static void start_virtio(bool messages)
{
	/* It offers everything, also what is none of its own. */
	dev = fake_device_start(AZ_ENGINE_VIRTIO, messages);
	assert_non_null(dev);
	assert_false(is_master());
	assert_int_equal(
	    device_features(dev, 0x21), 0x21 | FEATURE_1 << 1 | FEATURE_1);
	assert_int_equal(device_ring(dev, 0, 1000), 32);
	assert_int_equal(device_start(dev), 0);
	assert_true(is_master());
}

static int32_t post(uint32_t offset, uint32_t length, uint32_t flags)
{
	struct az_dma part = { offset, length, flags, offset };

	return device_post(dev, 0, &part, 1);
}

static void frames_come_back(void **state)
{
	const struct az_dma frame[] = { { 0, 16, AZ_DMA_CONTINUED, 7 },
		{ PAGE, 64, AZ_DMA_CONTINUED | AZ_DMA_DEVICE_WRITES, 8 },
		{ 2 * PAGE, 100, AZ_DMA_DEVICE_WRITES, 9 } };
	struct az_dma_done done[8];

	(void)state;
	start_virtio(true);
	assert_int_equal(device_post(dev, 0, frame, 3), 3);
	assert_int_equal(fake_device.rung, 1);
	assert_int_equal(post(3 * PAGE, PAGE, AZ_DMA_DEVICE_WRITES), 1);
	assert_int_equal(available()[1], 2);
	assert_int_equal(device_reap(dev, 0, done, 8), 0);
	complete(1, PAGE);
	complete(0, 5000);
	assert_int_equal(device_reap(dev, 0, done, 8), 2);
	assert_int_equal(done[0].cookie, 3 * PAGE);
	assert_int_equal(done[0].length, PAGE);
	/* Never more than there was room for. */
	assert_int_equal(done[1].cookie, 7);
	assert_int_equal(done[1].length, 164);
	/* All slots are free again, over and over. */
	for (uint16_t i = 0; i < 100; i++) {
		for (int k = 0; k < 32; k++)
			assert_int_equal(post(0, 8, 0), 1);
		assert_int_equal(post(0, 8, 0), 0);
		for (uint16_t k = 0; k < 32; k++)
			complete((uint16_t)(2 + 32 * i + (k ^ 5)), 0);
		for (int k = 0; k < 4; k++)
			assert_int_equal(device_reap(dev, 0, done, 8), 8);
	}
}

static void parts_stay_in_the_pool(void **state)
{
	static const uint32_t wrong[][3] = { { FAKE_POOL, 1, 0 },
		{ FAKE_POOL - 1, 2, 0 }, { PAGE - 1, 2, 0 }, { 0, 0, 0 },
		{ 0, PAGE + 1, 0 }, { 0xffffffff, 1, 0 }, { 0xfffff000, 8, 0 },
		{ 0, 0xffffffff, 0 }, { 0, 8, 4 }, { 0, 8, 1 << 8 },
		{ 0, 8, 1u << 31 }, { 0, 8, AZ_DMA_CONTINUED } };

	(void)state;
	start_virtio(true);
	for (uint32_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(post(wrong[i][0], wrong[i][1], wrong[i][2]),
		    AZ_BAD_ARGUMENT);
	assert_int_equal(fake_device.rung, 0);
	assert_int_equal(device_post(dev, 2, NULL, 0), AZ_BAD_ARGUMENT);
	assert_int_equal(device_post(dev, 1, NULL, 0), AZ_BAD_ARGUMENT);
	assert_int_equal(device_ring(dev, 1, 8), AZ_BAD_ARGUMENT); /* late */
	/* Ring 1 is read only. */
	assert_int_equal(device_features(dev, 0) & FEATURE_1, FEATURE_1);
	assert_int_equal(device_ring(dev, 1, 7), AZ_BAD_ARGUMENT);
	assert_int_equal(device_ring(dev, 1, 9), 8);
	assert_int_equal(device_ring(dev, 1, 9), AZ_BAD_ARGUMENT);
	assert_int_equal(device_ring(dev, 2, 9), AZ_BAD_ARGUMENT);
	assert_int_equal(device_start(dev), 0);
	struct az_dma part = { 0, 8, AZ_DMA_DEVICE_WRITES, 0 };
	assert_int_equal(device_post(dev, 1, &part, 1), AZ_BAD_ARGUMENT);
}

/* What a device may say of what it has done: each way to lie. */
static void used_lies(void **state)
{
	struct az_dma_done done[4];

	(void)state;
	for (int lie = 0; lie < 5; lie++) {
		start_virtio(true);
		assert_int_equal(post(0, 8, 0), 1);
		complete(0, 0);
		if (lie == 0)
			used()->frames[0].slot = 32; /* out of the ring */
		if (lie == 1)
			used()->frames[0].slot = 31; /* not in flight */
		if (lie == 2)
			used()->frames[0].slot = UINT32_MAX;
		if (lie == 3)
			used()->index = 3; /* more than were posted */
		if (lie == 4)
			used()->index = (uint16_t)-1;
		assert_int_equal(device_reap(dev, 0, done, 4), AZ_PEER_DIED);
		/* And it stays so until it is reset. */
		used()->index = 0;
		assert_int_equal(device_reap(dev, 0, done, 4), AZ_PEER_DIED);
		assert_true(device_features(dev, 0) > 0);
		assert_int_equal(device_ring(dev, 0, 8), 8);
	}
	/* The same frame twice. */
	start_virtio(true);
	assert_int_equal(post(0, 8, 0), 1);
	assert_int_equal(post(8, 8, 0), 1);
	complete(0, 0);
	complete(0, 0);
	assert_int_equal(device_reap(dev, 0, done, 4), 1);
	assert_int_equal(device_reap(dev, 0, done, 4), AZ_PEER_DIED);
}

static uint32_t ones(uint32_t value)
{
	(void)value;
	return UINT32_MAX;
}

static uint32_t zeros(uint32_t value)
{
	(void)value;
	return 0;
}

static void registers_lie(void **state)
{
	(void)state;
	start_virtio(false);
	/* Unplugged: it reads as ones. */
	fake_device.hostile = ones;
	assert_true(device_features(dev, 0) != 0);
	assert_int_equal(device_ring(dev, 0, 8), AZ_PEER_DIED);
	device_stop(dev);
	assert_false(is_master());
	fake_device.hostile = zeros;
	assert_int_equal(device_features(dev, 0), AZ_PEER_DIED);
	assert_int_equal(device_ring(dev, 0, 8), AZ_PEER_GONE);
	/* One of before version 1. */
	fake_device.hostile = NULL;
	memset(fake_device.registers + 4, 0x20, 4);
	assert_int_equal(device_features(dev, 0), AZ_PEER_DIED);
	/* One that does not end: it is no bus master all the same. */
	fake_device.deaf = true;
	fake_device.registers[0x14] = 0x0f;
	device_stop(dev);
	assert_false(is_master());
}

static void capabilities_lie(void **state)
{
	(void)state;
	for (int lie = 0; lie < 7; lie++) {
		assert_non_null(fake_device_start(AZ_ENGINE_VIRTIO, true));
		if (lie == 0)
			fake_device.config[0x41] = 0x40; /* a circle */
		if (lie == 1)
			memset(fake_device.config + 0x48, 0xff, 4);
		if (lie == 2)
			fake_device.config[0x44] = 200; /* no such BAR */
		if (lie == 3)
			fake_device.config[0x5c] = 5; /* an empty one */
		if (lie == 4)
			fake_device.config[0x34] = 0;
		if (lie == 5)
			fake_device.config[0x02] = 0x50; /* a display */
		if (lie == 6)
			memset(fake_device.config + 0x94, 0, 4);
		assert_null(fake_device_again());
	}
}

static void registers_have_masks(void **state)
{
	(void)state;
	dev = fake_device_start(AZ_ENGINE_NONE, false);
	assert_non_null(dev);
	assert_int_equal(fake_device.registers[0x400], 0x80); /* the reset */
	memset(fake_device.registers + 0x400, 0xee, 16);
	assert_int_equal(device_read(dev, FAKE_PLAIN, 0), 0xeeee);
	assert_int_equal(device_write(dev, FAKE_PLAIN, 0, 0x55), 0);
	assert_int_equal(fake_device.registers[0x400], 0x55);
	assert_int_equal(device_write(dev, FAKE_PLAIN, 0, 0x155), AZ_DENIED);
	assert_int_equal(device_read(dev, FAKE_PLAIN, 1), AZ_BAD_ARGUMENT);
	assert_int_equal(device_write(dev, FAKE_ARRAY, 3, 0xabcd), 0);
	assert_int_equal(fake_device.registers[0x41d], 0xab);
	assert_int_equal(device_read(dev, FAKE_ARRAY, 3), 0xabcd);
	assert_int_equal(device_write(dev, FAKE_ARRAY, 4, 0), AZ_BAD_ARGUMENT);
	for (uint32_t i = FAKE_BASE; i < FAKE_REGISTERS; i++)
		assert_int_equal(device_write(dev, i, 0, 0), AZ_DENIED);
	assert_int_equal(device_read(dev, FAKE_BASE, 0), AZ_DENIED);
	assert_int_equal(device_read(dev, FAKE_TAIL, 0), 0);
	assert_int_equal(device_read(dev, FAKE_REGISTERS, 0), AZ_BAD_ARGUMENT);
	assert_int_equal(device_read(dev, UINT32_MAX, 0), AZ_BAD_ARGUMENT);
	/* It is no bus master, whatever its driver does. */
	assert_int_equal(device_start(dev), 0);
	assert_false(is_master());
	/* Nothing to agree about: it is reset. */
	assert_int_equal(device_done(dev), 0);
	assert_int_equal(device_features(dev, UINT64_MAX), 0);
	assert_int_equal(fake_device.registers[0x400], 0x80);
	assert_int_equal(device_done(dev), AZ_BAD_ARGUMENT);
}

static void cards_have_rings(void **state)
{
	struct az_dma frame[] = { { 0, 16, AZ_DMA_CONTINUED, 7 },
		{ PAGE, 64, 0x40 << AZ_DMA_COMMAND, 8 } };
	struct az_dma in = { 2 * PAGE, 2048, 0, 3 };
	struct az_dma_done done[4];
	uint8_t *ring;

	(void)state;
	dev = fake_device_start(AZ_ENGINE_RINGS, false);
	assert_non_null(dev);
	assert_int_equal(device_ring(dev, 0, 16), 16);
	assert_int_equal(device_ring(dev, 1, 16), 16);
	assert_int_equal(fake_device.registers[0x429], 1); /* 256 bytes */
	assert_int_equal(device_start(dev), 0);
	assert_int_equal(device_post(dev, 1, frame, 2), 2);
	ring = fake_device_memory(fake_device.queue[1].at[0]);
	assert_int_equal(ring[11], 8);
	assert_int_equal(ring[16 + 11], 0x49);
	assert_int_equal(fake_device.registers[0x430], 2);
	assert_int_equal(device_reap(dev, 1, done, 4), 0);
	ring[12] = 1; /* its first part, but not its last */
	assert_int_equal(device_reap(dev, 1, done, 4), 0);
	ring[16 + 12] = 3;
	assert_int_equal(device_reap(dev, 1, done, 4), 1);
	assert_int_equal(done[0].cookie, 7);
	assert_int_equal(done[0].status, 3);
	assert_int_equal(done[0].length, 0);
	/* Head and tail never meet. */
	for (int i = 0; i < 15; i++)
		assert_int_equal(device_post(dev, 0, &in, 1), 1);
	assert_int_equal(device_post(dev, 0, &in, 1), 0);
	ring = fake_device_memory(fake_device.queue[0].at[0]);
	for (int i = 0; i < 16; i++) {
		ring[16 * i + 8] = 0xff; /* it says 65,535 bytes */
		ring[16 * i + 9] = 0xff;
		ring[16 * i + 12] = 1;
	}
	for (int i = 0; i < 15; i += 3)
		assert_int_equal(device_reap(dev, 0, done, 3), 3);
	assert_int_equal(done[0].length, 2048);
	assert_int_equal(device_reap(dev, 0, done, 3), 0);
	/* It would write more than there is. */
	in.length = 2047;
	assert_int_equal(device_post(dev, 0, &in, 1), AZ_BAD_ARGUMENT);
	in.length = 2048;
	in.flags = AZ_DMA_CONTINUED;
	assert_int_equal(device_post(dev, 0, &in, 1), AZ_BAD_ARGUMENT);
	in.flags = AZ_DMA_DEVICE_WRITES;
	assert_int_equal(device_post(dev, 0, &in, 1), AZ_BAD_ARGUMENT);
}

/* It interrupts, if it may. */
static bool interrupt(bool messages)
{
	if (messages)
		return fake_device.registers[FAKE_MESSAGES + 12] == 0 &&
		       fake_interrupt(16);
	return (command() & 1 << 10) == 0 && fake_interrupt(FAKE_PIN);
}

static void interrupt_until_done(bool messages)
{
	start_virtio(messages);
	assert_int_equal(available()[0], 0);
	assert_true(messages || (command() & 1 << 10) == 0);
	fake_device.config[6] |= 1 << 3; /* it pulls */
	assert_true(interrupt(messages));
	assert_int_equal(fake_device.raised, 1);
	assert_int_equal(messages ? available()[0] : command() >> 10 & 1, 1);
	/* The wire still pulled is not another interrupt. */
	assert_true(messages || fake_interrupt(FAKE_PIN));
	assert_int_equal(fake_device.raised, 1);
	assert_int_equal(post(0, 8, 0), 1);
	complete(0, 0);
	/* There was work already. */
	assert_int_equal(device_done(dev), 1);
	assert_int_equal(available()[0], 0);
	assert_int_equal(device_reap(dev, 0, &(struct az_dma_done){ 0 }, 1), 1);
	assert_int_equal(device_done(dev), 0);
	/* Too many: silence, longer each time. */
	for (uint32_t i = 0; i < FAKE_RATE; i++)
		if (interrupt(messages))
			(void)device_done(dev);
	assert_int_equal(fake_device.raised, FAKE_RATE / 8 + 1);
	assert_true(timer_next() != TIMER_NEVER);
	fake_advance(16 * MS);
	timer_run(timer_next());
	(void)device_done(dev);
	assert_true(interrupt(messages));
	(void)device_done(dev);
	for (uint32_t i = 0; i < FAKE_RATE; i++)
		if (interrupt(messages))
			(void)device_done(dev);
	assert_true(timer_next() != TIMER_NEVER);
	device_stop(dev);
	assert_int_equal(timer_next(), TIMER_NEVER);
	assert_false(is_master());
	assert_int_equal(device_done(dev), AZ_BAD_ARGUMENT);
	/* Late ones are nobody's. */
	fake_device.raised = 0;
	(void)interrupt(messages);
	assert_int_equal(fake_device.raised, 0);
}

static void interrupts_wait_for_the_driver(void **state)
{
	(void)state;
	interrupt_until_done(true);
	interrupt_until_done(false);
}

static void the_table_of_messages_is_the_kernels(void **state)
{
	(void)state;
	assert_non_null(fake_device_start(AZ_ENGINE_NONE, false));
	/* The same with the table of messages among its registers. */
	fake_device_start(AZ_ENGINE_NONE, true);
	memcpy(fake_device.config + 0xa4, "\0\0\0\0", 4);
	assert_null(fake_device_again());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_come_back),
		cmocka_unit_test(parts_stay_in_the_pool),
		cmocka_unit_test(used_lies),
		cmocka_unit_test(registers_lie),
		cmocka_unit_test(capabilities_lie),
		cmocka_unit_test(registers_have_masks),
		cmocka_unit_test(cards_have_rings),
		cmocka_unit_test(interrupts_wait_for_the_driver),
		cmocka_unit_test(the_table_of_messages_is_the_kernels),
	};

	return cmocka_run_group_tests_name("dev/device", tests, NULL, NULL);
}
