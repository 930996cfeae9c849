/* Lends its right to ring the bell to the borrower, takes it back at some
 * moment of its use, tells so, and again; so with the right to wait for what
 * nobody raises. At last it ends with the right lent. */
#include "loan.h"

#ifndef ROUNDS
#define ROUNDS 300
#endif

void _start(void)
{
	int32_t bell = trial_channel("bell"), link = trial_channel("link");
	int32_t back = trial_channel("back"), still = trial_channel("still");

	for (int n = 0; n <= ROUNDS; n++) {
		int waits = n % 3 == 2 && n != ROUNDS;
		int32_t lent;

		check(az_signal_wait(back, AZ_FOR_EVER) == 1);
		lent = az_cap_lend(waits ? still : bell, link,
		    waits ? AZ_RIGHT_READ : AZ_RIGHT_WRITE, 0);
		check(lent > 0);
		check(az_signal_raise(link) == 0);
		/* It is used in the meantime. */
		check(az_signal_wait(
			  back, 20 * US + trial_random() % (200 * US)) == 0);
		if (n == ROUNDS)
			break;
		check(az_cap_revoke(waits ? still : bell) == 0);
		check(az_signal_raise(link) == 0);
	}
	trial_say("rounds", ROUNDS);
	trial_say("wrong", wrong);
}
