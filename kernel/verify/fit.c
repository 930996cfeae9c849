#include "verify/fit.h"

#include <stdbool.h>
#include <stddef.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "verify/bundle.h"
#include "verify/image.h"
#include "verify/refuse.h"

/* The grant that each call of module "azoth" needs; 0 for WASI's. */
#define X(sym, module, name, type, grant)                                      \
	(module)[0] == AZ_NATIVE_MODULE[0] ? (grant) : 0,
static const uint8_t needed[AZ_CALL_COUNT] = { AZ_CALLS };
#undef X

static enum az_refusal profile_check(
    const struct image_view *v, const char **why)
{
	const struct az_export *start =
	    image_export(v, AZ_EXPORT_FUNC, "_start");
	const struct az_sig *sig;

	REQUIRE(start != NULL && start->index < v->head->funcs.count,
	    AZ_REFUSE_IMAGE, "no function _start");
	sig = &v->sigs[v->funcs[start->index].sig];
	REQUIRE(sig->param_count == 0 && sig->result_count == 0,
	    AZ_REFUSE_IMAGE, "_start takes or gives values");
	return AZ_REFUSE_NONE;
}

static bool holds(const struct bundle *b, uint32_t i, uint32_t kind)
{
	const struct az_run *run = &b->modules[i].grants;

	for (uint32_t k = 0; k < run->count; k++)
		if (b->grants[run->first + k].kind == kind)
			return true;
	return kind == 0;
}

enum az_refusal fit_check(const struct image_view *v, const struct bundle *b,
    uint32_t i, const char **why)
{
	uint64_t start = (uint64_t)v->head->mem_min * AZ_WASM_PAGE;

	PASS(profile_check(v, why));
	for (uint32_t k = 0; k < v->head->imports.count; k++)
		REQUIRE(holds(b, i, needed[v->imports[k].call]),
		    AZ_REFUSE_IMPORT, "import without its grant");
	REQUIRE(start <= b->modules[i].memory, AZ_REFUSE_MEMORY,
	    "image needs more memory than it was granted");
	return AZ_REFUSE_NONE;
}
