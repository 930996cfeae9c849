/* What the modules of these trials share: lists that can be told apart, and
 * the ways to work on one. Freestanding. */
#ifndef SURVIVAL_H
#define SURVIVAL_H

#include "../authority/trial.h"

enum way {
	WAY_SUM,  /* what the list holds */
	WAY_TRAP, /* looks at it, and traps */
	WAY_HOLD, /* tells that it has it, sleeps, and looks again */
};
enum { LIST = 1000, ARENA = 65536, PAGES = 4 };

static inline void list_fill(uint8_t *list, uint32_t len, uint32_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		list[i] = (uint8_t)(seed * 7 + i * 13 + (i >> 8));
}

static inline uint32_t list_sum(const volatile uint8_t *list, uint32_t len)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum = sum * 31 + list[i];
	return sum;
}

/* Something is not as it must be: the trial fails by this line. */
static inline void check(int good, const char *what)
{
	if (!good)
		trial_say(what, -1);
}

#endif
