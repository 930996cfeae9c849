#include "verify/fit.h"

#include <stddef.h>

#include "abi/call.h"
#include "abi/layout.h"
#include "base/mem.h"
#include "verify/bundle.h"
#include "verify/image.h"
#include "verify/refuse.h"
#include "verify/windows.h"

#define REASON AZ_REFUSE_IMAGE

/* The grant that each call of module "azoth" needs; 0 for WASI's. */
#define X(sym, module, name, type, grant)                                      \
	(module)[0] == AZ_NATIVE_MODULE[0] ? (grant) : 0,
static const uint8_t needed[AZ_CALL_COUNT] = { AZ_CALLS };
#undef X

/* A program has a _start. A server has none, and may have an _initialize. */
static enum az_refusal entry_check(
    const struct image_view *v, bool serves, const char **why)
{
	const struct az_export *e = image_export(v, AZ_EXPORT_FUNC, "_start");

	MUST(!serves || e == NULL, "a server with a _start");
	MUST(serves || e != NULL, "no function _start");
	if (serves)
		e = image_export(v, AZ_EXPORT_FUNC, "_initialize");
	if (e == NULL)
		return AZ_REFUSE_NONE;
	MUST(e->index < v->head->funcs.count,
	    "the entry is no function of its own");
	MUST(image_sig_is(&v->sigs[v->funcs[e->index].sig], false, ":", 1),
	    "the entry takes or gives values");
	return AZ_REFUSE_NONE;
}

static enum az_refusal methods_check(const struct image_view *v,
    const struct bundle *b, const struct az_channel *c, const char **why)
{
	for (uint32_t k = 0; k < c->methods.count; k++) {
		const struct az_method *m = &b->methods[c->methods.first + k];
		struct bundle_text name = bundle_text(b, m->name);
		struct bundle_text type = bundle_text(b, m->type);
		const struct az_export *e =
		    image_find_export(v, AZ_EXPORT_FUNC, name.at, name.len);

		MUST(e != NULL && e->index < v->head->funcs.count,
		    "a server without a method");
		MUST(image_sig_is(&v->sigs[v->funcs[e->index].sig], false,
			 type.at, type.len),
		    "a method of another type");
	}
	return AZ_REFUSE_NONE;
}

static enum az_refusal profile_check(const struct image_view *v,
    const struct bundle *b, uint32_t i, const char **why)
{
	bool serves = false;

	for (uint32_t k = 0; k < b->channel_count; k++) {
		const struct az_channel *c = &b->channels[k];

		if (c->type != AZ_CHANNEL_CALL || c->owner != i)
			continue;
		serves = true;
		PASS(methods_check(v, b, c, why));
	}
	return entry_check(v, serves, why);
}

static bool holds(const struct bundle *b, uint32_t i, uint32_t kind)
{
	const struct az_run *run = &b->modules[i].grants;

	for (uint32_t k = 0; k < run->count; k++)
		if (b->grants[run->first + k].kind == kind)
			return true;
	return kind == 0;
}

const struct az_channel *fit_channel(const struct image_view *v,
    const struct bundle *b, const struct az_import *m, bool *handle)
{
	const char *name = v->names + m->module;
	uint32_t len = m->module_len, skip = sizeof(AZ_IMPORT_HANDLE) - 1;

	*handle = len > skip && memcmp(name, AZ_IMPORT_HANDLE, skip) == 0;
	return *handle ? bundle_channel(b, name + skip, len - skip)
		       : bundle_channel(b, name, len);
}

static enum az_refusal channel_import_check(const struct image_view *v,
    const struct bundle *b, uint32_t i, const struct az_import *m,
    const char **why)
{
	bool handle;
	const struct az_channel *c = fit_channel(v, b, m, &handle);
	const struct az_method *method;
	struct bundle_text type;

	REQUIRE(c != NULL && c->owner != i && bundle_end(b, c, i) != NULL,
	    AZ_REFUSE_IMPORT, "import from a channel it is no client of");
	method = bundle_method(b, c, v->names + m->name, m->name_len);
	REQUIRE(method != NULL, AZ_REFUSE_IMPORT,
	    "import of a method that the channel has not");
	type = bundle_text(b, method->type);
	REQUIRE(image_sig_is(&v->sigs[m->sig], handle, type.at, type.len),
	    AZ_REFUSE_IMPORT, "import of a method as another type");
	return AZ_REFUSE_NONE;
}

static enum az_refusal import_check(const struct image_view *v,
    const struct bundle *b, uint32_t i, const struct az_import *m,
    const char **why)
{
	if (m->kind == AZ_IMPORT_CHANNEL)
		return channel_import_check(v, b, i, m, why);
	REQUIRE(holds(b, i, needed[m->call]), AZ_REFUSE_IMPORT,
	    "import without its grant");
	return AZ_REFUSE_NONE;
}

enum az_refusal fit_check(const struct image_view *v, const struct bundle *b,
    uint32_t i, const char **why)
{
	uint64_t start = (uint64_t)v->head->mem_min * AZ_WASM_PAGE;

	PASS(profile_check(v, b, i, why));
	for (uint32_t k = 0; k < v->head->imports.count; k++)
		PASS(import_check(v, b, i, &v->imports[k], why));
	PASS(windows_check(v, b, i, why));
	REQUIRE(start <= b->modules[i].memory, AZ_REFUSE_MEMORY,
	    "image needs more memory than it was granted");
	return AZ_REFUSE_NONE;
}
