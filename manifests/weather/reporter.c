/* reporter: when all is collected, tells the journal what the day was like. */
#include "journal.client.h"
#include "store.client.h"

static void report(uint32_t what, const char *name, uint32_t name_len)
{
	struct store_summary s;

	if (store_summarize(what, &s) == 0)
		journal_values(
		    name, name_len, s.count, s.lowest, s.highest, s.mean);
}

int main(void)
{
	az_signal_wait(az_channel("done", 4), AZ_FOR_EVER);
	report(STORE_KIND_HEAT, "degrees", 7);
	report(STORE_KIND_AIR, "hPa", 3);
	az_signal_raise(az_channel("told", 4));
	return 0;
}
