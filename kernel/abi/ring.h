/* abi/ring: shared memory of a ring: a page that only the writer writes, a
 * page that only the reader writes, then az_channel.size bytes of records.
 *
 * Positions count bytes, freely running: what lies between the reader's and
 * the writer's is unread, at position modulo size. A record is there when the
 * writer's position has passed it, and gone when the reader's has. Each end
 * checks what it reads from the other's page: a peer that lies loses or
 * invents records of that ring, nothing more.
 */
#ifndef AZ_ABI_RING_H
#define AZ_ABI_RING_H

#include <stdint.h>

enum { AZ_RING_HEAD = 2 * 4096 }; /* bytes before the records */

/* At the start of each page. */
struct az_ring_side {
	uint32_t position;
	uint32_t waits; /* not 0: wake this end (ring_wake) after a change */
};

#endif
