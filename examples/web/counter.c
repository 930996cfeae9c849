/* counter: how many have come by. */
#include "counter.server.h"

static uint32_t visits;

int32_t counter_visit(uint32_t *result)
{
	*result = ++visits;
	return 0;
}
