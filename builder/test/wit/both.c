/* Both ends of store.wit on a host: a gate that only copies stands between
 * them, and each function is called through it, rightly and wrongly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"

static void check(int line, bool good)
{
	if (good)
		return;
	printf("both.c:%d\n", line);
	exit(1);
}
#define must(condition) check(__LINE__, condition)

extern uint8_t az_window_inbox[AZ_INBOX_SIZE], az_window_store[8192];

int32_t store_export_get(const uint8_t *key, uint32_t key_len, uint8_t *result,
    uint32_t result_max, uint32_t *result_len);
int32_t store_export_put(const uint8_t *key, uint32_t key_len,
    const uint8_t *value, uint32_t value_len);
int32_t store_export_describe(struct store_stats *result);
int32_t store_export_tune(
    const struct store_stats *s, uint32_t how, uint32_t c);
uint32_t store_export_count(uint32_t all);
double store_export_mean(float a, double b);
void store_export_poke(uint32_t m);
int32_t store_export_size(
    const uint8_t *key, uint32_t key_len, uint64_t *result);

/* Copy i of a call: to its place in the inbox. */
static void *in(int i, const void *bytes, uint32_t len)
{
	uint8_t *place = az_window_inbox + i * AZ_PAGE;

	memset(place, 0xa5, AZ_PAGE);
	if ((uintptr_t)bytes - (uintptr_t)az_window_store < 8192)
		return (void *)(uintptr_t)bytes;
	must(len <= AZ_PAGE);
	memcpy(place, bytes, len);
	return place;
}

static void *out(int i)
{
	return in(i, NULL, 0);
}

int32_t store_get(const void *key, uint32_t key_len, void *result,
    uint32_t result_max, uint32_t *result_len)
{
	uint8_t *to = out(1);
	uint32_t *len = out(2);
	int32_t status =
	    store_export_get(in(0, key, key_len), key_len, to, result_max, len);

	memcpy(result, to, result_max);
	*result_len = *len;
	return status;
}

int32_t store_put(
    const void *key, uint32_t key_len, const void *value, uint32_t value_len)
{
	return store_export_put(
	    in(0, key, key_len), key_len, in(1, value, value_len), value_len);
}

int32_t store_describe(struct store_stats *result)
{
	struct store_stats *to = out(0);
	int32_t status = store_export_describe(to);

	*result = *to;
	return status;
}

int32_t store_tune(const struct store_stats *s, enum store_mode how, uint32_t c)
{
	return store_export_tune(in(0, s, sizeof(*s)), how, c);
}

uint32_t store_call_count(uint32_t all)
{
	return store_export_count(all) | 0xabcd00; /* a server that lies */
}

double store_mean(float a, double b)
{
	return store_export_mean(a, b);
}

void store_poke(enum store_mode m)
{
	store_export_poke(m);
}

int32_t store_size(const void *key, uint32_t key_len, uint64_t *result)
{
	uint64_t *to = out(1);
	int32_t status = store_export_size(in(0, key, key_len), key_len, to);

	*result = *to;
	return status;
}

static void try_lists(void)
{
	uint8_t text[16];
	uint32_t len;
	uint64_t size;

	must(store_put("key", 3, "value", 5) == 0);
	must(store_get("key", 3, text, sizeof(text), &len) == 0);
	must(len == 5 && memcmp(text, "value", 5) == 0);
	must(store_get("key", 3, text, 2, &len) == 0 && len == 2);
	must(store_get("kez", 3, text, 2, &len) ==
	     AZ_FAIL(STORE_ERROR_NOT_FOUND));
	must(len == 0);
	must(store_size("key", 3, &size) == 0 && size == 5);
	must(store_size("", 0, &size) == AZ_FAIL(STORE_ERROR_NOT_FOUND));
	/* Over 4 KiB lists come through the arena. */
	memset(az_window_store, 'x', 8192);
	must(store_put("key", 3, az_window_store + 100, 6000) == 0);
	must(store_size("key", 3, &size) == 0 && size == 6000);
	must(store_put(az_window_store, 3, az_window_store, 8192) ==
	     AZ_BAD_ARGUMENT);
	must(store_put("key", 3, az_window_store + 8191, 2) == AZ_BAD_ARGUMENT);
}

static void try_values(void)
{
	struct store_stats s;

	must(store_describe(&s) == 0);
	must(s.entries == 1 && s.bytes == 6000 && s.open == 1);
	must(store_tune(&s, STORE_MODE_SLOW, 'c') == 0);
	must(store_describe(&s) == 0 && s.mode == STORE_MODE_SLOW);
	must(store_tune(&s, STORE_MODE_SLOW, 'd') == AZ_FAIL(0));
	must(store_tune(&s, (enum store_mode)2, 'c') == AZ_BAD_ARGUMENT);
	must(store_tune(&s, STORE_MODE_FAST, 0xd800) == AZ_BAD_ARGUMENT);
	s.mode = 2;
	must(store_tune(&s, STORE_MODE_FAST, 'c') == AZ_BAD_ARGUMENT);
	s.mode = 0;
	s.open = 2;
	must(store_tune(&s, STORE_MODE_FAST, 'c') == AZ_BAD_ARGUMENT);
	must(store_count(true) == 255 && store_count(false) == 1);
	must(store_mean(1, 2) == 1.5);
	store_poke(STORE_MODE_FAST);
	must(store_describe(&s) == 0 && s.mode == STORE_MODE_FAST);
	store_poke((enum store_mode)7); /* goes nowhere */
	must(store_describe(&s) == 0 && s.mode == STORE_MODE_FAST);
}

int main(void)
{
	try_lists();
	try_values();
	puts("both ends agree");
	return 0;
}
