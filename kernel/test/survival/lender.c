/* Lends lists, in turn of its own memory and in the exclusive arena, to a
 * holder that dies with them, or dies itself meanwhile: one thing in each
 * life, as often as the book says. */
#include "survival.h"

#include "book.client.h"
#include "loan.client.h"

#ifndef LIVES
#define LIVES 40
#endif

AZ_WINDOW(loan, 65536);
static uint8_t own[LIST];

/* A call that is answered, however often the holder dies meanwhile. */
static uint32_t answered(uint8_t *list, uint32_t len)
{
	uint32_t sum = 0;
	int32_t status;

	do
		status = loan_work(WAY_SUM, list, len, &sum);
	while (status == AZ_PEER_DIED);
	check(status == 0, "answered");
	return sum;
}

/* The list is there again, whole, and can be written. */
static void check_back(uint8_t *list, uint32_t len, uint32_t seed)
{
	uint32_t sum = list_sum(list, len);

	list_fill(list, len, seed);
	check(list_sum(list, len) == sum, "back");
	check(answered(list, len) == sum, "sum");
	list_fill(list, len, seed + 1);
	check(answered(list, len) == list_sum(list, len), "anew");
}

void _start(void)
{
	uint32_t life = book_turn(0), sum = 0;
	int arena = life / 2 % 2, dies = life % 2;
	uint8_t *list = arena ? az_window_loan : own;
	uint32_t len = arena ? ARENA : LIST;

	if (life == LIVES) {
		trial_say("lives", life);
		az_power(AZ_POWER_HALT);
	}
	/* The holder may still have what a life before lent. */
	list_fill(list, len, life);
	check(answered(list, len) == list_sum(list, len), "first");
	if (dies) {
		/* The killer has waited for longer than this life. */
		list_fill(list, len, life);
		(void)loan_work(WAY_HOLD, list, len, &sum);
		trial_say("outlived", -1);
	}
	check(loan_work(WAY_TRAP, list, len, &sum) == AZ_PEER_DIED, "died");
	check_back(list, len, life);
	__builtin_trap();
}
