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

/* Ns that a thread of home's that is in `in`, which may be home, runs before
 * somebody looks again: while home can pay, else `in`; or whether home hangs
 * (task/watch). CLOCK_NEVER: nobody has a budget or a watchdog. */
uint64_t budget_left(struct domain *home, struct domain *in, uint64_t now);
/* When one of them can pay again; one has a budget. */
uint64_t budget_renewal(const struct domain *home, const struct domain *in);
/* ns of such a thread: home pays if it could when budget_left last looked. */
void budget_pay(struct domain *home, struct domain *in, uint64_t ns);
/* A new life of d begins. */
void budget_start(struct domain *d);
/* Whether nobody need look at d, however long it runs. */
bool budget_none(const struct domain *d);
/* ns at d's cost in any case. */
void budget_charge(struct domain *d, uint64_t ns);

/* The moment ns after `from`: CLOCK_NEVER beyond the end of time. */
uint64_t budget_after(uint64_t from, uint64_t ns);

/* The earlier of two moments, or the shorter of two times. */
static inline uint64_t budget_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
