/* store: values by their keys. */
#define STORE_ARENA store
#define STORE_ARENA_SIZE 65536
#include "store.server.h"

#include <string.h>

enum { ENTRIES = 4, VALUE_MAX = 24 << 10 };

static struct entry {
	uint32_t len;
	uint8_t value[VALUE_MAX];
} entries[ENTRIES];

int32_t store_put(uint32_t key, const uint8_t *value, uint32_t value_len)
{
	if (key >= ENTRIES)
		return AZ_FAIL(STORE_TROUBLE_NOT_FOUND);
	if (value_len > VALUE_MAX)
		return AZ_FAIL(STORE_TROUBLE_TOO_LONG);
	memcpy(entries[key].value, value, value_len);
	entries[key].len = value_len;
	return 0;
}

int32_t store_get(
    uint32_t key, uint8_t *result, uint32_t result_max, uint32_t *result_len)
{
	if (key >= ENTRIES || entries[key].len == 0)
		return AZ_FAIL(STORE_TROUBLE_NOT_FOUND);
	if (entries[key].len > result_max)
		return AZ_FAIL(STORE_TROUBLE_TOO_LONG);
	memcpy(result, entries[key].value, entries[key].len);
	*result_len = entries[key].len;
	return 0;
}
