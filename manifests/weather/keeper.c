/* keeper: ends the day. */
#include <azoth.h>

int main(void)
{
	az_signal_wait(az_channel("told", 4), AZ_FOR_EVER);
	return az_power(AZ_POWER_HALT);
}
