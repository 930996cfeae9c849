/* base/mem: the five byte functions that freestanding C needs. They may
 * compile to `rep movsb` and friends; regions of memcpy do not overlap. */
#ifndef AZ_BASE_MEM_H
#define AZ_BASE_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *at, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);

#endif
