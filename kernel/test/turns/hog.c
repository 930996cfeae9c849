/* hog: computes, and wants the CPU all the time. */
#include <azoth.h>

int main(void)
{
	int32_t alive = az_channel("alive", 5);

	for (;;) {
		for (volatile uint32_t n = 0; n < 1000000; n++)
			;
		az_signal_raise(alive);
	}
}
