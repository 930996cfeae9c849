/* Any bytes: no crash, and what is accepted is made of listed words only. */
#include "base/cmdline.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cmdline c;
	az_err err = cmdline_parse(&c, (const char *)data, size);

	if (err != AZ_OK && (!c.serial || !c.screen))
		abort();
	if (err == AZ_OK && !c.serial && !c.screen)
		abort();
	for (size_t n = 0; n < size && err == AZ_OK; n++) {
		if (data[n] < ' ' || data[n] > 'z')
			abort();
	}
	return 0;
}
