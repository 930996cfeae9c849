/* Any bytes as a device.yaml: the reader must neither crash nor hang, and what
 * it accepts the kernel's door must accept too. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "diag.h"
#include "driver.h"
#include "mem.h"
#include "test_driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static FILE *sink;
	struct diags *list = diags_new();
	struct arena *a = arena_new();
	struct buf header = { 0 };
	struct source src;
	struct driver *d;

	if (sink == NULL)
		sink = fopen("/dev/null", "we");
	source_from_bytes(&src, "device.yaml", bytes, len);
	d = driver_parse(a, &src, list);
	if (d != NULL)
		driver_header(&header, d);
	if (d != NULL && door_refuses(d) != NULL) {
		fprintf(stderr, "the door: %s\n", door_refuses(d));
		abort();
	}
	if (sink != NULL)
		diags_print(list, sink, DIAG_HUMAN, false);
	buf_fini(&header);
	arena_free(a);
	diags_free(list);
	source_fini(&src);
	return 0;
}
