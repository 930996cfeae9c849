#include "mm/frame.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/boot.h"
#include "arch/page.h"
#include "base/mem.h"
#include "base/panic.h"

/* Frames are numbered through all ranges. Those from `fresh` on were never
 * handed out; they are free without a note anywhere, so that boot touches
 * nothing, and hold whatever was there before. For the others note[n] is
 * NOTE_USED, or, free and zeroed, the next free frame's number. */
#define NOTE_USED UINT32_MAX
#define NOTE_NONE (UINT32_MAX - 1)
enum { LOW_MEMORY = 1 << 20 }; /* the firmware's, and the loader's scratch */

static struct boot_range ranges[BOOT_RANGES_MAX];
static uint32_t range_first[BOOT_RANGES_MAX]; /* number of its first frame */
static uint32_t range_count;
static uint32_t *note;
static uint32_t total, fresh, free_head, free_count;
static uint32_t fail_at;

static void clear(uint64_t frame)
{
	memset(page_direct(frame), 0, PAGE_SIZE);
}

static uint64_t phys_of(uint32_t number)
{
	uint32_t n = 0;

	while (n + 1 < range_count && range_first[n + 1] <= number)
		n++;
	return ranges[n].start +
	       ((uint64_t)(number - range_first[n]) << PAGE_SHIFT);
}

/* Panics when frame is not one of ours. */
static uint32_t number_of(uint64_t frame)
{
	for (uint32_t n = 0; n < range_count; n++) {
		if (frame >= ranges[n].start && frame < ranges[n].end)
			return range_first[n] +
			       (uint32_t)((frame - ranges[n].start) >>
					  PAGE_SHIFT);
	}
	panic("frame outside of memory");
}

/* Take the notes' memory from the start of the first range that holds it; in
 * a machine without one there are no frames. */
static void place_notes(struct boot_info *info)
{
	uint64_t frames = 0, size;

	for (uint32_t n = 0; n < info->ram_count; n++)
		frames += (info->ram[n].end - info->ram[n].start) >> PAGE_SHIFT;
	size = frames * sizeof(*note);
	for (uint32_t n = 0; n < info->ram_count; n++) {
		uint64_t start = info->ram[n].start;

		if (info->ram[n].end - start < size)
			continue;
		note = page_direct(start);
		boot_ram_cut(info, start, start + size);
		return;
	}
	info->ram_count = 0;
}

void frame_init(const struct boot_info *info)
{
	static struct boot_info own;

	own = *info;
	boot_ram_cut(&own, 0, LOW_MEMORY);
	boot_ram_cut(&own, own.kernel.start, own.kernel.end);
	boot_ram_cut(&own, own.bundle.start, own.bundle.end);
	boot_ram_cut(&own, PAGE_DIRECT_MAX, BOOT_PHYS_MAX);
	place_notes(&own);

	range_count = own.ram_count;
	total = fresh = 0;
	for (uint32_t n = 0; n < range_count; n++) {
		ranges[n] = own.ram[n];
		range_first[n] = total;
		total +=
		    (uint32_t)((ranges[n].end - ranges[n].start) >> PAGE_SHIFT);
	}
	free_head = NOTE_NONE;
	free_count = total;
	fail_at = 0;
}

uint64_t frame_alloc(void)
{
	uint32_t number;

	if (fail_at != 0 && --fail_at == 0)
		return 0;
	if (free_head != NOTE_NONE) {
		number = free_head;
		free_head = note[number];
	} else if (fresh < total) {
		number = fresh++;
		clear(phys_of(number));
	} else {
		return 0;
	}
	note[number] = NOTE_USED;
	free_count--;
	return phys_of(number);
}

void frame_free(uint64_t frame)
{
	uint32_t number = number_of(frame);

	invariant(frame % PAGE_SIZE == 0);
	invariant(number < fresh && note[number] == NOTE_USED);
	clear(frame);
	note[number] = free_head;
	free_head = number;
	free_count++;
}

uint64_t frame_count_free(void)
{
	return free_count;
}

void frame_fail_at(uint32_t n)
{
	fail_at = n;
}
