/* miller: has work for a mill that breaks down. Grinding twice would make
 * twice the flour, so a failed call is an error that it has to deal with;
 * weighing may be repeated, and is: it never hears of a failure. */
#include <stdio.h>

#include "mill.client.h"
#include "scale.client.h"

static void grind(uint32_t grain)
{
	uint32_t flour = 0;
	int32_t status = mill_grind(grain, &flour);

	if (status == AZ_PEER_DIED)
		printf("the mill died; its generation is %d\n",
		    az_generation(az_channel("mill", 4)));
	else if (status == AZ_FAIL(MILL_TROUBLE_NO_GRAIN))
		printf("no grain, says the mill\n");
	else
		printf("flour in the bin: %u\n", flour);
}

/* How many of that many loads are weighed right. */
static uint32_t weigh(uint32_t loads)
{
	uint32_t weight, right = 0;

	for (uint32_t n = 1; n <= loads; n++)
		right += scale_weigh(n, &weight) == 0 && weight == 50 * n;
	return right;
}

int main(void)
{
	for (int n = 0; n < 5; n++)
		grind(10);
	/* What is repeated also waits until the mill has started again; any
	 * other call would be told once more that it died. */
	printf("the mill is back: %s\n", weigh(1) == 1 ? "it weighs" : "?");
	grind(10);
	grind(0);
	printf("weighed %u of 8 loads;", weigh(8));
	printf(" its generation is %d\n", az_generation(az_channel("mill", 4)));
	return az_power(AZ_POWER_HALT);
}
