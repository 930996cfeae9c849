/* store: what is known of each kind of value. */
#include "store.server.h"

static struct {
	uint32_t count;
	int32_t lowest, highest;
	int64_t sum;
} kinds[2];

int32_t store_keep(uint32_t what, int32_t value)
{
	if (kinds[what].count == 0 || value < kinds[what].lowest)
		kinds[what].lowest = value;
	if (kinds[what].count == 0 || value > kinds[what].highest)
		kinds[what].highest = value;
	kinds[what].sum += value;
	kinds[what].count++;
	return 0;
}

int32_t store_summarize(uint32_t what, struct store_summary *result)
{
	if (kinds[what].count == 0)
		return AZ_FAIL(STORE_TROUBLE_NOTHING_YET);
	result->count = kinds[what].count;
	result->lowest = kinds[what].lowest;
	result->highest = kinds[what].highest;
	result->mean = (int32_t)(kinds[what].sum / kinds[what].count);
	return 0;
}
