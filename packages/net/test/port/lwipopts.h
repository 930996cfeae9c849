/* lwipopts: those of the module, but all memory is world.c's, a block for each
 * thing, so that AddressSanitizer sees its bounds and its end. */
#ifndef NET_TEST_LWIPOPTS_H
#define NET_TEST_LWIPOPTS_H

#include "../../port/lwipopts.h"

#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1

#endif
