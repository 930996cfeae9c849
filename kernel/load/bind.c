#include "load/bind.h"

#include <stdbool.h>

#include "abi/call.h"
#include "task/domain.h"
#include "verify/bundle.h"
#include "verify/image.h"

/* The grant that each call of module "azoth" needs; 0 for WASI's. */
#define AZ_NATIVE_GRANT(module, grant) ((module)[0] == 'a' ? (grant) : 0)
#define X(sym, module, name, type, grant) AZ_NATIVE_GRANT(module, grant),
static const uint8_t needed[AZ_CALL_COUNT] = { AZ_CALLS };
#undef X
_Static_assert(sizeof(AZ_NATIVE_MODULE) == 6, "told by its first letter");

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
		case AZ_GRANT_POWER:
			d->power = (uint32_t)g->value;
			break;
		default: /* files: host/ opens them by the signed record */
			break;
		}
	}
}

static bool holds(const struct bundle *b, uint32_t i, uint32_t kind)
{
	const struct az_run *run = &b->modules[i].grants;

	for (uint32_t k = 0; k < run->count; k++)
		if (b->grants[run->first + k].kind == kind)
			return true;
	return false;
}

enum az_refusal bind_check(
    const struct image_view *v, const struct bundle *b, uint32_t i)
{
	for (uint32_t k = 0; k < v->head->imports.count; k++) {
		uint32_t kind = needed[v->imports[k].call];

		if (kind != 0 && !holds(b, i, kind))
			return AZ_REFUSE_IMPORT;
	}
	return AZ_REFUSE_NONE;
}
