/* clerk: takes readings by the block, has each block kept, and looks whether it
 * is. Gives up when that went wrong too often. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"
#include "store.client.h"

enum { BLOCK = 16, KEY = 1, WRONG_MAX = 3 };

AZ_RING_WINDOW(flow, 4096);
AZ_WINDOW(store, 65536);

static struct reading block[BLOCK], back[BLOCK];

static void take(struct az_ring *flow, struct reading *r)
{
	while (!az_ring_take_fixed(flow, r, sizeof(*r)))
		if (az_ring_await(flow, AZ_FOR_EVER) < 0)
			exit(1);
}

static int keep_block(struct az_ring *flow)
{
	uint32_t len = 0;

	for (int i = 0; i < BLOCK; i++) {
		take(flow, &block[i]);
		if (block[i].value != reading_value(block[i].number) ||
		    block[i].number != block[0].number + (uint32_t)i)
			return 0;
	}
	return store_put(KEY, (void *)block, sizeof(block)) == 0 &&
	       store_get(KEY, (void *)back, sizeof(back), &len) == 0 &&
	       len == sizeof(block) && memcmp(block, back, len) == 0;
}

int main(void)
{
	int32_t kept = az_channel("kept", 4);
	struct az_ring flow;
	int wrong = 0;

	az_ring_open(&flow, AZ_WINDOW_AT(flow), FLOW_SIZE, AZ_RING_READER,
	    az_channel("flow", 4));
	while (wrong < WRONG_MAX) {
		if (keep_block(&flow)) {
			wrong = 0;
			az_signal_raise(kept);
		} else {
			wrong++;
			sched_yield();
		}
	}
	return 1;
}
