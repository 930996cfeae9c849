/* string: what BearSSL and zlib ask of a C library. kernel/base/mem has it. */
#ifndef AZ_FREESTANDING_STRING_H
#define AZ_FREESTANDING_STRING_H

#include "base/mem.h"

#endif
