/* ledger: books payments until one goes to an account that is not there.
 * The functions are kept apart for the sake of the back-trace. */
#include <stdint.h>
#include <stdio.h>

#define APART __attribute__((noinline))

enum { ACCOUNTS = 4, PAYMENTS = 4 };

struct payment {
	uint32_t account;
	int32_t amount;
};

static volatile int32_t balance[ACCOUNTS];

static APART void add(volatile int32_t *to, int32_t amount)
{
	*to += amount;
}

static APART void book(const struct payment *p)
{
	add(balance + p->account, p->amount);
	printf("booked %d on account %u\n", p->amount, p->account);
}

static APART void book_all(const struct payment *list, int count)
{
	for (int n = 0; n < count; n++)
		book(&list[n]);
	printf("all booked\n");
}

int main(void)
{
	static const struct payment list[PAYMENTS] = {
		{ 0, 100 },
		{ 3, 25 },
		{ 0x20000000, 7 },
		{ 1, 50 },
	};

	book_all(list, PAYMENTS);
	return 0;
}
