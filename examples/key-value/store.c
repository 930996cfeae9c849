/* store: a few values by their keys, for whoever is a client of the channel.
 * Lists over 4 KiB lie in the arena; the header copies them before they are
 * looked at here. */
#define STORE_ARENA store
#define STORE_ARENA_SIZE 65536
#include "count.server.h"
#include "store.server.h"

#include <string.h>

enum { ENTRIES = 16, KEY_MAX = 32, VALUE_MAX = 24 << 10 };

static struct entry {
	uint32_t key_len, value_len;
	uint8_t key[KEY_MAX], value[VALUE_MAX];
} entries[ENTRIES];
static uint32_t entry_count, gone;

static struct entry *find(const uint8_t *key, uint32_t key_len)
{
	for (uint32_t i = 0; i < entry_count; i++)
		if (entries[i].key_len == key_len &&
		    memcmp(entries[i].key, key, key_len) == 0)
			return &entries[i];
	return NULL;
}

int32_t store_put(const uint8_t *key, uint32_t key_len, const uint8_t *value,
    uint32_t value_len)
{
	struct entry *e = find(key, key_len);

	if (key_len > KEY_MAX || value_len > VALUE_MAX)
		return AZ_FAIL(STORE_ERROR_TOO_LONG);
	if (e == NULL && entry_count == ENTRIES)
		return AZ_FAIL(STORE_ERROR_FULL);
	if (e == NULL)
		e = &entries[entry_count++];
	e->key_len = key_len;
	e->value_len = value_len;
	memcpy(e->key, key, key_len);
	memcpy(e->value, value, value_len);
	return 0;
}

int32_t store_get(const uint8_t *key, uint32_t key_len, uint8_t *result,
    uint32_t result_max, uint32_t *result_len)
{
	const struct entry *e = find(key, key_len);

	if (e == NULL)
		return AZ_FAIL(STORE_ERROR_NOT_FOUND);
	if (e->value_len > result_max)
		return AZ_FAIL(STORE_ERROR_TOO_LONG);
	memcpy(result, e->value, e->value_len);
	*result_len = e->value_len;
	return 0;
}

int32_t count_leave(void)
{
	gone++;
	return 0;
}

int32_t count_left(uint32_t *result)
{
	*result = gone;
	return 0;
}
