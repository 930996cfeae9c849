/* arch/page: page tables of the one address space.
 *
 * Invariants: no page is ever writable and executable (W^X); CR0.WP and NX
 * are on. Physical memory is reachable through page_direct(), never
 * executable. Table frames come from the allocator that page_init is given
 * and are freed when their last entry goes.
 * Context: interrupts off or single-threaded kernel; one CPU.
 */
#ifndef AZ_ARCH_PAGE_H
#define AZ_ARCH_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct boot_info;

enum { PAGE_SIZE = 4096, PAGE_SHIFT = 12 };

/* bytes, rounded up to whole pages. */
static inline uint64_t page_whole(uint64_t bytes)
{
	return (bytes + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

/* RAM from here on is out of page_direct's reach and stays unused. */
#define PAGE_DIRECT_MAX (UINT64_C(1) << 39)
/* Where mm/map makes its runs. */
extern const uint64_t page_runs_start, page_runs_end;

enum page_prot {
	PAGE_READ = 0,   /* read only, no execute */
	PAGE_WRITE = 1,  /* read, write */
	PAGE_EXEC = 2,   /* read, execute */
	PAGE_DEVICE = 4, /* with PAGE_WRITE: uncached */
	PAGE_SHARED = 8, /* with PAGE_WRITE: page_take_dirty passes it by */
};

/* Set where table frames come from: alloc gives the physical address of a
 * zeroed frame or 0; free takes it back. */
void page_set_frames(uint64_t (*alloc)(void), void (*free)(uint64_t frame));

/* Leave the boot loader's tables for the final ones: direct map of info's
 * RAM, the kernel's sections with their protection, nothing else. AZ_ENOMEM:
 * memory does not suffice, and the loader's tables are still in use. */
az_err page_init(const struct boot_info *info);

/* A kernel pointer to physical memory (RAM only). */
void *page_direct(uint64_t phys);

/* Map one page; it must not be mapped. AZ_ENOMEM: no frame for a table. */
az_err page_map(uint64_t virt, uint64_t phys, unsigned prot);

/* Change the protection of a mapped page. */
void page_protect(uint64_t virt, unsigned prot);

/* Have another frame behind a mapped page. */
void page_show(uint64_t virt, uint64_t phys);

/* Remove a mapping and give its frame; 0 when there was none. */
uint64_t page_unmap(uint64_t virt);

/* The frame behind virt, 0 when unmapped. prot and dirty may be NULL. */
uint64_t page_lookup(uint64_t virt, unsigned *prot, bool *dirty);

/* Visit the pages of [start, end) that were written since they were mapped or
 * visited last; never fewer. `bytes` is their memory elsewhere: what is written
 * there makes no page dirty. visit may let others run, if they leave these
 * mappings alone. */
typedef void page_visit_fn(void *context, uint64_t virt, uint8_t *bytes);
void page_take_dirty(
    uint64_t start, uint64_t end, page_visit_fn *visit, void *context);

#endif
