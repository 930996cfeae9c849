/* A module that wants everything, in the way that FLOOD names. */
#include "trial.h"

enum { SPIN, SIGNALS, TIMERS, MEMORY, HANDLES };
/* The preprocessor asks for these. */
#define CALLS 5
#define DEATHS 6
enum { PAGES = 256, PAGE = 65536, MANY = 6000, FRAME = 4096 };

static volatile uint32_t work;

#if FLOOD == CALLS /* others have no desk */
AZ_CALL("desk", "work") int32_t call(uint32_t rounds);
#else
static int32_t call(uint32_t rounds)
{
	return (int32_t)rounds;
}
#endif

static void use_signals(int32_t tick)
{
	az_signal_raise(tick);
	az_signal_wait(tick, 0);
}

/* All the timers that one may have, as fast as they may go, set anew without
 * pause, and some that are due at once. */
static void use_timers(int32_t tick)
{
	static int32_t handles[8];
	static uint32_t at;

	for (int i = 0; handles[i % 8] == 0 && i < 8; i++)
		handles[i] =
		    az_cap_derive(tick, AZ_RIGHT_READ | AZ_RIGHT_WRITE, 0);
	for (int i = 0; handles[i % 8] < 0 && i < 8; i++)
		handles[i] = az_cap_derive(tick, AZ_RIGHT_READ, 0);
	at++;
	az_signal_after(handles[at % 8], at % 3 == 0 ? 0 : MS / 4, MS);
}

static void use_memory(void)
{
	__builtin_wasm_memory_grow(0, 1);
	__builtin_memset((void *)PAGE, (int)work, 2 * PAGE);
}

static void use_handles(int32_t tick)
{
	if (az_cap_derive(tick, AZ_RIGHT_LEND, 5 * MS) < 0)
		az_cap_revoke(tick);
}

#if FLOOD == DEATHS
/* Each life writes to all of 375 MiB, and has to grow for the last third. */
static void use_lives(void)
{
	static volatile uint8_t large[MANY / 3 * 2 * PAGE];

	large[0] = 1;
	__builtin_wasm_memory_grow(0, MANY / 3);
	for (uint32_t at = PAGE; at < MANY * PAGE; at += FRAME)
		*(volatile uint8_t *)at = 1;
	__builtin_trap();
}
#else
static void use_lives(void)
{
}
#endif

void _start(void)
{
	int32_t noise = trial_channel("noise");

	for (;;) {
		work += 1;
		switch (FLOOD) {
		case SIGNALS:
			use_signals(noise);
			break;
		case TIMERS:
			use_timers(noise);
			break;
		case MEMORY:
			use_memory();
			break;
		case HANDLES:
			use_handles(noise);
			break;
		case CALLS:
			call(1);
			break;
		case DEATHS:
			use_lives();
			break;
		default:
			break;
		}
	}
}
