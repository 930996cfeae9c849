/* mm/frame: physical memory in frames of one page.
 *
 * Invariant: a frame is free or owned by exactly one holder; frame_free of a
 * free frame panics. Memory: the free list lives in the free frames' array
 * (4 bytes a frame), nothing else. Context: interrupts off or on; no sleep.
 */
#ifndef AZ_MM_FRAME_H
#define AZ_MM_FRAME_H

#include <stdint.h>

#include "base/err.h"

struct boot_info;

/* Take over the usable RAM of info, less the kernel and the bundle. Of too
 * little RAM there are no frames. */
void frame_init(const struct boot_info *info);

/* A zeroed frame's physical address, or 0 when there is none. */
uint64_t frame_alloc(void);
/* What it held is gone when this returns. */
void frame_free(uint64_t frame);

uint64_t frame_count_free(void);

/* Test hook: make the n-th allocation from now fail once; 0 turns it off. */
void frame_fail_at(uint32_t n);

#endif
