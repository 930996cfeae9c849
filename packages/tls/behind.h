/* behind: the modules that are served by this one: their sockets on the
 * network whose stack this is (abi/socket.h).
 *
 * A connection from outside is given to the module that listens at the port
 * at which it came in, or to the only one that listens at all.
 * Invariant: a session is at most at one socket, and that socket knows it. A
 * socket without one is over: what its client still sends is dropped.
 */
#ifndef TLS_BEHIND_H
#define TLS_BEHIND_H

#include "azoth_stack.h"

struct session;

enum { CLIENTS_MAX = 8 };

struct client {
	struct az_stack stack;
	struct session **sessions; /* by socket */
};

struct listener {
	struct client *client;
	uint16_t number;
};

/* Open all channels in the window. False: there is no client, or no memory. */
bool behind_open(void);

/* Who is to have what comes in at a port; NULL: nobody. */
struct client *behind_find(uint16_t port, uint16_t *listener);

/* Give a connection a socket of its client, with the addresses of descriptor
 * fd. UINT32_MAX: there is none at the moment. */
uint32_t behind_arrive(
    struct client *client, struct session *s, uint16_t listener, int32_t fd);

/* The session has no more to do with its socket: error is 0 or enum
 * az_socket_error. */
void behind_leave(struct client *client, uint32_t number, uint32_t error);

/* See what clients have asked for: sessions of whom something was are told
 * by session_attend. */
void behind_poll(void);
/* Wake the clients for whom something has changed. */
void behind_wake(void);

#endif
