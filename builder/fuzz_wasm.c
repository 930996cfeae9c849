/* Any bytes as a module; what is accepted is lowered and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "mem.h"
#include "sigs.h"
#include "wasm.h"
#include "wasm_lower.h"
#include "wasm_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Only functions are imported behind linking. */
static void lower(const struct wasm_module *m)
{
	struct wasm_module *again;
	struct wasm_error error;
	struct wasm_plan plan;
	struct buf lowered = { 0 };
	struct sigs sigs;

	wasm_plan_init(&plan, m);
	wasm_lower(&lowered, m, &plan);
	again = wasm_parse((const uint8_t *)lowered.at, lowered.len, &error);
	if (again == NULL ||
	    again->global_count != m->global_count + plan.global_count)
		abort();
	if (sigs_init(&sigs, m) == 0)
		sigs_fini(&sigs);
	wasm_plan_fini(&plan);
	buf_fini(&lowered);
	wasm_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wasm_error error;
	struct wasm_module *m = wasm_parse(bytes, len, &error);

	if (m == NULL) {
		if (error.fault == WASM_OK || error.text[0] == '\0' ||
		    error.offset > len)
			abort();
		return 0;
	}
	if (m->import_count == m->imported_funcs)
		lower(m);
	wasm_free(m);
	return 0;
}
