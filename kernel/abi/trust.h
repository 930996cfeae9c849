/* abi/trust: the page of the kernel file that holds the keys it accepts.
 * The builder finds it as ELF section ".trust", checks the magic, and writes
 * the keys; the kernel refuses to run anything when the page is malformed.
 */
#ifndef AZ_ABI_TRUST_H
#define AZ_ABI_TRUST_H

#include <stdint.h>

#define AZ_TRUST_MAGIC "AZOTH-TRUST-KEYS" /* 16 bytes, no NUL */

enum { AZ_TRUST_KEYS_MAX = 8, AZ_TRUST_PAGE_SIZE = 4096 };
enum az_trust_flag { AZ_TRUST_DEV = 1 };

struct az_trust_key {
	uint8_t point[64]; /* P-256 public key, x || y, big endian */
	uint32_t flags;	   /* enum az_trust_flag */
	uint8_t name[28];  /* UTF-8, NUL padded */
};
_Static_assert(sizeof(struct az_trust_key) == 96, "trust key");

struct az_trust_page {
	uint8_t magic[16];
	uint32_t version;   /* 1 */
	uint32_t key_count; /* 0: no key yet, nothing is accepted */
	uint8_t reserved[8];
	struct az_trust_key keys[AZ_TRUST_KEYS_MAX];
	uint8_t pad[AZ_TRUST_PAGE_SIZE - 32 - 96 * AZ_TRUST_KEYS_MAX];
};
_Static_assert(sizeof(struct az_trust_page) == AZ_TRUST_PAGE_SIZE, "page");

#endif
