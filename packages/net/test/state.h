/* state: put before every source of the stack under test: its variables lie
 * in sections of their own, its memory and its time are world.c's, and it is
 * silent. */
#ifndef NET_TEST_STATE_H
#define NET_TEST_STATE_H

#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#pragma clang section bss = "net_bss" data = "net_data"

#define calloc world_calloc
#define clock_gettime world_clock
#define getentropy world_entropy
#define printf(...) 0

#endif
