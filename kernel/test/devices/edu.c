/* A hostile driver of QEMU's `edu` device: ATTEMPTS times it asks for what is
 * not its own: memory outside the pool, the device's address registers, bits
 * and places that the map does not give, frames and rings that the device has
 * not. Now and then it transfers what it may, and looks whether
 * just that has moved. Every byte that the device ever writes is MARK. */
#include "edu.h"

#ifndef ATTEMPTS
#define ATTEMPTS 100000
#endif
enum { HONEST = 1000 };

static int64_t wrong, refused, moved, raised;

/* The device may use [offset, offset + length). */
static int is_own(uint32_t offset, uint32_t length, uint32_t address)
{
	return length > 0 && offset < POOL && length <= PAGE - offset % PAGE &&
	       address >= BUFFER && length <= PAGE &&
	       address - BUFFER <= PAGE - length;
}

static uint32_t some_offset(void)
{
	static const uint32_t edges[] = { 0, 1, PAGE - 1, PAGE, POOL - 1, POOL,
		POOL + PAGE, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff };
	uint32_t r = trial_random();

	if (r % 4 == 0)
		return edges[r / 4 % (sizeof(edges) / sizeof(edges[0]))];
	return r % 4 == 1 ? trial_random() : trial_random() % (2 * POOL);
}

static void refuse(int64_t result)
{
	wrong += result >= 0;
	refused += result < 0;
}

/* Any transfer; only what is not the driver's right. */
static void steal(void)
{
	uint32_t offset = some_offset(), length = some_offset();
	uint32_t address = trial_random() % 2 ? BUFFER : some_offset();
	uint32_t ring = trial_random() % 3;

	if (trial_random() % 2)
		length %= 2 * PAGE;
	if (ring < 2 && is_own(offset, length, address))
		length = PAGE;
	refuse(az_dev_transfer(edu, ring, offset, length, address, 0));
}

static void write_forbidden(void)
{
	uint32_t r = trial_random();

	switch (r % 8) {
	case 0: /* addresses, doorbells */
	case 1:
		refuse(az_dev_write(
		    edu, SOURCE + r / 8 % (REGISTERS - SOURCE), 0, r));
		break;
	case 2:
		refuse(az_dev_read(edu, SOURCE + r / 8 % 4, 0));
		break;
	case 3: /* bits that the map does not give */
		refuse(az_dev_write(edu, STATUS, 0, r | 1));
		break;
	case 4: /* no such register, or place in it */
		refuse(az_dev_write(edu, REGISTERS + r / 8, 0, r));
		break;
	case 5:
		refuse(az_dev_read(edu, r % REGISTERS, 1 + r / 8));
		break;
	case 6:
		refuse(az_dev_write(edu, ID, 0, r));
		break;
	default:
		refuse(az_dev_transfer(edu, 0, 0, 8, BUFFER, 1 + r / 8));
	}
}

/* What other kinds of devices have; other handles. */
static void misuse(void)
{
	struct az_dma part = { .offset = some_offset(), .length = PAGE };
	struct az_dma_done done;
	uint32_t r = trial_random();

	switch (r % 5) {
	case 0:
		refuse(az_dev_ring(edu, r / 8 % 4, 8));
		break;
	case 1:
		refuse(az_dev_post(edu, r / 8 % 4, &part, 1));
		break;
	case 2:
		refuse(az_dev_reap(edu, r / 8 % 4, &done, 1));
		break;
	case 3:
		refuse(
		    az_dev_post(edu, 0, (void *)(uintptr_t)0xfffffff0, r / 8));
		break;
	default:
		refuse(az_dev_write((int32_t)r | 1, RAISE, 0, 1));
	}
}

/* MARK goes to the device and comes back elsewhere: there, and only there. */
static void move(void)
{
	uint32_t length = 8 + trial_random() % 64 * 8;
	uint32_t to = PAGE + trial_random() % (POOL / PAGE - 1) * PAGE;
	uint32_t at = trial_random() % (PAGE / 8 - length / 8) * 8;

	for (uint32_t i = 0; i < PAGE; i += 8) {
		*pool(i) = MARK;
		*pool(to + i) = 0;
	}
	wrong += az_dev_transfer(edu, FROM_POOL, at, length, BUFFER, 0) != 0;
	finish();
	wrong += az_dev_transfer(edu, TO_POOL, to + at, length, BUFFER, 0) != 0;
	finish();
	for (uint32_t i = 0; i < PAGE; i += 8)
		wrong +=
		    *pool(to + i) != (i >= at && i < at + length ? MARK : 0);
	moved++;
}

/* An interrupt is a signal, once for each. */
static void interrupt(void)
{
	wrong += az_signal_wait(edu, 0) > 0;
	wrong += az_dev_write(edu, RAISE, 0, 1) != 0;
	wrong += az_signal_wait(edu, 1000 * (int64_t)MS) != 1;
	wrong += az_signal_wait(edu, MS) != 0;
	wrong += az_dev_write(edu, ACKNOWLEDGE, 0, 1) != 0;
	wrong += az_dev_done(edu) != 0;
	wrong += az_signal_wait(edu, MS) != 0;
	raised++;
}

void _start(void)
{
	edu = az_device("edu", 3);
	trial_say("device", edu > 0);
	wrong += az_device("", 0) != edu;
	trial_say("id", az_dev_read(edu, ID, 0));
	az_dev_write(edu, LIVE, 0, 0x12345678);
	trial_say("live", az_dev_read(edu, LIVE, 0));
	refuse(az_dev_transfer(edu, FROM_POOL, 0, 8, BUFFER, 0));
	wrong += az_dev_start(edu) != 0;
	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		if (i % HONEST == 0)
			move();
		if (i % HONEST == HONEST / 2)
			interrupt();
		switch (trial_random() % 3) {
		case 0:
			steal();
			break;
		case 1:
			write_forbidden();
			break;
		default:
			misuse();
		}
	}
	trial_say("refused", refused);
	trial_say("moved", moved);
	trial_say("raised", raised);
	trial_say("wrong", wrong);
}
