/* Calls the desk through what the keeper lends it, as fast as it can or
 * asleep there. When told that it was taken back, no call may succeed. */
#include "loan.h"

#ifndef ROUNDS
#define ROUNDS 300
#endif
enum { SLOT = 1 << 10, TRIES = 5, REST_US = 3000 };

AZ_CALL("handle:desk", "work") int32_t work_by(int32_t handle, uint32_t rounds);
AZ_CALL("handle:desk", "rest") int32_t rest_by(int32_t handle, uint32_t us);

static int32_t back;
static uint32_t done, cut;

static int32_t next_number(void)
{
	int32_t spare = az_cap_derive(link_end, AZ_RIGHT_READ, 0);

	check(az_cap_close(spare) == 0);
	return spare + SLOT;
}

static void call(int32_t lent, int sleeps)
{
	int32_t got = sleeps ? rest_by(lent, REST_US) : work_by(lent, 50);

	done += got == 0;
	cut += got == AZ_PEER_REVOKED;
	check(got == 0 || got == AZ_PEER_REVOKED || got == AZ_BAD_HANDLE);
}

void _start(void)
{
	link_end = trial_channel("link");
	back = trial_channel("back");
	for (int n = 0; n < ROUNDS; n++) {
		int32_t lent = next_number();

		check(az_signal_raise(back) == 0);
		check(told(AZ_FOR_EVER));
		do
			call(lent, n % 3 == 2);
		while (!told(0));
		for (int i = 0; i < TRIES; i++) {
			check(work_by(lent, 1) == AZ_BAD_HANDLE);
			check(rest_by(lent, 1) == AZ_BAD_HANDLE);
		}
	}
	trial_say("done", done);
	trial_say("cut", cut);
	trial_say("wrong", wrong);
	check(az_signal_raise(back) == 0);
}
