#include "task/budget.h"

#include "arch/clock.h"
#include "task/domain.h"
#include "task/watch.h"

/* Time at another's cost is looked at so often: whether it still is. */
enum { CHECK_NS = 1000000 };

uint64_t budget_after(uint64_t from, uint64_t ns)
{
	return ns < CLOCK_NEVER - from ? from + ns : CLOCK_NEVER;
}

static bool spent(const struct domain *d)
{
	uint64_t budget = d->module->cpu_budget;

	return budget != 0 && d->budget.used >= budget;
}

static uint64_t left(struct domain *d, uint64_t now)
{
	const struct az_module *m = d->module;
	struct budget *b = &d->budget;

	if (m->cpu_budget == 0)
		return CLOCK_NEVER;
	if (now - b->period_start >= m->cpu_period) {
		b->period_start = now - (now - b->period_start) % m->cpu_period;
		b->used = 0;
	}
	return spent(d) ? 0 : m->cpu_budget - b->used;
}

uint64_t budget_left(struct domain *home, struct domain *in, uint64_t now)
{
	uint64_t ns = left(home, now);

	if (ns == 0 && in != home)
		ns = budget_least(left(in, now), CHECK_NS);
	return budget_least(ns, watch_patience(home));
}

static uint64_t renewal(const struct domain *d)
{
	return d->module->cpu_budget != 0
		   ? budget_after(d->budget.period_start, d->module->cpu_period)
		   : CLOCK_NEVER;
}

uint64_t budget_renewal(const struct domain *home, const struct domain *in)
{
	return budget_least(renewal(home), renewal(in));
}

void budget_charge(struct domain *d, uint64_t ns)
{
	d->budget.used += ns;
	d->budget.used_total += ns;
}

void budget_pay(struct domain *home, struct domain *in, uint64_t ns)
{
	budget_charge(spent(home) ? in : home, ns);
	watch_look(home, ns);
}

void budget_start(struct domain *d)
{
	d->budget.period_start = d->started;
	d->watch.heard = true;
}

bool budget_none(const struct domain *d)
{
	return d->module->cpu_budget == 0 && d->module->watchdog == 0;
}
