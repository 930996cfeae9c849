/* ping: calls pong, then plays a thousand balls through two rings, and
 * ends the system: the others would wait for ever. */
#include <azoth_ring.h>
#include <stdio.h>
#include <string.h>

#include "game.client.h"

AZ_RING_WINDOW(there, 4096);
AZ_RING_WINDOW(back, 4096);

struct ball {
	uint64_t number, times[7];
};

static void play_calls(void)
{
	char text[16];
	uint32_t back = 0, len = 0;

	printf("hit 3: status %d,", game_hit(3, &back));
	printf(" back at %u\n", back);
	printf("hit 0: %s\n",
	    game_hit(0, &back) == AZ_FAIL(GAME_MISS_NET) ? "net" : "?");
	printf("hit 12: %s\n",
	    game_hit(12, &back) == AZ_FAIL(GAME_MISS_OUT) ? "out" : "?");
	if (game_say("gnop", 4, text, sizeof(text), &len) == 0)
		printf("pong says %.*s\n", (int)len, text);
}

static void play_rings(void)
{
	struct az_ring out, in;
	struct ball ball = { 0 };
	uint64_t sum = 0;

	az_ring_open(&out, AZ_WINDOW_AT(there), 4096, AZ_RING_WRITER,
	    az_channel("there", 5));
	az_ring_open(&in, AZ_WINDOW_AT(back), 4096, AZ_RING_READER,
	    az_channel("back", 4));
	for (uint64_t n = 1000; n + 1 > 0; n--) {
		ball.number = n;
		while (!az_ring_put64(&out, &ball))
			az_ring_await(&out, AZ_FOR_EVER);
		while (!az_ring_take64(&in, &ball))
			az_ring_await(&in, AZ_FOR_EVER);
		sum += ball.times[0];
	}
	printf("1001 balls came back, worth %llu\n", (unsigned long long)sum);
}

int main(void)
{
	play_calls();
	az_signal_raise(az_channel("whistle", 7));
	play_rings();
	return az_power(AZ_POWER_HALT);
}
