/* client NAME SIZE: puts a value of that size under its name, again and again,
 * and gets it back. A value over 4 KiB goes by the arena; the clients share
 * that, so only one of these has such a value. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "count.client.h"
#include "store.client.h"

AZ_WINDOW(store, 65536);

static uint8_t small[4096], back[4096];

int main(int argc, char **argv)
{
	uint32_t size = argc > 2 ? (uint32_t)atoi(argv[2]) : 0, len = 0;
	const char *name = argc > 1 ? argv[1] : "";
	bool large = size > sizeof(small);
	uint8_t *value = large ? az_window_store : small;
	uint8_t *result = large ? az_window_store + 32768 : back;
	uint32_t room = large ? 32768 : sizeof(back), key_len = strlen(name);

	if (store_get(name, key_len, back, sizeof(back), &len) ==
	    AZ_FAIL(STORE_ERROR_NOT_FOUND))
		printf("nothing under %s yet\n", name);
	for (int n = 0; n < 100; n++) {
		memset(value, n, size);
		if (store_put(name, key_len, value, size) != 0 ||
		    store_get(name, key_len, result, room, &len) != 0 ||
		    len != size || memcmp(value, result, size) != 0) {
			printf("round %d failed\n", n);
			return 1;
		}
	}
	printf("100 times %u bytes, there and back\n", size);
	return count_leave();
}
