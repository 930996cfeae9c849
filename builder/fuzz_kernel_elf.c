/* Any bytes as a kernel file: a trust page that is found lies inside. */
#include "kernel_elf.h"

#include <stdint.h>
#include <stdlib.h>

#include "abi/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *why;
	size_t off;

	if (kernel_find_trust(&off, bytes, size, &why) &&
	    (off > size || size - off < AZ_TRUST_PAGE_SIZE))
		abort();
	return 0;
}
