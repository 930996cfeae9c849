/* For a kernel that passes on any offset as an address: MARK is sent to memory
 * that is not the pool, and fetched from there again. */
#include "edu.h"

enum { OUTSIDE = 64 << 20, SIZE = 2048 };

static int64_t wrong;

static void transfer(uint32_t way, uint32_t offset)
{
	wrong += az_dev_transfer(edu, way, offset, SIZE, BUFFER, 0) != 0;
	finish();
}

static void fill(uint64_t value)
{
	for (uint32_t at = 0; at < SIZE; at += 8)
		*pool(at) = value;
}

void _start(void)
{
	edu = az_device("edu", 3);
	wrong += az_dev_start(edu) != 0;
	fill(MARK);
	transfer(FROM_POOL, 0);
	transfer(TO_POOL, OUTSIDE);
	trial_say("sent", 1);
	/* Nothing of MARK is left, here and in the device. */
	fill(0);
	transfer(FROM_POOL, 0);
	transfer(FROM_POOL, OUTSIDE);
	transfer(TO_POOL, 0);
	trial_say("leaked", *pool(0) == MARK);
	trial_say("wrong", wrong);
}
