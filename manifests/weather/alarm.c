/* alarm: warns of frost. */
#include "journal.client.h"

int main(void)
{
	static const char warning[] = "frost: bring in the lemon trees";
	int32_t frost = az_channel("frost", 5);

	while (az_signal_wait(frost, AZ_FOR_EVER) > 0)
		journal_note(warning, sizeof(warning) - 1);
	return 1;
}
