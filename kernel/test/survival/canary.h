/* What the shop hands about: a mark and the number of its life, which stand in
 * no image. Nobody else keeps one: what a module is given is its own affair,
 * so these forget it at once. Freestanding. */
#ifndef CANARY_H
#define CANARY_H

#include "survival.h"

enum ask {
	ASK_ANSWER, /* is given a canary */
	ASK_SPIN,   /* the shop computes, with canaries in its registers */
	ASK_PUT,    /* it calls with canaries as arguments */
	ASK_POUR,   /* it hands on a short list of them */
	ASK_FLOOD,  /* a long one */
	ASK_SLEEP,  /* it sleeps in the kernel, for ever */
	ASK_WAYS,
};
enum { SHORT_LIST = 2048, LONG_LIST = 16384, RING = 4096 };

/* Six integers and eight floats: all that a gate takes. */
#define PUT_ARGUMENTS                                                          \
	int64_t a, int64_t b, int64_t c, int64_t d, int64_t e, int64_t f,      \
	    double g, double h, double i, double j, double k, double l,        \
	    double m, double n

static inline void forget(volatile uint8_t *at, uint32_t len)
{
	while (len > 0)
		at[--len] = 0;
}

#endif
