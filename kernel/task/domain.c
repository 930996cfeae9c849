#include "task/domain.h"

#include <stddef.h>

#include "abi/layout.h"
#include "base/mem.h"

bool domain_owns(const struct domain *d, uint64_t addr)
{
	return addr - d->slot < AZ_SLOT_SIZE;
}

struct thread *domain_thread(const struct domain *d)
{
	return d->entered > RECORD_CLOSED ? record_thread(d->entered)
					  : d->thread;
}

void domain_forget(struct domain *d)
{
	memset(d->given, 0, sizeof(d->given));
	memset(d->args, 0, sizeof(d->args));
	memset(d->floats, 0, sizeof(d->floats));
}
