#include "abi/trust.h"

/* Written by the builder; volatile, so that the compiler does not believe
 * what stands here. */
extern const volatile struct az_trust_page trust_page;

__attribute__((section(".trust"), used, aligned(AZ_TRUST_PAGE_SIZE)))
const volatile struct az_trust_page trust_page = {
	.magic = { 'A', 'Z', 'O', 'T', 'H', '-', 'T', 'R', 'U', 'S', 'T', '-',
	    'K', 'E', 'Y', 'S' },
	.version = 1,
};
