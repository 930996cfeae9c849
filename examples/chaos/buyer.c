/* buyer [ROUNDS]: buys the same things again and again, and checks every bill.
 * Without ROUNDS for ever. A till that fails means to begin again; one that
 * cannot add up, to give up and be started again. */
#include <azoth.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { PRICES = 8, EVERY = 10 };

AZ_CALL("till", "lay") int32_t lay(int32_t price);
AZ_CALL("till", "pay") int32_t pay(void);

static int wrong;

/* Whether the round came to its end with the right bill. */
static int buy(int32_t round)
{
	int32_t sum = 0, bill;

	if (pay() < 0)
		return 0;
	for (int32_t i = 0; i < PRICES; i++) {
		int32_t price = 100 + i * (round % 7);

		if (lay(price) < 0)
			return 0;
		sum += price;
	}
	bill = pay();
	if (bill == sum)
		return 1;
	wrong += bill >= 0;
	return 0;
}

int main(int argc, char **argv)
{
	int32_t rounds = argc > 1 ? atoi(argv[1]) : 0;

	for (int32_t round = 1; rounds == 0 || round <= rounds; round++) {
		while (!buy(round)) {
			if (wrong > 2)
				return 1;
			sched_yield();
		}
		if (round % EVERY == 0)
			printf("%d bills were right\n", round);
	}
	az_power(AZ_POWER_HALT);
	return 1;
}
