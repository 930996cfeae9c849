/* Any bytes as a module; what is accepted is reduced and read again. */
#include <stdint.h>
#include <stdlib.h>

#include "mem.h"
#include "sigs.h"
#include "wasm.h"
#include "wasm_reduce.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wasm_error error;
	struct wasm_module *m = wasm_parse(bytes, len, &error), *again;
	struct buf reduced = { 0 };
	struct sigs sigs;

	if (m == NULL) {
		if (error.fault == WASM_OK || error.text[0] == '\0' ||
		    error.offset > len)
			abort();
		return 0;
	}
	wasm_reduce(&reduced, m);
	again = wasm_parse((const uint8_t *)reduced.at, reduced.len, &error);
	if (again == NULL)
		abort();
	if (sigs_init(&sigs, m) == 0)
		sigs_fini(&sigs);
	buf_fini(&reduced);
	wasm_free(again);
	wasm_free(m);
	return 0;
}
