/* hooks: what lwIP asks tcp.c. */
#ifndef NET_HOOKS_H
#define NET_HOOKS_H

#include <arch/cc.h>
#include <lwip/err.h>
#include <lwip/ip_addr.h>
#include <stdbool.h>

struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

/* A segment, its header read and with `length` bytes of options, for a
 * connection that is over and waits for strays (TIME_WAIT). When it begins a
 * new one between the same ports, forget the old, begin, and give ERR_ABRT:
 * else clients that use their ports again find the door shut for as long as
 * the old one waits (RFC 1122, 4.2.2.13). */
err_t net_reopen(struct tcp_pcb *pcb, struct tcp_hdr *header, uint16_t length,
    struct pbuf *p);

/* Many received frames are held, by connections whose clients do not read or
 * whose peers leave gaps. */
extern bool net_crowded;

/* While that is so: whether a segment is taken. One that its client takes at
 * once is; what would be held is only by a connection that holds but a part of
 * what is left to hold: so each may hold less the more of them do, and frames
 * to receive into are left for those that do not. The peer sends again what
 * was not taken. */
err_t net_admit(
    struct tcp_pcb *pcb, const struct tcp_hdr *header, const struct pbuf *p);

/* A segment is answered by a reset: lwIP calls this in place of tcp_rst. */
void net_rst(const struct tcp_pcb *pcb, uint32_t number, uint32_t ack,
    const ip_addr_t *local, const ip_addr_t *remote, uint16_t port,
    uint16_t remote_port);

#endif
