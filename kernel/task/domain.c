#include "task/domain.h"

#include <stddef.h>

#include "abi/layout.h"

bool domain_owns(const struct domain *d, uint64_t addr)
{
	return addr - d->slot < AZ_SLOT_SIZE;
}

void *domain_range(const struct domain *d, uint32_t addr, uint32_t len)
{
	if (addr > d->memory_size || len > d->memory_size - addr)
		return NULL;
	return d->memory + addr;
}
