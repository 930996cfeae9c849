/* alice: now and then keeps some values of all sizes, and looks whether she
 * gets them back. What is larger than 4 KiB goes by the arena. */
#include <string.h>

#include "store.client.h"

enum {
	KEY = 2,
	VALUE_MAX = 24 << 10,
	ROUNDS = 8,
	WRONG_MAX = 3,
	PERIOD_NS = 5000000
};

AZ_WINDOW(store, 65536);

static uint8_t small[4096], back[4096];

static int there_and_back(uint32_t round)
{
	uint32_t size = 1 + round * 2654435761u % VALUE_MAX, len = 0;
	int large = size > sizeof(small);
	uint8_t *value = large ? AZ_WINDOW_AT(store) : small;
	uint8_t *result = large ? AZ_WINDOW_AT(store) + 32768 : back;
	uint32_t room = large ? 32768 : sizeof(back);

	memset(value, (int)round, size);
	return store_put(KEY, value, size) == 0 &&
	       store_get(KEY, result, room, &len) == 0 && len == size &&
	       memcmp(value, result, size) == 0;
}

int main(void)
{
	int32_t fine = az_channel("fine", 4), go = az_channel("go", 2);
	uint32_t round = 0;
	int wrong = 0;

	az_signal_after(go, PERIOD_NS, PERIOD_NS);
	while (wrong < WRONG_MAX && az_signal_wait(go, AZ_FOR_EVER) > 0) {
		uint32_t until = round + ROUNDS;

		while (round < until && there_and_back(round))
			round++;
		if (round == until) {
			wrong = 0;
			az_signal_raise(fine);
		} else {
			wrong++;
		}
	}
	return 1;
}
