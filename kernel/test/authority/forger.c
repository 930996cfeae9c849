/* Tries FORGED handles that it was never given, in every call that takes one.
 * Each must be answered with AZ_BAD_HANDLE; what the others hold, and its own
 * end, must not notice. */
#include "trial.h"

#ifndef FORGED
#define FORGED 1000000
#endif
enum { OWN_CHECK = 1 << 12 };

static int32_t bell;
static uint32_t wrong;

static void expect(int32_t got, int32_t wanted)
{
	wrong += got != wanted;
}

static int32_t try(uint32_t which, int32_t handle)
{
	switch (which % 10) {
	case 0:
		return az_signal_raise(handle);
	case 1:
		return az_signal_wait(handle, 0);
	case 2:
		return az_signal_after(handle, MS, MS);
	case 3:
		return az_cap_derive(handle, AZ_RIGHT_READ, 0);
	case 4:
		return az_cap_lend(handle, bell, AZ_RIGHT_READ, 0);
	case 5:
		return az_cap_lend(bell, handle, AZ_RIGHT_READ, 0);
	case 6:
		return az_cap_revoke(handle);
	case 7:
		return az_cap_close(handle);
	case 8:
		return az_generation(handle);
	default:
		return az_ring_wake(handle);
	}
}

/* Small numbers, neighbours and flipped bits of the own handle, any number. */
static int32_t forge(void)
{
	uint32_t bits = trial_random(), how = trial_random() % 4;

	if (how == 0)
		return (int32_t)(bits % 65536);
	if (how == 1)
		return (int32_t)((uint32_t)bell + bits % 128 - 64);
	if (how == 2)
		return (int32_t)((uint32_t)bell ^ 1u << bits % 32);
	return (int32_t)bits;
}

void _start(void)
{
	bell = trial_channel("bell");
	for (uint32_t n = 0; n < FORGED; n++) {
		int32_t handle = forge();

		if (handle != bell)
			expect(try(n, handle), AZ_BAD_HANDLE);
		if (n % OWN_CHECK != 0)
			continue;
		expect(az_signal_raise(bell), AZ_DENIED);
		expect(az_ring_wake(bell), AZ_BAD_HANDLE);
		expect(az_cap_derive(bell, AZ_RIGHT_WRITE, 0), AZ_DENIED);
		expect(az_cap_derive(bell, 0, 0), AZ_BAD_ARGUMENT);
		expect(trial_channel("bell"), bell);
	}
	trial_say("forged", FORGED);
	trial_say("wrong", wrong);
}
