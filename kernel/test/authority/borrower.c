/* Uses what the lender lends it, as fast as it can. When the lender has said
 * that it took it back, no use may succeed any more; a wait through it comes
 * back with that news. */
#include "loan.h"

#ifndef ROUNDS
#define ROUNDS 300
#endif
enum { SLOT = 1 << 10, TRIES = 10 };

static int32_t back, own;
static uint32_t used, waits;

/* The number of the next capability that this module gets: the slot of one
 * that it just gave back, one generation later. */
static int32_t next_number(void)
{
	int32_t spare = az_cap_derive(own, AZ_RIGHT_READ, 0);

	check(spare > 0);
	check(az_cap_close(spare) == 0);
	check(az_cap_close(spare) == AZ_BAD_HANDLE);
	return spare + SLOT;
}

static void check_dead(int32_t lent)
{
	for (int i = 0; i < TRIES; i++) {
		check(az_signal_raise(lent) == AZ_BAD_HANDLE);
		check(az_signal_wait(lent, 0) == AZ_BAD_HANDLE);
		check(az_cap_derive(lent, AZ_RIGHT_WRITE, 0) == AZ_BAD_HANDLE);
	}
}

/* Until told that it was revoked; also through a copy of its own. */
static void ring(int32_t lent)
{
	int32_t copy = az_cap_derive(lent, AZ_RIGHT_WRITE, 0);

	/* It may be over before it began. */
	check(copy > 0 || copy == AZ_BAD_HANDLE);
	while (!told(0)) {
		int32_t one = az_signal_raise(lent);
		int32_t other = az_signal_raise(copy);

		used += (one == 0) + (other == 0);
		check(one == 0 || one == AZ_BAD_HANDLE);
		check(other == 0 || other == AZ_BAD_HANDLE);
		/* What is dead stays dead. */
		check(one == 0 || other != 0);
	}
	check_dead(lent);
	check_dead(copy);
}

static void wait(int32_t lent)
{
	/* A part of another's end gives that part only. */
	int32_t raised = az_signal_raise(lent);

	check(raised == AZ_DENIED || raised == AZ_BAD_HANDLE);
	raised = az_signal_wait(lent, AZ_FOR_EVER);
	check(raised == AZ_PEER_REVOKED || raised == AZ_BAD_HANDLE);
	waits += raised == AZ_PEER_REVOKED;
	check(told(AZ_FOR_EVER));
	check_dead(lent);
}

void _start(void)
{
	int32_t lent;

	link_end = own = trial_channel("link");
	back = trial_channel("back");
	for (int n = 0; n < ROUNDS; n++) {
		lent = next_number();
		check(az_signal_raise(back) == 0);
		check(told(AZ_FOR_EVER));
		if (n % 3 == 2)
			wait(lent);
		else
			ring(lent);
	}
	/* The last one ends with its lender. */
	lent = next_number();
	check(az_signal_raise(back) == 0);
	check(told(AZ_FOR_EVER));
	while (az_signal_raise(lent) == 0)
		used++;
	check_dead(lent);
	trial_say("used", used);
	trial_say("waits", waits);
	trial_say("wrong", wrong);
}
