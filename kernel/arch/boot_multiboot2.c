#include "arch/boot.h"

#include <stdbool.h>

#include "base/mem.h"

enum {
	HEAD_SIZE = 8, /* total_size, reserved */
	TAG_HEAD_SIZE = 8,
	TAG_ALIGN = 8,

	TAG_END = 0,
	TAG_CMDLINE = 1,
	TAG_MODULE = 3,
	TAG_MMAP = 6,
	TAG_FRAMEBUFFER = 8,
	TAG_RSDP_1 = 14,
	TAG_RSDP_2 = 15,

	MODULE_SIZE = 8, /* start, end, then a string */
	MMAP_HEAD_SIZE = 8,
	MMAP_ENTRY_SIZE = 24,
	MMAP_RAM = 1,
	SCREEN_SIZE = 30, /* up to the colour fields of a direct one */
	SCREEN_HEAD_SIZE = 24,
	SCREEN_DIRECT = 1,
	SCREEN_SIDE_MAX = 16384,
};

/* One tag's payload. */
struct tag {
	uint32_t type;
	const uint8_t *at;
	uint32_t len;
};

static az_err parse_cmdline(struct boot_info *out, struct tag t)
{
	size_t len = 0;

	while (len < t.len && t.at[len] != '\0')
		len++;
	if (len == t.len || out->cmdline_len != 0)
		return AZ_EINVAL;
	if (len > BOOT_CMDLINE_MAX)
		len = BOOT_CMDLINE_MAX + 1;
	out->cmdline_len = len;
	if (len > BOOT_CMDLINE_MAX)
		len = BOOT_CMDLINE_MAX;
	memcpy(out->cmdline, t.at, len);
	out->cmdline[len] = '\0';
	return AZ_OK;
}

static az_err parse_module(struct boot_info *out, struct tag t)
{
	if (t.len < MODULE_SIZE)
		return AZ_EINVAL;
	return boot_add_module(out, mem_get32(t.at), mem_get32(t.at + 4));
}

static az_err parse_mmap(struct boot_info *out, struct tag t)
{
	uint32_t step, count;

	if (t.len < MMAP_HEAD_SIZE || out->ram_count != 0)
		return AZ_EINVAL;
	step = mem_get32(t.at);
	if (step < MMAP_ENTRY_SIZE || step % 8 != 0)
		return AZ_EINVAL;
	count = (t.len - MMAP_HEAD_SIZE) / step;
	if (count > BOOT_MAP_MAX || (t.len - MMAP_HEAD_SIZE) % step != 0)
		return AZ_EINVAL;
	for (int pass = 0; pass < 2; pass++) {
		const uint8_t *entry = t.at + MMAP_HEAD_SIZE;

		for (uint32_t n = 0; n < count; n++, entry += step) {
			struct boot_entry e = { mem_get64(entry),
				mem_get64(entry + 8),
				mem_get32(entry + 16) == MMAP_RAM };

			TRY(boot_ram_note(out, e, pass));
		}
	}
	return AZ_OK;
}

/* A frame buffer that the text screen cannot use counts as none. */
static az_err parse_screen(struct boot_info *out, struct tag t)
{
	struct boot_screen s = { 0 };
	unsigned bytes;

	if (t.len < SCREEN_HEAD_SIZE)
		return AZ_EINVAL;
	s.addr = mem_get64(t.at);
	s.pitch = mem_get32(t.at + 8);
	s.width = mem_get32(t.at + 12);
	s.height = mem_get32(t.at + 16);
	s.bits = t.at[20];
	if (t.at[21] != SCREEN_DIRECT || (s.bits != 24 && s.bits != 32))
		return AZ_OK;
	if (t.len < SCREEN_SIZE)
		return AZ_EINVAL;
	s.red_shift = t.at[24];
	s.green_shift = t.at[26];
	s.blue_shift = t.at[28];
	bytes = s.bits / 8;
	if (s.width == 0 || s.width > SCREEN_SIDE_MAX || s.height == 0 ||
	    s.height > SCREEN_SIDE_MAX || s.pitch < s.width * bytes ||
	    s.pitch > SCREEN_SIDE_MAX * bytes * 2 || s.red_shift > s.bits - 8 ||
	    s.green_shift > s.bits - 8 || s.blue_shift > s.bits - 8 ||
	    (s.bits == 32 && s.addr % 4 != 0) ||
	    s.addr > BOOT_PHYS_MAX - (uint64_t)s.pitch * s.height)
		return AZ_EINVAL;
	out->screen = s;
	return AZ_OK;
}

static az_err parse_tag(struct boot_info *out, struct tag t)
{
	uint64_t sdt;

	switch (t.type) {
	case TAG_CMDLINE:
		return parse_cmdline(out, t);
	case TAG_MODULE:
		return parse_module(out, t);
	case TAG_MMAP:
		return parse_mmap(out, t);
	case TAG_FRAMEBUFFER:
		return parse_screen(out, t);
	case TAG_RSDP_1:
	case TAG_RSDP_2:
		sdt = boot_parse_rsdp(t.at, t.len);
		if (sdt != 0 && (out->sdt == 0 || t.type == TAG_RSDP_2))
			out->sdt = sdt;
		return AZ_OK;
	default:
		return AZ_OK;
	}
}

static bool meets(struct boot_range a, struct boot_range b)
{
	return a.start < b.end && b.start < a.end;
}

/* What is drawn on the screen must not fall on what runs or was verified,
 * nor on memory that is handed out. */
static az_err place_screen(struct boot_info *out)
{
	const struct boot_screen *s = &out->screen;
	struct boot_range screen = { s->addr,
		s->addr + (uint64_t)s->pitch * s->height };

	if (meets(screen, out->kernel) || meets(screen, out->bundle))
		return AZ_EINVAL;
	boot_ram_cut(out, screen.start, screen.end);
	return out->ram_count != 0 ? AZ_OK : AZ_EINVAL;
}

az_err boot_parse_multiboot2(
    struct boot_info *out, const uint8_t *info, size_t len)
{
	size_t at = HEAD_SIZE;

	if (len < HEAD_SIZE || mem_get32(info) != len)
		return AZ_EINVAL;
	while (len - at >= TAG_HEAD_SIZE) {
		struct tag t = { .type = mem_get32(info + at) };
		uint32_t size = mem_get32(info + at + 4);

		if (size < TAG_HEAD_SIZE || size > len - at)
			return AZ_EINVAL;
		if (t.type == TAG_END)
			return size == TAG_HEAD_SIZE ? place_screen(out)
						     : AZ_EINVAL;
		t.at = info + at + TAG_HEAD_SIZE;
		t.len = size - TAG_HEAD_SIZE;
		TRY(parse_tag(out, t));
		at += (size + TAG_ALIGN - 1) & ~(size_t)(TAG_ALIGN - 1);
		if (at > len)
			return AZ_EINVAL;
	}
	/* The end tag is missing. */
	return AZ_EINVAL;
}
