/* Any bytes as an ISO and as a gzip file: what is found lies inside them. */
#include "iso_read.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { PRIMARY = 16 * 2048, KERNEL_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct buf out = { 0 };
	struct iso_file file;
	size_t len = PRIMARY + size;
	/* The system area before the first descriptor is never read. */
	uint8_t *image = calloc(1, len);

	if (image == NULL)
		return 0;
	memcpy(image + PRIMARY, bytes, size);
	if (size >= 7)
		memcpy(image + PRIMARY, "\001CD001\001", 7);
	if (iso_find(&file, image, len, "azoth", "bundle") &&
	    (file.at < image || file.size > len ||
		file.at + file.size > image + len))
		abort();
	(void)iso_gunzip(&out, bytes, size, KERNEL_MAX);
	buf_fini(&out);
	free(image);
	return 0;
}
