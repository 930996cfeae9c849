/* ghost: connections that this stack had before it was started anew. A peer
 * that waits for an answer would wait as long as it can: it is sent a segment
 * that cannot be right, says by its answer where it is, and lwIP, which knows
 * no such connection, resets it there. */
#ifndef NET_GHOST_H
#define NET_GHOST_H

struct az_socket_address;
struct netif;

/* One of them. When there are too many its peer finds out by itself. */
void ghost_note(const struct az_socket_address *peer,
    const struct az_socket_address *local);

/* Tell the peers of those whose own address netif has by now. */
void ghost_tell(const struct netif *netif);

#endif
