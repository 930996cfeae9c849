/* echo: waits for the whistle, then turns round what comes in one ring. */
#include <azoth_ring.h>
#include <stdio.h>
#include <string.h>

AZ_RING_WINDOW(there, 4096);
AZ_RING_WINDOW(back, 4096);

struct ball {
	uint64_t number, times[7];
};

int main(void)
{
	int32_t whistle = az_channel("whistle", 7);
	struct az_ring in, out;
	struct ball ball = { 0 };

	az_ring_open(&in, AZ_WINDOW_AT(there), 4096, AZ_RING_READER,
	    az_channel("there", 5));
	az_ring_open(&out, AZ_WINDOW_AT(back), 4096, AZ_RING_WRITER,
	    az_channel("back", 4));
	printf("heard %d whistle\n", az_signal_wait(whistle, AZ_FOR_EVER));
	for (;;) {
		while (!az_ring_take64(&in, &ball))
			az_ring_await(&in, AZ_FOR_EVER);
		ball.times[0] = 2 * ball.number;
		while (!az_ring_put64(&out, &ball))
			az_ring_await(&out, AZ_FOR_EVER);
	}
}
