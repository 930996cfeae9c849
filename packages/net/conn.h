/* conn: connections of the clients, between lwIP's control blocks and the
 * sockets that clients share with this stack (azoth_stack.h).
 *
 * Invariants: a connection has a socket's number, or waits for one of its
 * listener's (number CONN_WAITS); `queued` bytes of its send buffer are in
 * lwIP's hands or fly, which must not be overwritten; what was received and
 * found no room is `held`, and not yet acknowledged as read. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "azoth_stack.h"

#include <lwip/ip_addr.h>
#include <lwip/pbuf.h>

struct tcp_pcb;
struct udp_pcb;

enum { CONN_WAITS = UINT32_MAX, CLIENTS_MAX = 16, BACKLOG = 64 };

struct client;

/* Segments that were sent past lwIP and are not yet acknowledged, in order:
 * express.h. */
enum { FLIGHT = 64, FLIGHT_PUSHED = 0x8000 };
struct flight {
	uint16_t segments[FLIGHT]; /* bytes of each, and FLIGHT_PUSHED */
	uint8_t first, count;
};

struct conn {
	struct client *client;
	struct tcp_pcb *tcp; /* at most one of these two is not NULL */
	struct udp_pcb *udp;
	struct pbuf *held;
	uint32_t number; /* of its socket */
	uint32_t queued;
	struct flight flight; /* if any, all of what is queued */
	uint16_t listener;
	uint16_t port;  /* to connect to, while its name is looked up */
	bool resolving; /* lwIP will call back */
	bool ended;     /* the peer sends no more */
	bool unsent;    /* not all that the client has sent is queued */
	bool shutting;  /* the client sends no more */
	bool shut;      /* and its FIN is queued */
	bool closing;   /* the client has closed it, then: */
	uint32_t closed_at;
};

struct client {
	struct az_stack stack;
	struct conn *conns;   /* a socket's at its number */
	struct conn *waiting; /* BACKLOG */
	bool waits;           /* there may be some of them */
};

/* Open all channels in the window, and listen for them. */
void conn_init(void);
/* Do what clients have asked for, and wake whom something came for. */
void conn_poll(void);
/* Wake the clients for whom something has changed. */
void conn_wake(void);

/* For tcp.c, udp.c, ghost.c and legacy.c. */

/* The connection is over for this stack: free its socket as soon as the
 * client has closed it. error: enum az_socket_error, or 0 for a good end. */
void conn_over(struct conn *c, uint32_t error);
void conn_set_addresses(struct conn *c, const ip_addr_t *peer,
    uint16_t peer_port, const ip_addr_t *local, uint16_t local_port);
void conn_fill_address(
    struct az_socket_address *out, const ip_addr_t *ip, uint16_t port);
void conn_read_address(ip_addr_t *out, const struct az_socket_address *from);

#endif
