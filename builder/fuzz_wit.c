/* Any bytes as an interface: neither a crash nor a hang, and what is accepted
 * has a header for each end. */
#include <stdint.h>
#include <stdio.h>

#include "diag.h"
#include "mem.h"
#include "wit.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static FILE *sink;
	struct diags *list = diags_new();
	struct arena *a = arena_new();
	struct buf text = { 0 };
	struct source src;
	struct wit *w;

	if (sink == NULL)
		sink = fopen("/dev/null", "we");
	source_from_bytes(&src, "fuzz.wit", bytes, len);
	w = wit_parse(a, &src, list);
	if (w != NULL && wit_lower(a, w, list) != NULL) {
		wit_header(&text, w, WIT_CLIENT);
		wit_header(&text, w, WIT_SERVER);
	}
	if (sink != NULL)
		diags_print(list, sink, DIAG_HUMAN, false);
	buf_fini(&text);
	source_fini(&src);
	arena_free(a);
	diags_free(list);
	return 0;
}
