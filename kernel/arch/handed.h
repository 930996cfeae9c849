/* arch/handed: files that whoever starts the machine hands to it beside the
 * bundle. Nothing vouches for them; QEMU's fw_cfg has them. */
#ifndef AZ_ARCH_HANDED_H
#define AZ_ARCH_HANDED_H

#include <stdint.h>

/* The file called name (NUL-terminated): its length, and its bytes in out
 * when they are at most max. -1: there is none. */
int64_t handed_read(const char *name, void *out, uint32_t max);

#endif
