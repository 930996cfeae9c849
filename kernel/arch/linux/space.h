/* arch/linux/space: the process's address space.
 *
 *	0x000000400000  the runner and its heap, in the slot that is never used
 *	0x000200000000  slots of modules (abi/layout)
 *	0x200200000000  runs of mm/map
 *	0x300000000000  the C library, physical memory, the stack: as Linux
 *			puts them, far above
 */
#ifndef AZ_LINUX_SPACE_H
#define AZ_LINUX_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/index.h"
#include "abi/layout.h"

#define SPACE_SLOTS AZ_SLOT_SIZE
#define SPACE_RUNS (AZ_SLOT_SIZE * (AZ_MODULES_MAX + 1))
#define SPACE_END UINT64_C(0x300000000000)

/* Make physical memory of that size, whole pages; its start in the process,
 * or NULL. Before page_init. */
void *space_make_ram(uint64_t size);

/* Linux hears of new mappings as late as possible, many pages at a time. When
 * addr belongs to those: map them, true. */
bool space_settle(uint64_t addr);

static inline bool space_is_slot(uint64_t addr)
{
	return addr >= SPACE_SLOTS && addr < SPACE_RUNS;
}

#endif
