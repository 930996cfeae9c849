/* vault: keeps a balance, and breaks over 13. */
#include <azoth.h>
#include <stdio.h>

static int balance;

/* The new balance. A module that traps is started again with an empty one. */
AZ_EXPORT("deposit") int32_t deposit(int32_t coins)
{
	if (coins == 13)
		__builtin_trap();
	balance += coins;
	printf("%d coins in, %d in all\n", coins, balance);
	return balance;
}
