/* azoth_observe: how the modules of the system are, for one that has
 * `observe: true` among its grants: a page for people, a watchman.
 *
 *	struct az_seen seen;
 *
 *	for (uint32_t node = 0; az_observe(node, &seen) == 0; node++)
 *		printf("%s %u\n", seen.name, seen.generation);
 *
 * Nodes are those of the manifest's `supervision`, each group before what is
 * in it; node 0 is the root.
 */
#ifndef AZOTH_OBSERVE_H
#define AZOTH_OBSERVE_H

#include "azoth.h"

enum az_seen_state {
	AZ_SEEN_GROUP = 0, /* only name, parent and policy are set */
	AZ_SEEN_DOWN = 1,  /* it waits for its turn to start */
	AZ_SEEN_STARTING = 2,
	AZ_SEEN_READY = 3,
	AZ_SEEN_ENDED = 4,  /* as expected, and for good */
	AZ_SEEN_FAILED = 5, /* for good */
};

/* Who starts again with one that failed; and which end is a failure. */
enum az_seen_group { AZ_ONE_FOR_ONE, AZ_ONE_FOR_ALL, AZ_REST_FOR_ONE };
enum az_seen_module { AZ_TEMPORARY, AZ_TRANSIENT, AZ_PERMANENT };

struct az_seen {
	char name[64];       /* ends in a NUL */
	uint32_t parent;     /* a node; the root: itself */
	uint32_t state;      /* enum az_seen_state */
	uint32_t generation; /* how often it was made as new */
	uint32_t
	    policy; /* of a group: enum az_seen_group; else az_seen_module */
	uint64_t memory; /* linear memory, bytes */
	uint64_t memory_max;
	uint64_t cpu_ms; /* that it has paid for, in all its lives */
	uint64_t age_ms; /* since this life began */
};
AZ_ASSERT(sizeof(struct az_seen) == 112, "as the kernel has it");

/* azoth.observe: how a node is now: 0; AZ_BAD_ARGUMENT: there are fewer. */
AZ_IMPORT("observe")
int32_t az_observe(uint32_t node, struct az_seen *out);

#endif
