/* Is handed canaries, takes its time, and keeps none. */
#include "canary.h"

#define POUR_ARENA pour
#define POUR_ARENA_SIZE 65536
#define POUR_EXCLUSIVE
#include "pour.server.h"

#include <azoth_ring.h>

AZ_RING_WINDOW(out, 4096); /* never read */

static void take_time(void)
{
	check(az_signal_wait(trial_channel("never"), 4 * MS) == 0, "slept");
}

AZ_EXPORT("put") int32_t put(PUT_ARGUMENTS);
int32_t put(PUT_ARGUMENTS)
{
	(void)a, (void)b, (void)c, (void)d, (void)e, (void)f, (void)g, (void)h;
	(void)i, (void)j, (void)k, (void)l, (void)m, (void)n;
	take_time();
	return 0;
}

int32_t pour_pour(const uint8_t *bytes, uint32_t bytes_len, uint32_t *result)
{
	forget((uint8_t *)(uintptr_t)bytes, bytes_len);
	take_time();
	*result = bytes_len;
	return 0;
}
