/* kernel_elf: the trust page of a kernel file, read and written.
 *
 * The page is the ELF section .trust (abi/trust). Everything else of the file
 * stays as it is, so two images of different keys differ there alone.
 */
#ifndef BUILDER_KERNEL_ELF_H
#define BUILDER_KERNEL_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct az_trust_page;
struct key_public;

void trust_page_init(struct az_trust_page *page);
/* Add a key, cut its name to the field. A key that is there already keeps
 * its place; false when the page is full. */
bool trust_page_add(struct az_trust_page *page, const struct key_public *key,
    const char *name, uint32_t flags);

/* Where the trust page lies in the file. False when the bytes are no kernel
 * with such a page; *why says so. */
bool kernel_find_trust(
    size_t *off, const void *bytes, size_t size, const char **why);

/* A path from the folder that this builder lies in. The caller frees it; NULL
 * when the builder cannot tell where it is. */
char *kernel_beside(const char *name);
/* That of the kernel that belongs to this builder: share/azoth/kernel.elf
 * beside its bin folder. */
char *kernel_default_path(void);

#endif
