/* Puts its canary wherever a module can put a value, and is reset. Every other
 * life has none, so that it covers nothing of what the one before left. */
#include "canary.h"

#include <azoth_ring.h>

#include "book.client.h"
#include "pour.client.h"
#include "shop.server.h"

enum { HOT = 12, SPINS = 400000, ARENA_SIZE = 65536 };

AZ_RING_WINDOW(out, 4096);
AZ_RING_WINDOW(in, 4096);
AZ_WINDOW(shop, 65536);
AZ_WINDOW(pour, 65536);

AZ_CALL("sink", "put") int32_t sink_put(PUT_ARGUMENTS);

static const volatile uint8_t hidden[5] = { 'c' ^ 0xff, 'A' ^ 0xff, 'n' ^ 0xff,
	'4' ^ 0xff, 'R' ^ 0xff };
static volatile uint64_t zeros[HOT];
static uint64_t store[4096];
static uint64_t canary;

static uint64_t make(uint32_t life)
{
	uint64_t made = 0;

	for (uint32_t i = 0; i < 5; i++)
		made |= (uint64_t)(hidden[i] ^ 0xff) << 8 * i;
	made |= (uint64_t)('0' + life / 100 % 10) << 40;
	made |= (uint64_t)('0' + life / 10 % 10) << 48;
	return made | (uint64_t)('0' + life % 10) << 56;
}

static void spread(uint8_t *at, uint32_t len)
{
	for (uint32_t i = 0; i + sizeof(canary) <= len; i += sizeof(canary))
		__builtin_memcpy(at + i, &canary, sizeof(canary));
}

/* Behind what the protocol uses of the pages of a ring's ends, and all else
 * that its writer may write. */
static void fill_rings(void)
{
	struct az_ring out, in;
	uint64_t record[8];

	spread((uint8_t *)record, sizeof(record));
	az_ring_open(&out, AZ_WINDOW_AT(out), RING, AZ_RING_WRITER,
	    trial_channel("out"));
	az_ring_open(
	    &in, AZ_WINDOW_AT(in), RING, AZ_RING_READER, trial_channel("in"));
	while (az_ring_put64(&out, record))
		continue;
	for (uint32_t page = 0; page < 2; page++) {
		spread(AZ_WINDOW_AT(out) + AZ_PAGE * page + 8, AZ_PAGE - 8);
		spread(AZ_WINDOW_AT(in) + AZ_PAGE * page + 8, AZ_PAGE - 8);
	}
}

AZ_EXPORT("_initialize")
void begin(void)
{
	uint32_t life = book_turn(0);

	trial_say("life", life);
	if (life % 2 != 0)
		return;
	canary = make(life);
	spread((uint8_t *)store, sizeof(store));
	spread(AZ_WINDOW_AT(shop), ARENA_SIZE);
	spread(AZ_WINDOW_AT(pour), ARENA_SIZE);
	fill_rings();
	check(az_signal_after(trial_channel("still"), (int64_t)canary,
		  (int64_t)canary) == 0,
	    "timer");
	check(az_cap_derive(
		  trial_channel("still"), AZ_RIGHT_READ, (int64_t)canary) > 0,
	    "lease");
}

/* With a canary in as many registers as the compiler gives. */
static void spin(uint64_t c)
{
	uint64_t a[HOT];
	double f[HOT];

	for (int i = 0; i < HOT; i++) {
		a[i] = c ^ zeros[i];
		__builtin_memcpy(&f[i], &a[i], sizeof(c));
	}
	for (int n = 0; n < SPINS; n++)
		for (int i = 0; i < HOT; i++) {
			a[i] ^= zeros[i];
			f[i] += (double)zeros[i];
		}
	for (int i = 0; i < HOT; i++)
		store[i] = a[i] + (uint64_t)(f[i] == 0);
}

static void put(uint64_t c)
{
	int64_t a = (int64_t)c;
	double f;

	__builtin_memcpy(&f, &c, sizeof(f));
	check(sink_put(a, a, a, a, a, a, f, f, f, f, f, f, f, f) == 0, "put");
}

int32_t shop_ask(uint32_t way, uint64_t *result)
{
	uint32_t sum;

	*result = canary;
	if (canary == 0)
		return 0;
	if (way == ASK_SPIN)
		spin(canary);
	if (way == ASK_PUT)
		put(canary);
	if (way == ASK_POUR)
		check(pour_pour(store, SHORT_LIST, &sum) == 0, "pour");
	if (way == ASK_FLOOD)
		check(pour_pour(AZ_WINDOW_AT(pour), LONG_LIST, &sum) == 0,
		    "flood");
	if (way == ASK_SLEEP)
		(void)az_signal_wait(trial_channel("still"), (int64_t)canary);
	return 0;
}
