/* legacy: what each life of this stack leaves to the next: the addresses that
 * it was given, and its connections.
 *
 * Memory: the card's, behind the buffers. No restart clears that; a reset of
 * the stack or of the driver does, and so does a start of the machine.
 * Invariant: whatever is there, nothing worse comes of it than of frames: the
 * driver, which brings those, could write it. A write may have been cut off. */
#ifndef NET_LEGACY_H
#define NET_LEGACY_H

#include "azoth_stack.h"

#include <lwip/opt.h>

struct netif;

enum { LEGACY_FLOWS = MEMP_NUM_TCP_PCB };

/* A connection: ghost.h. */
struct legacy_flow {
	uint8_t used;
	uint8_t tries; /* to tell its peer, of later lives */
	uint8_t half;  /* the peer has begun it, and may not know its answer */
	uint8_t reserved;
	uint32_t ack; /* what acknowledges its beginning */
	struct az_socket_address peer, local;
};

/* IPv4's, and how long it may be used, in ticks of lwIP's timer of leases. */
struct legacy_lease {
	uint32_t address, mask, gateway; /* as on the wire; address 0: none */
	uint16_t used, limit;            /* 0: no limit */
	struct az_socket_address dns;
};

struct legacy {
	uint32_t version;
	uint32_t noted; /* ms: when the lease was written */
	struct legacy_lease lease;
	struct legacy_flow flows[LEGACY_FLOWS];
};

/* One of it, for ever. */
struct legacy *legacy(void);

/* Before all else. */
void legacy_init(void);

/* Write netif's addresses down: whenever they change. */
void legacy_write(const struct netif *netif);
/* And from time to time, since leases are renewed without a word. */
void legacy_keep(const struct netif *netif);

/* Give netif, which waits for an address by DHCP, the one that it had, if that
 * is still its own. */
void legacy_restore(struct netif *netif);

#endif
