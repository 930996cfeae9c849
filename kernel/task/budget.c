#include "task/budget.h"

#include "arch/clock.h"
#include "task/domain.h"

uint64_t budget_after(uint64_t from, uint64_t ns)
{
	return ns < CLOCK_NEVER - from ? from + ns : CLOCK_NEVER;
}

bool budget_spent(const struct domain *d)
{
	uint64_t budget = d->module->cpu_budget;

	return budget != 0 && d->budget.used >= budget;
}

uint64_t budget_left(struct domain *d, uint64_t now)
{
	const struct az_module *m = d->module;
	struct budget *b = &d->budget;

	if (m->cpu_budget == 0)
		return CLOCK_NEVER;
	if (now - b->period_start >= m->cpu_period) {
		b->period_start = now - (now - b->period_start) % m->cpu_period;
		b->used = 0;
	}
	return budget_spent(d) ? 0 : m->cpu_budget - b->used;
}

uint64_t budget_renewal(const struct domain *d)
{
	return budget_after(d->budget.period_start, d->module->cpu_period);
}

void budget_charge(struct domain *d, uint64_t ns)
{
	d->budget.used += ns;
	d->budget.used_total += ns;
}
