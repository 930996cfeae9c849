/* asker: sends notes and looks at the answers, waiting in every way there is:
 * for ever, for a time, and with a right that ends meanwhile. */
#include <stdio.h>
#include <unistd.h>

#include "turns.h"

AZ_RING_WINDOW(there, SIZE);
AZ_RING_WINDOW(back, SIZE);

static struct az_ring out, in;
static int32_t own, leased;

/* One that has not ended, or not yet. */
static int32_t handle_for(uint64_t number)
{
	if (number / 10000 % 3 != 2)
		return own;
	if (leased <= 0)
		leased = az_cap_derive(own, AZ_RIGHT_WRITE, LATE_NS / 2);
	return leased > 0 ? leased : own;
}

/* Until the answer is there: false when it may have been lost. */
static bool wait_for(const struct note *asked, struct note *note)
{
	int64_t ns = asked->number / 10000 % 3 == 1 ? LATE_NS : AZ_FOR_EVER;

	for (int tries = 0; tries < 8; tries++) {
		int32_t status = az_ring_turn(handle_for(asked->number), ns);

		if (status == AZ_PEER_REVOKED || status == AZ_BAD_HANDLE)
			leased = 0;
		else if (status < 0)
			printf("wrong: status %d\n", status);
		while (az_ring_take64(&in, note)) {
			if (note->number != asked->number ||
			    note->life != asked->life)
				continue; /* to an earlier one, too late */
			if (note->answer != answer_to(asked))
				printf("wrong: answer\n");
			return true;
		}
	}
	return false;
}

int main(void)
{
	struct note asked = { 0 }, note;
	int32_t good = az_channel("good", 4);

	getentropy(&asked.life, sizeof(asked.life));
	own = az_channel("there", 5);
	az_ring_open(&out, AZ_WINDOW_AT(there), SIZE, AZ_RING_WRITER, own);
	az_ring_open(&in, AZ_WINDOW_AT(back), SIZE, AZ_RING_READER,
	    az_channel("back", 4));
	for (;;) {
		asked.number++;
		do
			(void)az_ring_put64(&out, &asked);
		while (!wait_for(&asked, &note));
		if (asked.number % PER_RAISE == 0)
			az_signal_raise(good);
	}
}
