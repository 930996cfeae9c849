/* udp: datagrams of the clients. */
#ifndef NET_UDP_H
#define NET_UDP_H

#include "conn.h"

/* Open socket number `listener` for what comes to a port. */
bool udp_serve(struct client *client, uint16_t listener, uint16_t port);
bool udp_begin(struct conn *c, const ip_addr_t *ip);
void udp_pump(struct conn *c);
void udp_drop(struct conn *c);

#endif
