/* The server of store.wit, for the test of both ends on a host: one value. */
#include <string.h>

#define STORE_ARENA store
#define STORE_ARENA_SIZE 8192
#include "server.h"

static uint8_t value[6000];
static uint32_t value_len;
static enum store_mode mode;

int32_t store_get(const uint8_t *key, uint32_t key_len, uint8_t *result,
    uint32_t result_max, uint32_t *result_len)
{
	if (key_len != 3 || memcmp(key, "key", 3) != 0)
		return AZ_FAIL(STORE_ERROR_NOT_FOUND);
	*result_len = value_len < result_max ? value_len : result_max;
	memcpy(result, value, *result_len);
	return 0;
}

int32_t store_put(const uint8_t *key, uint32_t key_len, const uint8_t *bytes,
    uint32_t bytes_len)
{
	(void)key;
	/* Nothing that is looked at may lie where a client can write. */
	if ((uintptr_t)bytes - (uintptr_t)az_window_store < 8192)
		return 99;
	if (key_len != 3 || bytes_len > sizeof(value))
		return AZ_FAIL(STORE_ERROR_FULL);
	memcpy(value, bytes, bytes_len);
	value_len = bytes_len;
	return 0;
}

int32_t store_describe(struct store_stats *result)
{
	*result = (struct store_stats){
		.entries = 1, .bytes = value_len, .mode = mode, .open = 1
	};
	return 0;
}

int32_t store_tune(const struct store_stats *s, enum store_mode how, uint32_t c)
{
	(void)s;
	mode = how;
	return c == 'c' ? 0 : AZ_FAIL(0);
}

uint8_t store_count(bool all)
{
	return all ? 255 : 1;
}

double store_mean(float a, double b)
{
	return ((double)a + b) / 2;
}

void store_poke(enum store_mode m)
{
	mode = m;
}

int32_t store_size(const uint8_t *key, uint32_t key_len, uint64_t *result)
{
	(void)key;
	*result = value_len;
	return key_len == 3 ? 0 : AZ_FAIL(STORE_ERROR_NOT_FOUND);
}
