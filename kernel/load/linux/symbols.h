/* load/linux/symbols: what a debugger wants to know of an instance, as an ELF
 * file in memory: the names of its functions and stubs, and how deep the
 * stack is at each instruction.
 *
 * Function main of module hello is hello::main to a debugger. Memory: malloc's,
 * the caller frees it; without any, panic. Context: any.
 */
#ifndef AZ_LINUX_SYMBOLS_H
#define AZ_LINUX_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct image_view;

/* The file of the instance `name` in the slot at address slot, whose image v
 * was verified. */
uint8_t *symbols_make(
    const char *name, uint64_t slot, const struct image_view *v, size_t *size);

#endif
