#include "arch/page.h"

#include <stddef.h>

#include "arch/boot.h"
#include "arch/x86_64/device.h"
#include "arch/x86_64/space.h"
#include "arch/x86_64/x86.h"
#include "base/mem.h"
#include "base/panic.h"

/* Page table bits. A table's number of entries is kept in its parent's
 * entry, in bits that the CPU ignores there, so that a table can be freed
 * with its last entry without a search. */
#define PTE_PRESENT (UINT64_C(1) << 0)
#define PTE_WRITE (UINT64_C(1) << 1)
#define PTE_PWT (UINT64_C(1) << 3)
#define PTE_PCD (UINT64_C(1) << 4)
#define PTE_DIRTY (UINT64_C(1) << 6)
#define PTE_LARGE (UINT64_C(1) << 7)
#define PTE_SHARED (UINT64_C(1) << 9) /* the CPU ignores it */
#define PTE_NX (UINT64_C(1) << 63)
#define PTE_ADDR UINT64_C(0x000ffffffffff000)
#define PTE_COUNT_SHIFT 52
#define PTE_COUNT_ONE (UINT64_C(1) << PTE_COUNT_SHIFT)
#define PTE_COUNT (UINT64_C(0x3ff) << PTE_COUNT_SHIFT)

enum {
	LEVELS = 4, /* level 3 is the root, level 0 holds pages */
	INDEX_BITS = 9,
	INDEX_MASK = (1 << INDEX_BITS) - 1,
	BLOCK = 8, /* entries looked at together */
};
#define LARGE_SIZE (UINT64_C(1) << 21)

/* PAT: as after reset, but entry 1 (PWT alone) is write-combining. */
#define PAT_VALUE UINT64_C(0x0007040600070106)

extern const char kernel_start[], kernel_text_end[], kernel_rodata_end[],
    kernel_end[];
extern char boot_stack_guard[];

const uint64_t page_runs_start = SPACE_RUNS, page_runs_end = SPACE_RUNS_END;

static uint64_t root; /* physical */
static uint64_t (*frames_alloc)(void);
static void (*frames_free)(uint64_t frame);
static uint64_t device_next = SPACE_DEVICE;

void page_set_frames(uint64_t (*alloc)(void), void (*free)(uint64_t frame))
{
	frames_alloc = alloc;
	frames_free = free;
}

void *page_direct(uint64_t phys)
{
	return (void *)(phys + SPACE_DIRECT);
}

static uint64_t prot_bits(unsigned prot)
{
	uint64_t bits = PTE_PRESENT;

	invariant(!(prot & PAGE_WRITE && prot & PAGE_EXEC));
	if (prot & PAGE_WRITE)
		bits |= PTE_WRITE;
	if (!(prot & PAGE_EXEC))
		bits |= PTE_NX;
	if (prot & PAGE_DEVICE)
		bits |= PTE_PCD | PTE_PWT;
	if (prot & PAGE_SHARED)
		bits |= PTE_SHARED;
	return bits;
}

static unsigned prot_of(uint64_t pte)
{
	unsigned prot = PAGE_READ;

	if (pte & PTE_WRITE)
		prot |= PAGE_WRITE;
	if (!(pte & PTE_NX))
		prot |= PAGE_EXEC;
	if (pte & PTE_PCD)
		prot |= PAGE_DEVICE;
	if (pte & PTE_SHARED)
		prot |= PAGE_SHARED;
	return prot;
}

static uint64_t *table_at(uint64_t entry)
{
	return page_direct(entry & PTE_ADDR);
}

static unsigned index_of(uint64_t virt, int level)
{
	return virt >> (PAGE_SHIFT + INDEX_BITS * level) & INDEX_MASK;
}

/* The entries on the way to virt, path[level], down to that of the lowest
 * existing table, whose level is returned. */
static int walk(uint64_t virt, uint64_t *path[LEVELS])
{
	uint64_t *table = page_direct(root);

	for (int level = LEVELS - 1;; level--) {
		path[level] = &table[index_of(virt, level)];
		if (level == 0 ||
		    (*path[level] & (PTE_PRESENT | PTE_LARGE)) != PTE_PRESENT)
			return level;
		table = table_at(*path[level]);
	}
}

/* Free the tables on path that have become empty, from `level` up. What the
 * CPU may have cached of them must go before their frames are used again: an
 * invlpg of any address drops all that it keeps of tables. */
static void trim(uint64_t *path[LEVELS], int level)
{
	for (; level < LEVELS - 1; level++) {
		uint64_t *parent = path[level + 1];

		if (*parent & PTE_COUNT)
			return;
		frames_free(*parent & PTE_ADDR);
		*parent = 0;
		if (level + 2 < LEVELS)
			*path[level + 2] -= PTE_COUNT_ONE;
	}
}

/* Make the tables down to `level` for virt and give the entry there; NULL
 * leaves nothing behind. */
static uint64_t *reach(uint64_t virt, int level, uint64_t *path[LEVELS])
{
	int have = walk(virt, path);

	for (; have > level; have--) {
		uint64_t frame = frames_alloc();

		invariant(!(*path[have] & PTE_PRESENT));
		if (frame == 0) {
			trim(path, have);
			x86_invlpg(virt);
			return NULL;
		}
		*path[have] = frame | PTE_PRESENT | PTE_WRITE;
		if (have + 1 < LEVELS)
			*path[have + 1] += PTE_COUNT_ONE;
		path[have - 1] = &table_at(frame)[index_of(virt, have - 1)];
	}
	return path[level];
}

static az_err map_bits(uint64_t virt, uint64_t phys, uint64_t bits)
{
	uint64_t *path[LEVELS], *pte = reach(virt, 0, path);

	if (pte == NULL)
		return AZ_ENOMEM;
	invariant(!(*pte & PTE_PRESENT));
	*pte = phys | bits;
	*path[1] += PTE_COUNT_ONE;
	return AZ_OK;
}

az_err page_map(uint64_t virt, uint64_t phys, unsigned prot)
{
	invariant((virt | phys) % PAGE_SIZE == 0 && phys < BOOT_PHYS_MAX);
	return map_bits(virt, phys, prot_bits(prot));
}

void page_protect(uint64_t virt, unsigned prot)
{
	uint64_t *path[LEVELS];

	invariant(walk(virt, path) == 0 && *path[0] & PTE_PRESENT);
	*path[0] = (*path[0] & (PTE_ADDR | PTE_DIRTY)) | prot_bits(prot);
	x86_invlpg(virt);
}

void page_show(uint64_t virt, uint64_t phys)
{
	uint64_t *path[LEVELS];

	invariant(walk(virt, path) == 0 && *path[0] & PTE_PRESENT);
	*path[0] = (*path[0] & ~PTE_ADDR) | phys;
	x86_invlpg(virt);
}

uint64_t page_unmap(uint64_t virt)
{
	uint64_t *path[LEVELS], phys;

	if (walk(virt, path) != 0 || !(*path[0] & PTE_PRESENT))
		return 0;
	phys = *path[0] & PTE_ADDR;
	*path[0] = 0;
	*path[1] -= PTE_COUNT_ONE;
	trim(path, 0);
	x86_invlpg(virt);
	return phys;
}

uint64_t page_lookup(uint64_t virt, unsigned *prot, bool *dirty)
{
	uint64_t *path[LEVELS];
	int level = walk(virt, path);
	uint64_t pte = *path[level];

	if (!(pte & PTE_PRESENT))
		return 0;
	if (prot != NULL)
		*prot = prot_of(pte);
	if (dirty != NULL)
		*dirty = pte & PTE_DIRTY;
	/* A large page: the frame is inside it. */
	return (pte & PTE_ADDR) +
	       (virt &
		   ((UINT64_C(1) << (PAGE_SHIFT + INDEX_BITS * level)) - 1) &
		   ~(uint64_t)(PAGE_SIZE - 1));
}

/* Whether any entry of a block, most often none, is of a written page. */
static bool any_dirty(const uint64_t pte[BLOCK])
{
	return (pte[0] | pte[1] | pte[2] | pte[3] | pte[4] | pte[5] | pte[6] |
		   pte[7]) &
	       PTE_DIRTY;
}

/* What page_take_dirty looks for. */
struct search {
	uint64_t start, end;
	page_visit_fn *visit;
	void *context;
};

static void take_one(const struct search *s, uint64_t *pte, uint64_t virt)
{
	if (*pte & PTE_SHARED || virt < s->start || virt >= s->end)
		return;
	*pte &= ~PTE_DIRTY;
	x86_invlpg(virt);
	s->visit(s->context, virt, page_direct(*pte & PTE_ADDR));
}

static void take_block(const struct search *s, uint64_t *pte, uint64_t virt)
{
	for (uint64_t *p = pte; p < pte + BLOCK; p++)
		if (*p & PTE_DIRTY)
			take_one(s, p, virt + (uint64_t)(p - pte) * PAGE_SIZE);
}

void page_take_dirty(
    uint64_t start, uint64_t end, page_visit_fn *visit, void *context)
{
	const struct search s = { start, end, visit, context };
	const uint64_t span = LARGE_SIZE, step = BLOCK * PAGE_SIZE;
	uint64_t *path[LEVELS], *pte, next;

	for (uint64_t virt = start & ~(step - 1); virt < end; virt = next) {
		next = (virt & ~(span - 1)) + span;
		if (walk(virt, path) != 0)
			continue;
		pte = path[0];
		for (; virt < next && virt < end; virt += step, pte += BLOCK)
			if (any_dirty(pte))
				take_block(&s, pte, virt);
	}
}

void *device_map(uint64_t phys, uint64_t size, enum device_cache cache)
{
	uint64_t offset = phys % PAGE_SIZE, start = device_next;
	uint64_t bits = prot_bits(PAGE_WRITE | PAGE_DEVICE);

	if (cache == DEVICE_COMBINE)
		bits &= ~PTE_PCD;
	for (uint64_t at = phys - offset; at < phys + size; at += PAGE_SIZE) {
		if (map_bits(device_next, at, bits) != AZ_OK)
			return NULL;
		device_next += PAGE_SIZE;
	}
	device_next += PAGE_SIZE;
	return (void *)(start + offset);
}

void *device_memory(uint64_t size)
{
	uint64_t start = device_next, frame;

	for (uint64_t done = 0; done < size; done += PAGE_SIZE) {
		frame = frames_alloc();
		if (frame == 0)
			return NULL;
		if (page_map(device_next, frame, PAGE_WRITE) != AZ_OK)
			return NULL;
		device_next += PAGE_SIZE;
	}
	device_next += PAGE_SIZE;
	return (void *)start;
}

static az_err map_kernel(const char *start, const char *end, unsigned prot)
{
	uint64_t virt = (uint64_t)start;

	for (; virt < (uint64_t)end; virt += PAGE_SIZE)
		TRY(page_map(virt, virt - SPACE_KERNEL, prot));
	return AZ_OK;
}

/* The direct map of the chunk that the kernel lies in: its text and rodata
 * cannot be written there either. */
static az_err map_direct_fine(uint64_t chunk)
{
	uint64_t low = (uint64_t)kernel_start - SPACE_KERNEL;
	uint64_t high = (uint64_t)kernel_rodata_end - SPACE_KERNEL;

	for (uint64_t at = chunk; at < chunk + LARGE_SIZE; at += PAGE_SIZE) {
		unsigned prot = PAGE_WRITE;

		if (at >= low && at < high)
			prot = PAGE_READ;
		TRY(page_map(at + SPACE_DIRECT, at, prot));
	}
	return AZ_OK;
}

/* Map whole 2 MiB chunks; neighbouring ranges may share one. */
static az_err map_direct(const struct boot_range *ram)
{
	uint64_t at = ram->start & ~(LARGE_SIZE - 1);

	for (; at < ram->end && at < PAGE_DIRECT_MAX; at += LARGE_SIZE) {
		uint64_t *path[LEVELS];
		uint64_t *pde = reach(at + SPACE_DIRECT, 1, path);

		if (pde == NULL)
			return AZ_ENOMEM;
		if (*pde & PTE_PRESENT)
			continue;
		if (at < (uint64_t)kernel_end - SPACE_KERNEL) {
			TRY(map_direct_fine(at));
			continue;
		}
		*pde = at | PTE_LARGE | prot_bits(PAGE_WRITE);
		*path[2] += PTE_COUNT_ONE;
	}
	return AZ_OK;
}

az_err page_init(const struct boot_info *info)
{
	root = frames_alloc();
	if (root == 0)
		return AZ_ENOMEM;
	TRY(map_direct(&info->kernel));
	for (uint32_t n = 0; n < info->ram_count; n++)
		TRY(map_direct(&info->ram[n]));
	TRY(map_direct(&info->bundle));
	TRY(map_kernel(kernel_start, kernel_text_end, PAGE_EXEC));
	TRY(map_kernel(kernel_text_end, kernel_rodata_end, PAGE_READ));
	TRY(map_kernel(kernel_rodata_end, kernel_end, PAGE_WRITE));
	(void)page_unmap((uint64_t)boot_stack_guard);
	x86_wrmsr(MSR_PAT, PAT_VALUE);
	x86_set_cr3(root);
	return AZ_OK;
}
