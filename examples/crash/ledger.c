/* ledger: books payments, each by the clerk for its kind, until one goes to
 * an account that is not there. */
#include <stdint.h>
#include <stdio.h>

enum { ACCOUNTS = 4 };
enum kind { DEPOSIT, TRANSFER, KINDS };

struct payment {
	enum kind kind;
	uint32_t from, to;
	int32_t amount;
};

static int32_t balance[ACCOUNTS];

static void deposit(const struct payment *p)
{
	balance[p->to] += p->amount;
	printf("deposited %d on account %u\n", p->amount, p->to);
}

static void transfer(const struct payment *p);

/* Volatile: clerks may be replaced while the office is open. */
static void (*volatile clerks[KINDS])(const struct payment *) = {
	[DEPOSIT] = deposit,
	[TRANSFER] = transfer,
};

/* A transfer is two deposits, one of them negative. */
static void transfer(const struct payment *p)
{
	const struct payment halves[] = {
		{ .kind = DEPOSIT, .to = p->from, .amount = -p->amount },
		{ .kind = DEPOSIT, .to = p->to, .amount = p->amount },
	};

	for (int n = 0; n < 2; n++)
		clerks[halves[n].kind](&halves[n]);
}

int main(void)
{
	static const struct payment list[] = {
		{ .kind = DEPOSIT, .to = 0, .amount = 100 },
		{ .kind = TRANSFER, .from = 0, .to = 3, .amount = 25 },
		{ .kind = TRANSFER, .from = 3, .to = 0x20000000, .amount = 7 },
	};

	for (unsigned n = 0; n < sizeof list / sizeof list[0]; n++)
		clerks[list[n].kind](&list[n]);
	printf("all booked\n");
	return 0;
}
