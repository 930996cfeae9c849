/* Gives a sample every 40 ms, until the recorder needs no more. */
#include <azoth.h>
#include <stdio.h>

enum { PERIOD_NS = 40000000 };

int main(void)
{
	int32_t sample = az_channel("sample", 6);
	int32_t done = az_channel("done", 4);

	az_signal_after(sample, PERIOD_NS, PERIOD_NS);
	az_signal_wait(done, AZ_FOR_EVER);
	puts("the recorder is done");
	return 0;
}
