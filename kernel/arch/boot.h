/* arch/boot: what the boot loader handed over, in one form for all of them.
 *
 * Multiboot2 (GRUB; Multiboot2 specification 2.0, section 3.6) and PVH
 * (Xen's hvm_start_info version 1) are parsed by boot_parse_* into this. The
 * parsers take untrusted bytes: every offset is checked and nothing of the
 * source is kept but physical addresses.
 */
#ifndef AZ_ARCH_BOOT_H
#define AZ_ARCH_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { BOOT_RANGES_MAX = 64, BOOT_CMDLINE_MAX = 1024, BOOT_MAP_MAX = 1024 };
#define BOOT_PHYS_MAX (UINT64_C(1) << 52)

struct boot_range {
	uint64_t start; /* physical, inclusive */
	uint64_t end;   /* physical, exclusive */
};

/* Of a loader's memory map. */
struct boot_entry {
	uint64_t start, size;
	bool ram;
};

struct boot_screen {
	uint64_t addr;          /* physical; 0: no usable frame buffer */
	uint32_t pitch;         /* bytes a line */
	uint32_t width, height; /* pixels */
	uint8_t bits;           /* a pixel: 24 or 32 */
	uint8_t red_shift, green_shift, blue_shift; /* bits */
};

struct boot_info {
	struct boot_range kernel; /* its memory; set before parsing */
	struct boot_range ram[BOOT_RANGES_MAX]; /* usable, sorted, disjoint */
	uint32_t ram_count;
	struct boot_range bundle; /* empty: none was loaded */
	uint32_t module_count;    /* boot modules seen; only 1 is right */
	uint64_t sdt;             /* ACPI's RSDT or XSDT; 0: unknown */
	struct boot_screen screen;
	char cmdline[BOOT_CMDLINE_MAX + 1]; /* NUL-terminated */
	size_t cmdline_len; /* bytes; > BOOT_CMDLINE_MAX: it was longer */
};

/* Find out which loader started the kernel and parse what it left. Needs the
 * loader's page tables: call it before page_init. */
az_err boot_read(struct boot_info *out);

/* Parse Multiboot2 information: len bytes at info, which the caller mapped;
 * out->kernel is set, the rest zero. AZ_EINVAL: malformed, or a module lies over the kernel
 * or another one; *out is then unspecified. */
az_err boot_parse_multiboot2(
    struct boot_info *out, const uint8_t *info, size_t len);

/* How the PVH parser reads guest-physical memory: a borrowed view of len
 * bytes at addr, or NULL when that is not all below 4 GiB. */
typedef const uint8_t *boot_view_fn(uint64_t addr, size_t len);

/* Parse a PVH start info block at physical address addr; the rest as
 * boot_parse_multiboot2. */
az_err boot_parse_pvh(struct boot_info *out, uint64_t addr, boot_view_fn *view);

/* The root table that an RSDP of len bytes names, or 0 when it is none. */
uint64_t boot_parse_rsdp(const uint8_t *rsdp, size_t len);

/* Add [start, end) to the usable RAM, whole pages inside it, merging; when
 * the list is full the smallest range is dropped. */
void boot_ram_add(struct boot_info *info, uint64_t start, uint64_t end);
/* Take every page that [start, end) touches out of the usable RAM. */
void boot_ram_cut(struct boot_info *info, uint64_t start, uint64_t end);
/* An entry of a loader's map, in one of two passes over all of it: RAM is added
 * in pass 0, all else is cut out of it in pass 1, so that where entries overlap
 * the cautious one wins. AZ_EINVAL: beyond BOOT_PHYS_MAX. */
az_err boot_ram_note(struct boot_info *info, struct boot_entry entry, int pass);
/* Note one boot module; AZ_EINVAL as above. */
az_err boot_add_module(struct boot_info *info, uint64_t start, uint64_t end);

#endif
