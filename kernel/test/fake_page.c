#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/boot.h"
#include "arch/page.h"
#include "mm/frame.h"
#include "test/fake.h"

enum {
	SLOTS = 1 << 17, /* of each hash table, a power of two */
	REGION_SHIFT = 21,
	KERNEL_START = 1 << 20,
	KERNEL_END = 2 << 20,
};

/* A table from page or region number to what is known of it. */
struct note {
	uint64_t key; /* number + 1; 0: unused */
	uint64_t frame;
	uint32_t prot, count;
	bool real; /* mapped in Linux's sense as well */
};

const uint64_t page_runs_start = UINT64_C(0x400000000000);
const uint64_t page_runs_end = UINT64_C(0x500000000000);

static struct note pages[SLOTS], regions[SLOTS];
static uint8_t *ram;
static uint64_t ram_size;
static int ram_file = -1;
static uint64_t (*frames_alloc)(void);
static void (*frames_free)(uint64_t frame);

/* The note of `number`, or a free one for it. */
static struct note *note_of(struct note *table, uint64_t number)
{
	uint64_t at = number * UINT64_C(0x9e3779b97f4a7c15) >> 47;

	for (uint32_t n = 0; n < SLOTS; n++) {
		struct note *note = &table[(at + n) % SLOTS];

		if (note->key == number + 1 || note->key == 0)
			return note;
	}
	abort();
}

/* Empty a slot without breaking the chains that run through it. */
static void note_drop(struct note *table, struct note *note)
{
	uint64_t at = (uint64_t)(note - table);

	*note = (struct note){ 0 };
	for (;;) {
		struct note moved;

		at = (at + 1) % SLOTS;
		if (table[at].key == 0)
			return;
		moved = table[at];
		table[at] = (struct note){ 0 };
		*note_of(table, moved.key - 1) = moved;
	}
}

static int linux_prot(unsigned prot)
{
	return prot & PAGE_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
}

void page_set_frames(uint64_t (*alloc)(void), void (*free_)(uint64_t frame))
{
	frames_alloc = alloc;
	frames_free = free_;
}

az_err page_init(const struct boot_info *info)
{
	(void)info;
	return AZ_OK;
}

void *page_direct(uint64_t phys)
{
	assert(phys < ram_size);
	return ram + phys;
}

az_err page_map(uint64_t virt, uint64_t phys, unsigned prot)
{
	struct note *region = note_of(regions, virt >> REGION_SHIFT);
	struct note *page = note_of(pages, virt >> PAGE_SHIFT);
	void *at = (void *)(uintptr_t)virt;

	assert((virt | phys) % PAGE_SIZE == 0 && phys < ram_size);
	assert(page->key == 0);
	assert(!(prot & PAGE_WRITE && prot & PAGE_EXEC));
	if (region->key == 0) {
		uint64_t frame = frames_alloc();

		if (frame == 0)
			return AZ_ENOMEM;
		*region = (struct note){ .key = (virt >> REGION_SHIFT) + 1,
			.frame = frame };
	}
	region->count++;
	*page = (struct note){
		.key = (virt >> PAGE_SHIFT) + 1, .frame = phys, .prot = prot
	};
	page->real =
	    mmap(at, PAGE_SIZE, linux_prot(prot),
		MAP_SHARED | MAP_FIXED_NOREPLACE, ram_file, (off_t)phys) == at;
	return AZ_OK;
}

void page_protect(uint64_t virt, unsigned prot)
{
	struct note *page = note_of(pages, virt >> PAGE_SHIFT);

	assert(page->key != 0 && !(prot & PAGE_WRITE && prot & PAGE_EXEC));
	page->prot = prot;
	if (page->real)
		mprotect((void *)(uintptr_t)virt, PAGE_SIZE, linux_prot(prot));
}

void page_show(uint64_t virt, uint64_t phys)
{
	struct note *page = note_of(pages, virt >> PAGE_SHIFT);

	assert(page->key != 0 && phys < ram_size);
	page->frame = phys;
	if (page->real)
		mmap((void *)(uintptr_t)virt, PAGE_SIZE, linux_prot(page->prot),
		    MAP_SHARED | MAP_FIXED, ram_file, (off_t)phys);
}

uint64_t page_unmap(uint64_t virt)
{
	struct note *page = note_of(pages, virt >> PAGE_SHIFT), *region;
	uint64_t frame = page->frame;

	if (page->key == 0)
		return 0;
	if (page->real)
		munmap((void *)(uintptr_t)virt, PAGE_SIZE);
	note_drop(pages, page);
	region = note_of(regions, virt >> REGION_SHIFT);
	if (--region->count == 0) {
		frames_free(region->frame);
		note_drop(regions, region);
	}
	return frame;
}

uint64_t page_lookup(uint64_t virt, unsigned *prot, bool *dirty)
{
	const struct note *page = note_of(pages, virt >> PAGE_SHIFT);

	if (page->key == 0)
		return 0;
	if (prot != NULL)
		*prot = page->prot;
	/* Linux does not tell; a page that can be written may have been. */
	if (dirty != NULL)
		*dirty = page->prot & PAGE_WRITE;
	return page->frame;
}

void page_take_dirty(
    uint64_t start, uint64_t end, page_visit_fn *visit, void *context)
{
	for (uint64_t virt = start; virt < end; virt += PAGE_SIZE) {
		const struct note *page = note_of(pages, virt >> PAGE_SHIFT);

		if ((page->prot & (PAGE_WRITE | PAGE_SHARED)) == PAGE_WRITE)
			visit(context, virt, page_direct(page->frame));
	}
}

static void forget_all(void)
{
	for (uint32_t n = 0; n < SLOTS; n++) {
		if (pages[n].real)
			munmap((void *)(uintptr_t)((pages[n].key - 1)
						   << PAGE_SHIFT),
			    PAGE_SIZE);
		pages[n] = regions[n] = (struct note){ 0 };
	}
}

const struct boot_info *fake_memory(uint64_t bytes)
{
	static struct boot_info info;

	if (ram_file >= 0) {
		forget_all();
		munmap(ram, ram_size);
		close(ram_file);
	}
	ram_size = bytes;
	ram_file = memfd_create("ram", 0);
	assert(ram_file >= 0 && ftruncate(ram_file, (off_t)bytes) == 0);
	ram =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ram_file, 0);
	assert(ram != MAP_FAILED);
	info = (struct boot_info){
		.kernel = { KERNEL_START, KERNEL_END },
		.ram[0] = { 0, bytes },
		.ram_count = 1,
	};
	frame_init(&info);
	page_set_frames(frame_alloc, frame_free);
	return &info;
}
