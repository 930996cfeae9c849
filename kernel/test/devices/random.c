/* Asks for random bytes until there are some, and says how many answers were
 * the same. */
#include "../authority/trial.h"

__attribute__((
    import_module("wasi_snapshot_preview1"), import_name("random_get"))) int32_t
random_get(void *out, int32_t len);

void _start(void)
{
	uint64_t one = 0, two = 0;
	int32_t early = random_get(&one, sizeof(one));

	while (random_get(&one, sizeof(one)) != 0)
		az_signal_any(MS);
	trial_say("early", early);
	trial_say("late", random_get(&two, sizeof(two)));
	trial_say("same", one == two);
	az_power(AZ_POWER_HALT);
}
