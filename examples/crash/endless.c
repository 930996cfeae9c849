/* endless: never gives the processor back of its own will. */
#include <stdio.h>

int main(void)
{
	volatile unsigned turns = 0;

	printf("for ever and ever\n");
	for (;;)
		turns = turns + 1;
}
