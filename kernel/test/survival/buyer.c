/* Asks the shop for everything, and forgets it. After a call that was cut short
 * one of them computes for a while: what the kernel holds for it stays. */
#include "canary.h"

#include <azoth_ring.h>

#include "shop.client.h"

#ifdef WRITES
AZ_RING_WINDOW(in, 4096);
#endif
AZ_WINDOW(shop, 65536);

static void dwell(void)
{
#ifndef WRITES
	static volatile uint32_t turns;

	for (turns = 0; turns < 20000000; turns++)
		continue;
#endif
}

void _start(void)
{
	uint64_t got;

	for (uint32_t n = 0;; n++) {
		uint32_t way =
		    n % 4 == 3 ? trial_random() % ASK_WAYS : ASK_ANSWER;
		int32_t status = shop_ask(way, &got);

		check(status == 0 || status == AZ_PEER_DIED, "asked");
		check(status != 0 || got == 0 || (uint8_t)got == 'c', "got");
		forget((uint8_t *)&got, sizeof(got));
		if (status != 0)
			dwell();
	}
}
