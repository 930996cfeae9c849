#include "load/bind.h"

#include "task/domain.h"
#include "verify/bundle.h"

void bind_grants(struct domain *d, const struct bundle *b, uint32_t i)
{
	const struct az_run *run = &b->modules[i].grants;

	for (uint32_t k = 0; k < run->count; k++) {
		const struct az_grant *g = &b->grants[run->first + k];

		switch (g->kind) {
		case AZ_GRANT_LOG:
			d->log_level = (enum az_level)g->value;
			break;
		case AZ_GRANT_CLOCK:
			d->clock_res = g->value;
			break;
		case AZ_GRANT_RANDOM:
			d->random = true;
			break;
		case AZ_GRANT_OBSERVE:
			d->observe = true;
			break;
		case AZ_GRANT_POWER:
			d->power = (uint32_t)g->value;
			break;
		default: /* files, reset: asked for by the signed record */
			break;
		}
	}
}
