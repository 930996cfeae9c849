/* meter [COUNT]: a reading for each millisecond. After COUNT of them its device
 * is silent; only a new start helps. */
#include <stdlib.h>

#include "reading.h"

enum { PERIOD_NS = 1000000 };

AZ_RING_WINDOW(flow, 4096);

static void send(struct az_ring *flow, uint32_t number)
{
	struct reading r = { number, reading_value(number) };

	while (!az_ring_put_fixed(flow, &r, sizeof(r)))
		if (az_ring_await(flow, AZ_FOR_EVER) < 0)
			exit(1);
}

int main(int argc, char **argv)
{
	uint32_t most = argc > 1 ? (uint32_t)atoi(argv[1]) : 0, sent = 0;
	int32_t go = az_channel("go", 2);
	struct az_ring flow;

	az_ring_open(&flow, AZ_WINDOW_AT(flow), FLOW_SIZE, AZ_RING_WRITER,
	    az_channel("flow", 4));
	az_signal_after(go, PERIOD_NS, PERIOD_NS);
	for (;;) {
		int32_t due = az_signal_wait(go, AZ_FOR_EVER);

		if (due < 0)
			return 1;
		for (; due > 0 && (most == 0 || sent < most); due--, sent++)
			send(&flow, az_ring_position(&flow) /
					(uint32_t)sizeof(struct reading));
	}
}
