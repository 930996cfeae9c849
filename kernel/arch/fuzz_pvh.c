/* Guest memory of any content: no read outside the view. */
#include "arch/boot.h"

#include <stdint.h>
#include <stdlib.h>

enum { MIB = 1 << 20, GUEST = 0x1000 };

static const uint8_t *guest;
static size_t guest_size;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *view(uint64_t addr, size_t len)
{
	if (addr < GUEST || len > guest_size || addr - GUEST > guest_size - len)
		return NULL;
	return guest + (addr - GUEST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_info b = { .kernel = { MIB, 2 * MIB } };

	guest = data;
	guest_size = size;
	if (boot_parse_pvh(&b, GUEST, view) == AZ_OK && b.ram_count == 0)
		abort();
	return 0;
}
