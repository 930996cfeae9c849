/* dev/iommu: the second wall behind dev/ring's: what a function reaches of
 * memory, whatever address it comes to use.
 *
 * Where the machine has remapping units (arch/io), a function reaches what it
 * was allowed before iommu_start, at the addresses where that is, and nothing
 * else; one that was allowed nothing reaches none. That never changes again.
 * What it writes where interrupts are is an interrupt: they are not remapped.
 * Where it has none, all of this does nothing. A fault says, once until
 * iommu_watch:
 *	dev blocked place=BDF address=0xN write=B reason=N
 * Memory: tables, for ever. Context: interrupts off.
 */
#ifndef AZ_DEV_IOMMU_H
#define AZ_DEV_IOMMU_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Find the units; no function may use memory yet. */
az_err iommu_init(void);
/* Allow function `place` the frames behind a run of mm/map. */
az_err iommu_allow(uint32_t place, const void *run, size_t size);
/* The wall stands. */
void iommu_start(void);

/* Report the next fault; the interrupt that tells of it. */
void iommu_watch(void);
void iommu_report(void);

#endif
