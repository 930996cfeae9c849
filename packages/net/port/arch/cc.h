/* arch/cc: what lwIP asks of its compiler and platform. */
#ifndef NET_ARCH_CC_H
#define NET_ARCH_CC_H

#include <stddef.h>
#include <stdint.h>

#define LWIP_RAND() net_random()
#define LWIP_PLATFORM_ASSERT(text) net_assert(text)
#define LWIP_PLATFORM_DIAG(args) ((void)0)
#define LWIP_CHKSUM net_checksum

/* 32 bits from the kernel's generator. */
uint32_t net_random(void);
/* A promise of lwIP's is broken: log it and trap. */
_Noreturn void net_assert(const char *text);
/* Memory for lwIP, within bounds. */
void *net_malloc(size_t size);
void net_free(void *at);
/* The ones' complement sum of bytes, in the order of the machine, as if they
 * began at an even address; not inverted. */
uint16_t net_checksum(const void *bytes, int length);
/* The same while they are copied. */
uint16_t net_copy_checksum(void *to, const void *from, uint32_t length);

#endif
