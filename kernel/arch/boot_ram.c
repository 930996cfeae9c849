#include "arch/boot.h"

#include "arch/page.h"
#include "base/mem.h"

/* Make room for one more range at `at`; when there is none, drop the
 * smallest. Gives the index to write, or -1 when the new one (of `size`) is
 * the smallest. */
static int open_slot(struct boot_info *info, uint32_t at, uint64_t size)
{
	if (info->ram_count == BOOT_RANGES_MAX) {
		uint32_t least = 0;

		for (uint32_t n = 1; n < info->ram_count; n++) {
			if (info->ram[n].end - info->ram[n].start <
			    info->ram[least].end - info->ram[least].start)
				least = n;
		}
		if (size <= info->ram[least].end - info->ram[least].start)
			return -1;
		for (uint32_t n = least; n + 1 < info->ram_count; n++)
			info->ram[n] = info->ram[n + 1];
		info->ram_count--;
		if (least < at)
			at--;
	}
	for (uint32_t n = info->ram_count; n > at; n--)
		info->ram[n] = info->ram[n - 1];
	info->ram_count++;
	return (int)at;
}

static void drop(struct boot_info *info, uint32_t at, uint32_t count)
{
	for (uint32_t n = at; n + count < info->ram_count; n++)
		info->ram[n] = info->ram[n + count];
	info->ram_count -= count;
}

void boot_ram_add(struct boot_info *info, uint64_t start, uint64_t end)
{
	uint32_t first = 0, last;
	int slot;

	start = page_whole(start);
	end &= ~(uint64_t)(PAGE_SIZE - 1);
	if (start >= end)
		return;
	while (first < info->ram_count && info->ram[first].end < start)
		first++;
	/* Everything that touches the new range becomes part of it. */
	for (last = first; last < info->ram_count; last++) {
		if (info->ram[last].start > end)
			break;
		if (info->ram[last].start < start)
			start = info->ram[last].start;
		if (info->ram[last].end > end)
			end = info->ram[last].end;
	}
	drop(info, first, last - first);
	slot = open_slot(info, first, end - start);
	if (slot >= 0)
		info->ram[slot] = (struct boot_range){ start, end };
}

void boot_ram_cut(struct boot_info *info, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	start &= ~(uint64_t)(PAGE_SIZE - 1);
	end = page_whole(end > BOOT_PHYS_MAX ? BOOT_PHYS_MAX : end);

	for (uint32_t n = 0; n < info->ram_count;) {
		struct boot_range *r = &info->ram[n], rest = *r;

		if (r->end <= start || r->start >= end) {
			n++;
			continue;
		}
		if (r->start >= start && r->end <= end) {
			drop(info, n, 1);
			continue;
		}
		if (r->start >= start) {
			r->start = end;
		} else {
			r->end = start;
			/* The piece behind the cut; nothing else can reach
			 * beyond it, the list is disjoint. */
			boot_ram_add(info, end, rest.end);
		}
		n++;
	}
}

az_err boot_ram_note(struct boot_info *info, struct boot_entry e, int pass)
{
	if (e.start > BOOT_PHYS_MAX || e.size > BOOT_PHYS_MAX - e.start)
		return AZ_EINVAL;
	if (e.ram && pass == 0)
		boot_ram_add(info, e.start, e.start + e.size);
	if (!e.ram && pass == 1)
		boot_ram_cut(info, e.start, e.start + e.size);
	return AZ_OK;
}

az_err boot_add_module(struct boot_info *info, uint64_t start, uint64_t end)
{
	if (start > end || end > PAGE_DIRECT_MAX)
		return AZ_EINVAL;
	if (start < info->kernel.end && end > info->kernel.start)
		return AZ_EINVAL;
	/* Only the first is kept; a second one is an error of its own. */
	if (info->module_count > 0) {
		if (start < info->bundle.end && end > info->bundle.start)
			return AZ_EINVAL;
	} else {
		info->bundle = (struct boot_range){ start, end };
	}
	info->module_count++;
	return AZ_OK;
}

uint64_t boot_parse_rsdp(const uint8_t *rsdp, size_t len)
{
	static const char signature[] = "RSD PTR ";
	enum { SIZE_1 = 20, SIZE_2 = 36, REVISION = 15, RSDT = 16, XSDT = 24 };
	uint64_t wide;
	uint32_t narrow;
	uint8_t sum = 0;

	if (len < SIZE_1 || memcmp(rsdp, signature, sizeof(signature) - 1) != 0)
		return 0;
	for (size_t n = 0; n < SIZE_1; n++)
		sum = (uint8_t)(sum + rsdp[n]);
	if (sum != 0)
		return 0;
	narrow = mem_get32(rsdp + RSDT);
	if (rsdp[REVISION] < 2 || len < SIZE_2)
		return narrow;
	for (size_t n = 0; n < SIZE_2; n++)
		sum = (uint8_t)(sum + rsdp[n]);
	wide = mem_get64(rsdp + XSDT);
	/* Only tables below 4 GiB can be read so early. */
	return sum == 0 && wide != 0 && wide <= UINT32_MAX ? wide : narrow;
}
