/* task/budget: how much of the CPU a domain may have (cpu: B/P): at most B in
 * each period P, which starts anew P after the last one whoever ran.
 * Context: interrupts off. */
#ifndef AZ_TASK_BUDGET_H
#define AZ_TASK_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

/* Zeroed is the account of a domain that has not run. */
struct budget {
	uint64_t used;         /* ns in this period */
	uint64_t used_total;   /* ns since it started */
	uint64_t period_start; /* clock_now */
};

/* Ns that d may still run in its period; CLOCK_NEVER without a budget. */
uint64_t budget_left(struct domain *d, uint64_t now);
/* Whether it was spent when budget_left last looked or since. */
bool budget_spent(const struct domain *d);
/* When the next period starts; d has a budget. */
uint64_t budget_renewal(const struct domain *d);
void budget_charge(struct domain *d, uint64_t ns);

/* The moment ns after `from`: CLOCK_NEVER beyond the end of time. */
uint64_t budget_after(uint64_t from, uint64_t ns);

#endif
