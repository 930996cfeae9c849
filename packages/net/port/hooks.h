/* hooks: what lwIP asks tcp.c, ghost.c and fragment.c. */
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
 * connection or a listener; split: some are in a second piece. ERR_OK: lwIP
 * goes on with it; ERR_ABRT: the connection is gone; else it is not taken. */
err_t net_arrive(struct tcp_pcb *pcb, struct tcp_hdr *header, uint16_t length,
    bool split, struct pbuf *p);

/* Many received frames are held, by connections whose clients do not read or
 * whose peers leave gaps. */
extern bool net_crowded;

/* A segment is answered by a reset: lwIP calls this in place of tcp_rst. */
void net_rst(const struct tcp_pcb *pcb, uint32_t number, uint32_t ack,
    const ip_addr_t *local, const ip_addr_t *remote, uint16_t port,
    uint16_t remote_port);

/* A fragment, in place of ip4_reass and ip6_reass. */
struct pbuf *net_reass4(struct pbuf *p);
struct pbuf *net_reass6(struct pbuf *p);

#endif
