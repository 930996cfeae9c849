#include "arch/boot.h"

#include "arch/page.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/space.h"
#include "base/mem.h"

enum { MULTIBOOT2_INFO_MAX = 1 << 20 };
#define REACH UINT64_C(0x100000000) /* of the loader's page tables */

extern uint32_t boot_magic, boot_address; /* entry.S */
extern const char kernel_phys_start[], kernel_phys_end[];

static const uint8_t *view(uint64_t addr, size_t len)
{
	if (addr == 0 || len > REACH || addr > REACH - len)
		return NULL;
	return page_direct(addr);
}

static az_err read_multiboot2(struct boot_info *out)
{
	const uint8_t *at = view(boot_address, sizeof(uint32_t));
	uint32_t size;

	if (at == NULL)
		return AZ_EINVAL;
	memcpy(&size, at, sizeof(size));
	if (size > MULTIBOOT2_INFO_MAX || view(boot_address, size) == NULL)
		return AZ_EINVAL;
	return boot_parse_multiboot2(out, at, size);
}

az_err boot_read(struct boot_info *out)
{
	az_err err = AZ_EINVAL;

	memset(out, 0, sizeof(*out));
	out->kernel.start = (uint64_t)kernel_phys_start;
	out->kernel.end = (uint64_t)kernel_phys_end;
	if (boot_magic == BOOT_MAGIC_MULTIBOOT2)
		err = read_multiboot2(out);
	else if (boot_magic == BOOT_MAGIC_PVH)
		err = boot_parse_pvh(out, boot_address, view);
	/* Also after an error: power_end and the clock need the tables. */
	acpi_init(err == AZ_OK ? out->sdt : 0);
	return err;
}
