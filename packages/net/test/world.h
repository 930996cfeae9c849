/* world: what the stack under test runs on: memory whose state can be kept and
 * brought back, a clock, a network card with a driver that may die or lie.
 *
 * Invariants: after world_restore the stack is as it was when that state was
 * kept: its variables, its blocks of memory, what its client shares with it.
 * Each received frame is a block of its own, exactly as long as the frame.
 * Memory: kept states, for ever. */
#ifndef NET_TEST_WORLD_H
#define NET_TEST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct kept;

enum { WORLD_FRAME_MAX = 2048 - 16, WORLD_MEMORY = 1 << 20 };

struct world {
	uint64_t ms;          /* the stack's time */
	uint32_t memory_left; /* bytes that may still be allocated */
	uint32_t blocks;      /* of memory that are in use */
	uint32_t features;    /* of the card, when it is opened next */
	uint32_t dead;        /* so many calls find no driver */
	bool sums_good;       /* what the card says of what it receives */
	bool link;
	bool crowded; /* once all buffers of the card were used, or nearly */
	bool express; /* what express.h takes and sends is not left to lwIP */
	const uint8_t *lie; /* what the driver says next: see world.c */
	uint32_t lie_length;
};
extern struct world world;

struct kept *world_keep(void);
/* All states are kept: from now on world_restore copies only what differs
 * between them or was ever written. */
void world_watch(void);
void world_restore(const struct kept *kept);
/* world.blocks in that state. */
uint32_t world_blocks(const struct kept *kept);

/* A frame arrives on the card, for the stack's next turn. */
void world_receive(const uint8_t *bytes, uint32_t length);
/* Received frames that the stack has not given back. */
uint32_t world_held(void);

/* For state.h. */
void *world_alloc(size_t size);
void *world_calloc(size_t count, size_t size);
void world_free(void *at);
int world_clock(clockid_t clock, struct timespec *t);
int world_entropy(void *out, size_t length);

/* The user's: the stack has sent a frame. */
void world_on_sent(const uint8_t *bytes, uint32_t length);

#endif
