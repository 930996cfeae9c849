#include "arch/boot.h"

#include <stdbool.h>

#include "base/mem.h"

enum {
	PVH_MAGIC = 0x336ec578,
	PVH_VERSION_MAP = 1, /* from here on there is a memory map */
	MAP_RAM = 1,
	RSDP_SIZE_1 = 20,
	RSDP_SIZE_2 = 36,
};

/* The structures of Xen's public/arch-x86/hvm/start_info.h. */
struct pvh_start {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, cmdline, rsdp, map;
	uint32_t map_count, reserved;
};
_Static_assert(sizeof(struct pvh_start) == 56, "start info");

struct pvh_module {
	uint64_t addr, size, cmdline, reserved;
};

struct pvh_range {
	uint64_t addr, size;
	uint32_t type, reserved;
};
_Static_assert(sizeof(struct pvh_range) == 24, "range");

static az_err copy(boot_view_fn *view, uint64_t addr, void *to, size_t len)
{
	const uint8_t *at = addr > UINT64_MAX - len ? NULL : view(addr, len);

	if (at == NULL)
		return AZ_EINVAL;
	memcpy(to, at, len);
	return AZ_OK;
}

static az_err read_cmdline(
    struct boot_info *out, uint64_t addr, boot_view_fn *view)
{
	if (addr == 0)
		return AZ_OK;
	for (size_t len = 0; len <= BOOT_CMDLINE_MAX; len++) {
		char c;

		TRY(copy(view, addr + len, &c, 1));
		out->cmdline_len = len;
		if (c == '\0')
			return AZ_OK;
		if (len < BOOT_CMDLINE_MAX)
			out->cmdline[len] = c;
	}
	/* Longer than anything that can be right; the caller refuses. */
	out->cmdline_len = BOOT_CMDLINE_MAX + 1;
	return AZ_OK;
}

static az_err read_modules(
    struct boot_info *out, const struct pvh_start *start, boot_view_fn *view)
{
	if (start->module_count > BOOT_MAP_MAX)
		return AZ_EINVAL;
	for (uint32_t n = 0; n < start->module_count; n++) {
		struct pvh_module m;
		uint64_t at = start->modules + n * sizeof(m);

		if (start->modules > BOOT_PHYS_MAX)
			return AZ_EINVAL;
		TRY(copy(view, at, &m, sizeof(m)));
		if (m.addr > BOOT_PHYS_MAX || m.size > BOOT_PHYS_MAX - m.addr)
			return AZ_EINVAL;
		TRY(boot_add_module(out, m.addr, m.addr + m.size));
	}
	return AZ_OK;
}

static az_err read_map(
    struct boot_info *out, const struct pvh_start *start, boot_view_fn *view)
{
	if (start->map_count > BOOT_MAP_MAX || start->map > BOOT_PHYS_MAX)
		return AZ_EINVAL;
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t n = 0; n < start->map_count; n++) {
			struct pvh_range r;
			uint64_t at = start->map + n * sizeof(r);
			struct boot_entry e;

			TRY(copy(view, at, &r, sizeof(r)));
			e = (struct boot_entry){ r.addr, r.size,
				r.type == MAP_RAM };
			TRY(boot_ram_note(out, e, pass));
		}
	}
	return out->ram_count != 0 ? AZ_OK : AZ_EINVAL;
}

static void read_rsdp(struct boot_info *out, uint64_t addr, boot_view_fn *view)
{
	size_t len = RSDP_SIZE_2;
	const uint8_t *at;

	if (addr == 0 || addr > BOOT_PHYS_MAX)
		return;
	at = view(addr, len);
	if (at == NULL) {
		len = RSDP_SIZE_1;
		at = view(addr, len);
	}
	if (at != NULL)
		out->sdt = boot_parse_rsdp(at, len);
}

az_err boot_parse_pvh(struct boot_info *out, uint64_t addr, boot_view_fn *view)
{
	struct pvh_start start;

	TRY(copy(view, addr, &start, sizeof(start)));
	if (start.magic != PVH_MAGIC || start.version < PVH_VERSION_MAP)
		return AZ_EINVAL;
	TRY(read_cmdline(out, start.cmdline, view));
	TRY(read_modules(out, &start, view));
	TRY(read_map(out, &start, view));
	read_rsdp(out, start.rsdp, view);
	return AZ_OK;
}
