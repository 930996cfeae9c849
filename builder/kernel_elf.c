#include "kernel_elf.h"

#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/trust.h"
#include "keys.h"
#include "mem.h"

enum { EXE_PATH_MAX = 4096, TRUST_VERSION = 1 };

void trust_page_init(struct az_trust_page *page)
{
	memset(page, 0, sizeof(*page));
	memcpy(page->magic, AZ_TRUST_MAGIC, sizeof(page->magic));
	page->version = TRUST_VERSION;
}

bool trust_page_add(struct az_trust_page *page, const struct key_public *key,
    const char *name, uint32_t flags)
{
	struct az_trust_key *slot;
	size_t len = strlen(name);

	for (uint32_t i = 0; i < page->key_count; i++)
		if (memcmp(page->keys[i].point, key->point,
			sizeof(key->point)) == 0)
			return true;
	if (page->key_count == AZ_TRUST_KEYS_MAX)
		return false;
	slot = &page->keys[page->key_count++];
	memcpy(slot->point, key->point, sizeof(slot->point));
	slot->flags = flags;
	if (len > sizeof(slot->name))
		len = sizeof(slot->name);
	memcpy(slot->name, name, len);
	return true;
}

/* The section's place in the file, from the ELF's own headers. */
static bool find_section(Elf *elf, const char *name, GElf_Shdr *out)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(elf, scn)) != NULL) {
		const char *own;

		if (gelf_getshdr(scn, out) == NULL)
			return false;
		own = elf_strptr(elf, names, out->sh_name);
		if (own != NULL && strcmp(own, name) == 0)
			return true;
	}
	return false;
}

bool kernel_find_trust(
    size_t *off, const void *bytes, size_t size, const char **why)
{
	GElf_Shdr section;
	Elf *elf;
	bool found;

	elf_version(EV_CURRENT);
	/* libelf takes a writable pointer but only reads what it is given. */
	elf = elf_memory((char *)(uintptr_t)bytes, size);
	*why = "it is not an ELF file";
	if (elf == NULL)
		return false;
	found = elf_kind(elf) == ELF_K_ELF;
	if (found) {
		*why = "it has no .trust section";
		found = find_section(elf, ".trust", &section);
	}
	elf_end(elf);
	if (!found)
		return false;
	*why = "its .trust section is malformed";
	if (section.sh_type != SHT_PROGBITS ||
	    section.sh_size != AZ_TRUST_PAGE_SIZE || section.sh_offset > size ||
	    size - section.sh_offset < AZ_TRUST_PAGE_SIZE ||
	    memcmp((const char *)bytes + section.sh_offset, AZ_TRUST_MAGIC,
		strlen(AZ_TRUST_MAGIC)) != 0)
		return false;
	*off = section.sh_offset;
	return true;
}

char *kernel_beside(const char *name)
{
	char exe[EXE_PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *slash;

	if (len <= 0)
		return NULL;
	exe[len] = '\0';
	slash = strrchr(exe, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return xasprintf("%s/%s", exe, name);
}

char *kernel_default_path(void)
{
	return kernel_beside("../share/azoth/kernel.elf");
}
