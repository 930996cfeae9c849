/* steady: works while its neighbours crash. */
#include <stdio.h>

int main(void)
{
	volatile unsigned long sum = 0;

	for (unsigned n = 1; n <= 4000000; n++)
		sum = sum + n % 7;
	printf("the sum is %lu, as always\n", sum);
	return 0;
}
