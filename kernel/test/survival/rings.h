/* Records that say where in the ring they lie, and ends that die. */
#ifndef RINGS_H
#define RINGS_H

#include "survival.h"

enum { RING = 4096, WORDS = 16 };

#ifdef STEPS_MAX
/* Dies before some access to what is shared. */
static uint32_t steps_left;

static inline void step(void)
{
	if (--steps_left == 0)
		__builtin_trap();
}

#define AZ_RING_STEP() step()
#endif

#include <azoth_ring.h>

/* seed: another one in each life. */
static inline void live(uint32_t seed)
{
#ifdef STEPS_MAX
	steps_left = 30 + (seed * 2654435761u >> 8) % STEPS_MAX;
#else
	(void)seed;
#endif
}

/* The record that begins at this position. */
static inline void record_make(uint32_t *record, uint32_t at)
{
	for (uint32_t i = 0; i < WORDS; i++)
		record[i] = (at / 64 + 1) * (i + 1);
}

static inline int record_is(const uint32_t *record, uint32_t at)
{
	uint32_t wanted[WORDS], same = 0;

	record_make(wanted, at);
	for (uint32_t i = 0; i < WORDS; i++)
		same += record[i] == wanted[i];
	return same == WORDS;
}

#endif
