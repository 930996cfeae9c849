/* mill: serves two interfaces, and has a fault: nobody refills its oil. When
 * it has run dry it traps, and all that it knew goes with it. */
#include "mill.server.h"
#include "scale.server.h"

enum { SACK = 50, SACKS_MAX = 1000 };

static uint32_t oil = 4, flour;

static void turn(void)
{
	if (oil == 0)
		__builtin_trap();
	oil--;
}

int32_t mill_grind(uint32_t grain, uint32_t *result)
{
	if (grain == 0)
		return AZ_FAIL(MILL_TROUBLE_NO_GRAIN);
	turn();
	flour += grain;
	*result = flour;
	return 0;
}

int32_t scale_weigh(uint32_t sacks, uint32_t *result)
{
	if (sacks > SACKS_MAX)
		return AZ_FAIL(SCALE_TROUBLE_TOO_HEAVY);
	turn();
	*result = sacks * SACK;
	return 0;
}
