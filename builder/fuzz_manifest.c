/* Any bytes as a manifest: the reader must neither crash nor hang, and must
 * print whatever it finds. */
#include <stdint.h>
#include <stdio.h>

#include "check_impl.h"
#include "diag.h"
#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static FILE *sink;
	struct diags *list = diags_new();
	struct manifest *m;

	if (sink == NULL)
		sink = fopen("/dev/null", "we");
	m = manifest_load_bytes("fuzz.yaml", bytes, len, "dev", list);
	if (m != NULL) {
		check_order(m, list);
		check_life(m, list);
		check_sums(m, list);
	}
	if (sink != NULL && len > 0) {
		diags_print(list, sink, bytes[0] % (DIAG_JSON + 1), false);
		if (m != NULL && diags_errors(list) == 0)
			manifest_expand(m, sink);
	}
	manifest_free(m);
	diags_free(list);
	return 0;
}
