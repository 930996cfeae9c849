/* ratio: divides by a number that nobody checked. */
#include <stdio.h>

static int percent(int part, int whole)
{
	return part * 100 / whole;
}

int main(int argc, char **argv)
{
	(void)argv;
	printf("half is %d %%\n", percent(1, 2));
	printf("and this is %d %%\n", percent(1, argc - 1));
	return 0;
}
