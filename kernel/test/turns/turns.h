/* What asker and answerer have in common. */
#ifndef TURNS_H
#define TURNS_H

#include <azoth_ring.h>

#define SIZE 4096 /* a macro: AZ_RING_WINDOW spells it */
enum { PER_RAISE = 1000, LATE_NS = 2000000 };

struct note {
	uint64_t number, life, answer, rest[5];
};

static inline uint64_t answer_to(const struct note *note)
{
	return (note->number ^ note->life) * 0x9e3779b97f4a7c15;
}

#endif
