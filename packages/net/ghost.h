/* ghost: connections of lives before this one of the stack, whose peers have
 * to be told.
 *
 * A peer that waits for an answer would wait as long as it can. It is sent a
 * segment that cannot be right and says by its answer where it is: lwIP, which
 * knows no such connection, resets it there. It is asked again if it does not
 * answer, and once it was told, in this life or the next: each connection is
 * noted as long as it lasts, from its first segment on, in memory that the
 * life's end does not reach. */
#ifndef NET_GHOST_H
#define NET_GHOST_H

#include <stdint.h>

struct netif;
struct tcp_pcb;

/* Before any other of these. */
void ghost_init(void);

/* Connections that come to pcb, which is to listen, are noted. */
void ghost_watch(struct tcp_pcb *pcb);
/* So is this one. */
void ghost_note(struct tcp_pcb *pcb);
/* Its peer has answered: it waits at no beginning. */
void ghost_meet(const struct tcp_pcb *pcb);

/* Tell those peers whose own address netif has, a few in each call, behind an
 * exchange with the card. Gives ms until the next call, UINT32_MAX for never.
 */
uint32_t ghost_run(const struct netif *netif);

#endif
