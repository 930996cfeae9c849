/* Lends its right to call the desk to the guest, takes it back at some moment
 * of a call, tells so, and again. At last it closes its own. */
#include "loan.h"

#ifndef ROUNDS
#define ROUNDS 300
#endif

AZ_CALL("desk", "work") int32_t work(uint32_t rounds);
AZ_CALL("handle:desk", "work") int32_t work_by(int32_t handle, uint32_t rounds);

void _start(void)
{
	int32_t desk = trial_channel("desk"), link = trial_channel("link");
	int32_t back = trial_channel("back");

	check(work(1) == 0);
	check(work_by(desk, 1) == 0);
	check(work_by(back, 1) == AZ_BAD_HANDLE);
	for (int n = 0; n < ROUNDS; n++) {
		check(az_signal_wait(back, AZ_FOR_EVER) == 1);
		check(az_cap_lend(desk, link, AZ_RIGHT_CALL, 0) > 0);
		check(az_signal_raise(link) == 0);
		check(az_signal_wait(
			  back, 20 * US + trial_random() % (300 * US)) == 0);
		check(az_cap_revoke(desk) == 0);
		check(az_signal_raise(link) == 0);
		/* Its own right is as it was. */
		if (n % 8 == 0)
			check(work(1) == 0);
	}
	check(az_signal_wait(back, AZ_FOR_EVER) == 1);
	check(az_cap_close(desk) == 0);
	check(work(1) == AZ_PEER_REVOKED);
	check(work_by(desk, 1) < 0);
	check(trial_channel("desk") == AZ_PEER_REVOKED);
	trial_say("rounds", ROUNDS);
	trial_say("wrong", wrong);
	az_power(AZ_POWER_HALT);
}
