/* tcp: TCP connections of the clients. conn.h has what holds for them. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "conn.h"

/* Listen on a port for a client: false when it is taken. */
bool tcp_serve(struct client *client, uint16_t listener, uint16_t port);
/* Connect to ip, c->port; false: no memory. */
bool tcp_begin(struct conn *c, const ip_addr_t *ip);

/* Give lwIP bytes of the client's, behind those that are queued; the last
 * segment is marked as the end (PSH) unless there are more. False: it did not
 * take all. */
bool tcp_give(struct conn *c, struct az_pieces bytes, bool more);
/* How many more: what fits in the windows, in whole segments, beside what is
 * not yet acknowledged; or one segment, if all is. */
uint32_t tcp_may_fly(const struct tcp_pcb *pcb, uint32_t flying);
/* lwIP has read a frame: it may have widened the window of who waits for it. */
void tcp_look_again(void);

/* The client has accepted, sent, taken or shut: move what can be moved, and
 * then the end. */
void tcp_pump(struct conn *c);
/* End it now, with a reset. */
void tcp_drop(struct conn *c);

/* Frames that came may be lost: have the peers of connections that were at work
 * send again what was not acknowledged. */
void tcp_ask_again(void);

/* Beginnings of connections that nobody ends make room for others, and what is
 * left of many that are over. */
void tcp_crowd(void);
/* Give free sockets to connections that wait for one. */
void tcp_admit(struct client *client);

#endif
