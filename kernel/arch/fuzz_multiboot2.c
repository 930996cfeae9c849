/* Any bytes: no read outside them, and what is accepted keeps the promises of
 * arch/boot.h. The total size is set right, so that the tags are reached. */
#include "arch/boot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MIB = 1 << 20, PAGE = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int cond)
{
	if (!cond)
		abort();
}

static void check_info(const struct boot_info *b)
{
	check(b->ram_count > 0 && b->ram_count <= BOOT_RANGES_MAX);
	for (uint32_t n = 0; n < b->ram_count; n++) {
		check(b->ram[n].start < b->ram[n].end);
		check((b->ram[n].start | b->ram[n].end) % PAGE == 0);
		check(b->ram[n].end <= BOOT_PHYS_MAX);
		check(n == 0 || b->ram[n].start > b->ram[n - 1].end);
	}
	check(b->bundle.start <= b->bundle.end);
	check(b->bundle.end <= b->kernel.start ||
	      b->bundle.start >= b->kernel.end);
	check(b->cmdline_len > BOOT_CMDLINE_MAX ||
	      strlen(b->cmdline) == b->cmdline_len);
	if (b->screen.addr != 0)
		check(
		    b->screen.pitch >= b->screen.width * (b->screen.bits / 8u));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct boot_info b = { .kernel = { MIB, 2 * MIB } };
	uint32_t total = (uint32_t)size;
	uint8_t *info = malloc(size + 1);

	if (info == NULL)
		return 0;
	memcpy(info, data, size);
	if (size >= sizeof(total))
		memcpy(info, &total, sizeof(total));
	if (boot_parse_multiboot2(&b, info, size) == AZ_OK)
		check_info(&b);
	free(info);
	return 0;
}
