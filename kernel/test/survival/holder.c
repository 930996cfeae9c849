/* Works on the lists that it is lent: dies with one, or holds it while the
 * one who lent it dies. */
#include "survival.h"

#define LOAN_ARENA loan
#define LOAN_ARENA_SIZE 65536
#define LOAN_EXCLUSIVE
#include "loan.server.h"

int32_t loan_work(
    uint32_t way, const uint8_t *bytes, uint32_t bytes_len, uint32_t *result)
{
	*result = list_sum(bytes, bytes_len);
	if (way == WAY_TRAP)
		__builtin_trap();
	if (way != WAY_HOLD)
		return 0;
	check(az_signal_raise(trial_channel("held")) == 0, "raised");
	check(az_signal_wait(trial_channel("still"), 20 * MS) == 0, "slept");
	if (list_sum(bytes, bytes_len) == *result)
		trial_say("held", bytes_len);
	else
		trial_say("changed", -1);
	return 0;
}
