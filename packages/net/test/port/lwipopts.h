/* lwipopts: those of the module, but all memory is world.c's, a block for each
 * thing, so that AddressSanitizer sees its bounds and its end. */
#ifndef NET_TEST_LWIPOPTS_H
#define NET_TEST_LWIPOPTS_H

#include "../../port/lwipopts.h"

#undef mem_clib_malloc
#undef mem_clib_calloc
#undef mem_clib_free
#define mem_clib_malloc world_alloc
#define mem_clib_calloc world_calloc
#define mem_clib_free world_free
#define MEMP_MEM_MALLOC 1

/* Pointers are longer here than what lwIP writes them over. */
#define IPV6_FRAG_COPYHEADER 1

#undef ARP_TABLE_SIZE
#define ARP_TABLE_SIZE 8

#endif
