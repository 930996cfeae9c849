#include "arch/page.h"

#include <stddef.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/boot.h"
#include "arch/linux/space.h"
#include "base/panic.h"

const uint64_t page_runs_start = SPACE_RUNS, page_runs_end = SPACE_END;

/* A note for each page of the space below SPACE_END: its frame's number, its
 * protection, and whether it is mapped. Sparse: Linux gives memory to the
 * parts that are written. */
enum {
	NOTE_MAPPED = 1 << 0,
	NOTE_PROT_SHIFT = 1,
	NOTE_PROT = PAGE_WRITE | PAGE_EXEC | PAGE_SHARED,
	NOTE_FRAME_SHIFT = 5,
};
static uint32_t *notes;

static uint8_t *ram;
static uint64_t ram_size;
static int ram_file = -1;

/* Mapped as the notes say, and not yet by Linux: pages that follow one
 * another in address and frame, of one protection. */
static struct {
	uint64_t virt, phys, size;
	unsigned prot;
} late;

static void *at(uint64_t virt)
{
	return (void *)(uintptr_t)virt;
}

void *space_make_ram(uint64_t size)
{
	uint64_t bytes = (SPACE_END >> PAGE_SHIFT) * sizeof(*notes);

	notes = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ram_file = memfd_create("azoth-ram", MFD_CLOEXEC);
	if (notes == MAP_FAILED || ram_file < 0 || size > PAGE_DIRECT_MAX ||
	    ftruncate(ram_file, (off_t)size) != 0)
		return NULL;
	ram = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ram_file, 0);
	ram_size = size;
	return ram != MAP_FAILED ? ram : NULL;
}

void page_set_frames(uint64_t (*alloc)(void), void (*free)(uint64_t frame))
{
	/* The notes are not in frames. */
	(void)alloc;
	(void)free;
}

az_err page_init(const struct boot_info *info)
{
	(void)info;
	return AZ_OK;
}

void *page_direct(uint64_t phys)
{
	invariant(phys < ram_size);
	return ram + phys;
}

static int linux_prot(unsigned prot)
{
	invariant(!(prot & PAGE_WRITE && prot & PAGE_EXEC));
	return PROT_READ | (prot & PAGE_WRITE ? PROT_WRITE : 0) |
	       (prot & PAGE_EXEC ? PROT_EXEC : 0);
}

static uint32_t *note_of(uint64_t virt)
{
	invariant(virt >= SPACE_SLOTS && virt < SPACE_END);
	return &notes[virt >> PAGE_SHIFT];
}

/* Linux joins neighbours of one file, so this fails only when a process may
 * not have more mappings (vm.max_map_count). Text is private, for debuggers:
 * they may write breakpoints into it then, and nobody else writes it. */
static void settle(void)
{
	int flags = MAP_FIXED_NOREPLACE | MAP_POPULATE;

	if (late.size == 0)
		return;
	flags |= late.prot & PAGE_EXEC ? MAP_PRIVATE : MAP_SHARED;
	if (mmap(at(late.virt), late.size, linux_prot(late.prot), flags,
		ram_file, (off_t)late.phys) != at(late.virt))
		panic("Linux refused a mapping");
	late.size = 0;
}

bool space_settle(uint64_t addr)
{
	if (addr - late.virt >= late.size)
		return false;
	settle();
	return true;
}

az_err page_map(uint64_t virt, uint64_t phys, unsigned prot)
{
	uint32_t *note = note_of(virt);

	invariant((virt | phys) % PAGE_SIZE == 0 && phys < ram_size);
	invariant(*note == 0 && !(prot & PAGE_DEVICE));
	*note = (uint32_t)(phys >> PAGE_SHIFT) << NOTE_FRAME_SHIFT |
		prot << NOTE_PROT_SHIFT | NOTE_MAPPED;
	if (virt != late.virt + late.size || phys != late.phys + late.size ||
	    prot != late.prot) {
		settle();
		late.virt = virt;
		late.phys = phys;
		late.prot = prot;
	}
	late.size += PAGE_SIZE;
	return AZ_OK;
}

void page_protect(uint64_t virt, unsigned prot)
{
	uint32_t *note = note_of(virt);

	settle();
	invariant(*note != 0);
	*note = (*note & ~(uint32_t)(NOTE_PROT << NOTE_PROT_SHIFT)) |
		prot << NOTE_PROT_SHIFT;
	if (mprotect(at(virt), PAGE_SIZE, linux_prot(prot)) != 0)
		panic("Linux refused a protection");
}

void page_show(uint64_t virt, uint64_t phys)
{
	uint32_t *note = note_of(virt);
	unsigned prot = *note >> NOTE_PROT_SHIFT & NOTE_PROT;

	settle();
	invariant(*note != 0 && phys < ram_size);
	*note = (uint32_t)(phys >> PAGE_SHIFT) << NOTE_FRAME_SHIFT |
		prot << NOTE_PROT_SHIFT | NOTE_MAPPED;
	if (mmap(at(virt), PAGE_SIZE, linux_prot(prot),
		MAP_FIXED | MAP_SHARED | MAP_POPULATE, ram_file,
		(off_t)phys) != at(virt))
		panic("Linux refused a mapping");
}

static uint64_t frame_of(uint32_t note)
{
	return (uint64_t)(note >> NOTE_FRAME_SHIFT) << PAGE_SHIFT;
}

uint64_t page_unmap(uint64_t virt)
{
	uint32_t *note = note_of(virt);
	uint64_t frame = frame_of(*note);

	if (*note == 0)
		return 0;
	settle();
	*note = 0;
	if (munmap(at(virt), PAGE_SIZE) != 0)
		panic("Linux refused to unmap");
	return frame;
}

uint64_t page_lookup(uint64_t virt, unsigned *prot, bool *dirty)
{
	uint32_t note = *note_of(virt);
	unsigned noted = note >> NOTE_PROT_SHIFT & NOTE_PROT;

	if (note == 0)
		return 0;
	if (prot != NULL)
		*prot = noted;
	/* Linux does not tell; a page that can be written may have been. */
	if (dirty != NULL)
		*dirty = noted & PAGE_WRITE;
	return frame_of(note);
}

void page_take_dirty(
    uint64_t start, uint64_t end, page_visit_fn *visit, void *context)
{
	for (uint64_t virt = start; virt < end; virt += PAGE_SIZE) {
		uint32_t note = *note_of(virt);
		unsigned prot = note >> NOTE_PROT_SHIFT & NOTE_PROT;

		if ((prot & (PAGE_WRITE | PAGE_SHARED)) == PAGE_WRITE)
			visit(context, virt, page_direct(frame_of(note)));
	}
}
