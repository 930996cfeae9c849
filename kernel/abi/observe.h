/* abi/observe: what azoth.observe tells of one node of the tree of supervision
 * (struct az_node, by its number). Times are whole milliseconds, whoever asks:
 * they are no clock. */
#ifndef AZ_ABI_OBSERVE_H
#define AZ_ABI_OBSERVE_H

#include <stdint.h>

#include "abi/index.h"

enum az_seen_state {
	AZ_SEEN_GROUP = 0, /* only name, parent and policy are set */
	AZ_SEEN_DOWN = 1,  /* it waits for its turn to start */
	AZ_SEEN_STARTING = 2,
	AZ_SEEN_READY = 3,
	AZ_SEEN_ENDED = 4,  /* as expected, and for good */
	AZ_SEEN_FAILED = 5, /* for good */
};

struct az_seen {
	char name[AZ_NAME_MAX + 1]; /* ends in a NUL */
	uint32_t parent;	    /* a node; the root: itself */
	uint32_t state;		    /* enum az_seen_state */
	uint32_t generation;	    /* how often it was made as new */
	uint32_t policy;	    /* enum az_strategy, or az_restart */
	uint64_t memory;	    /* linear memory, bytes */
	uint64_t memory_max;
	uint64_t cpu_ms; /* that it has paid for, in all its lives */
	uint64_t age_ms; /* since this life began */
};
_Static_assert(sizeof(struct az_seen) == 112, "seen");

#endif
