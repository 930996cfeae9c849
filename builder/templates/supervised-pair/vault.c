/* vault: keeps coins, and breaks over 13 of them. */
#include "vault.server.h"

#include <stdio.h>

static uint32_t balance;

int32_t vault_deposit(uint32_t coins, uint32_t *result)
{
	if (coins == 0)
		return AZ_FAIL(VAULT_TROUBLE_NO_COINS);
	if (coins == 13)
		__builtin_trap();
	balance += coins;
	printf("%u coins in, %u in all\n", coins, balance);
	*result = balance;
	return 0;
}
