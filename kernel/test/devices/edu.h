/* QEMU's `edu` device, as tools/boot-devices describes it. */
#ifndef EDU_H
#define EDU_H

#include "../authority/trial.h"

#include <azoth_device.h>

enum { POOL = 65536, PAGE = 4096, BUFFER = 0x40000 };
enum edu_register {
	ID,
	LIVE,
	FACTORIAL,
	STATUS,
	RAISED,
	RAISE,
	ACKNOWLEDGE,
	SOURCE,
	SOURCE_HIGH,
	TARGET,
	COUNT,
	COMMAND,
	REGISTERS,
};
enum { FROM_POOL, TO_POOL };
#define MARK 0xa5c396f05a3c690full

AZ_WINDOW(dma, 65536);

static int32_t edu;

static inline volatile uint64_t *pool(uint32_t offset)
{
	return (volatile uint64_t *)(az_window_dma + offset);
}

/* Wait for a transfer, and be done with its interrupt. */
static inline void finish(void)
{
	while (az_dev_read(edu, COMMAND, 0) & 1)
		az_signal_wait(edu, MS);
	az_dev_write(edu, ACKNOWLEDGE, 0, 0xffffffff);
	az_dev_done(edu);
}

#endif
