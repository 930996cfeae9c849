/* beat: tells the sensors when to measure, until all is done. */
#include <azoth.h>

enum { PERIOD_NS = 2000000 };

int main(void)
{
	int32_t tick = az_channel("tick", 4);

	az_signal_after(tick, PERIOD_NS, PERIOD_NS);
	az_signal_wait(az_channel("done", 4), AZ_FOR_EVER);
	az_signal_after(tick, 0, 0);
	return 0;
}
