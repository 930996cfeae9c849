/* task/memory: WebAssembly's operations on linear memory that need the
 * kernel. A range outside the memory is refused before any byte is written:
 * false, and the caller makes it a trap. Long ones let interrupts in between
 * pieces. Context: a helper call of the domain's own thread. */
#ifndef AZ_TASK_MEMORY_H
#define AZ_TASK_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct domain;

/* memory.grow: the old size in wasm pages, or UINT32_MAX when the limit or
 * the machine has no room; that is counted in grow_refused. */
uint32_t memory_grow(struct domain *d, uint32_t pages);
/* memory.fill, memory.copy (may overlap), memory.init, data.drop. */
bool memory_fill(struct domain *d, uint32_t to, uint32_t byte, uint32_t len);
bool memory_copy(struct domain *d, uint32_t to, uint32_t from, uint32_t len);
bool memory_init(struct domain *d, uint32_t segment, uint32_t to, uint32_t from,
    uint32_t len);
void memory_drop(struct domain *d, uint32_t segment);

/* memmove, with room for interrupts. */
void memory_move(void *to, const void *from, uint32_t len);

#endif
