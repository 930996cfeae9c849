/* last: sees what the others left, and ends the system. */
#include <stdio.h>
#include <time.h>

#include "count.client.h"
#include "store.client.h"

AZ_WINDOW(store, 65536);

static uint8_t text[33];

int main(void)
{
	static const struct timespec while_ = { .tv_nsec = 5000000 };
	uint32_t len = 0, gone = 0;

	while (count_left(&gone) == 0 && gone < 2)
		nanosleep(&while_, NULL);
	if (store_get("bob", 3, az_window_store, 65536, &len) == 0)
		printf("bob left %u bytes of %u\n", len, az_window_store[0]);
	printf(
	    "a key of 33 bytes: %s\n", store_put(text, sizeof(text), "x", 1) ==
					       AZ_FAIL(STORE_ERROR_TOO_LONG)
					   ? "too long"
					   : "?");
	printf("bytes that are not mine: %s\n",
	    store_put("x", 1, (void *)-16u, 32) == AZ_BAD_ARGUMENT ? "refused"
								   : "?");
	return az_power(AZ_POWER_HALT);
}
