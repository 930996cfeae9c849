/* host/socket: the client's side of socket channels (abi/socket), as the calls
 * of a module see it: descriptors from SOCKET_FD on.
 *
 * Invariants: what the stack wrote is bounded before it is used. A descriptor
 * names a socket and its round: what the stack does with the socket later is
 * another one's.
 * Memory: that of host/port. Context: task; nothing here waits.
 */
#ifndef AZ_HOST_SOCKET_H
#define AZ_HOST_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "host/wasi/wasi.h"

struct az_socket_address;
struct domain;
struct iovecs;
struct port;
struct socket;

/* What can be done with a socket. */
struct socket_state {
	uint32_t readable, writable; /* bytes */
	bool ended;                  /* nothing more will come */
	enum wasi_errno error;       /* it has failed */
};

/* A socket that d holds, and its state when it was looked at last. */
struct socket_ref {
	struct port *port;
	uint32_t number;
	struct socket *own; /* what the kernel keeps of it; its flags change */
	struct socket_state now;
};

/* Whether d has a socket of that number (BADF, NOTSOCK). A UDP listener is the
 * socket of its datagrams. */
enum wasi_errno socket_get(
    struct socket_ref *out, const struct domain *d, uint64_t fd);
/* Look at what socket_get gave. */
void socket_look(struct socket_ref *ref);

/* The next connection on a listener: its descriptor, with those flags (enum
 * wasi_fdflags); AGAIN for none yet. */
enum wasi_errno socket_accept(
    uint32_t *fd, uint32_t channel, uint32_t listener, uint16_t flags);
/* Whether there is one: 1, else 0. */
uint32_t socket_waiting(uint32_t channel, uint32_t listener);
/* Begin to connect to a place as grants write it: NOTCAPABLE without one. */
enum wasi_errno socket_connect(uint32_t *fd, const struct domain *d,
    const char *place, uint32_t len, uint16_t flags);

/* Move what socket_look saw, or saw room for, and never wait. A datagram
 * goes whole or not at all, with its peer; peek leaves it. */
uint32_t socket_receive(const struct socket_ref *ref, const struct iovecs *v,
    const struct domain *d, struct az_socket_address *peer, bool peek);
uint32_t socket_send(const struct socket_ref *ref, const struct iovecs *v,
    const struct domain *d, const struct az_socket_address *peer);

/* Its peer's address, or its own. */
void socket_address(
    struct az_socket_address *out, const struct socket_ref *ref, bool own);

void socket_shut(const struct socket_ref *ref);
void socket_close(const struct socket_ref *ref);

/* Next socket, or listener, of d for which something has changed, from
 * *cursor on; false: none. */
struct socket_event {
	uint32_t fd;
	uint32_t events; /* enum az_socket_event */
};
bool socket_changed(
    struct socket_event *out, const struct domain *d, uint32_t *cursor);

#endif
