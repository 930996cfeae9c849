/* teller: calls the vault, which breaks once and is there again. */
#include <azoth.h>
#include <stdio.h>

AZ_CALL("vault", "deposit") int32_t deposit(int32_t coins);

static void pay_in(int32_t coins)
{
	printf("paid in %d, have %d\n", coins, deposit(coins));
}

int main(void)
{
	int32_t vault = az_channel("vault", 5);

	pay_in(5);
	pay_in(7);
	if (deposit(13) == AZ_PEER_DIED)
		printf("the vault broke over 13 coins\n");

	/* Waits until the vault is ready again. */
	pay_in(2);
	printf("this is vault number %d\n", az_generation(vault) + 1);
	az_power(AZ_POWER_HALT);
	return 1;
}
