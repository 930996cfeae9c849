/* teller: calls the vault, which breaks once and is there again. */
#include "vault.client.h"

#include <stdio.h>

static int32_t pay_in(uint32_t coins)
{
	uint32_t balance = 0;
	int32_t status = vault_deposit(coins, &balance);

	if (status == 0)
		printf("paid in %u, have %u\n", coins, balance);
	else if (status > 0)
		printf("refused: trouble %d\n", status - 1);
	return status;
}

int main(void)
{
	pay_in(5);
	pay_in(0);
	pay_in(7);
	if (pay_in(13) == AZ_PEER_DIED)
		printf("the vault broke over 13 coins\n");

	/* Waits until the vault is ready again. */
	pay_in(2);
	printf("this is vault number %d\n",
	    az_generation(az_channel("vault", 5)) + 1);
	return az_power(AZ_POWER_HALT);
}
