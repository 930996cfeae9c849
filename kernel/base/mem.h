/* base/mem: the five byte functions that freestanding C needs, and numbers
 * read from bytes. The functions may compile to `rep movsb` and friends;
 * regions of memcpy do not overlap. */
#ifndef AZ_BASE_MEM_H
#define AZ_BASE_MEM_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *at, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);

/* Little-endian numbers at any address, as tables of the firmware and the
 * boot loader hold them. */
static inline uint32_t mem_get32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint64_t mem_get64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

#endif
