/* host/port: a client's end of a socket channel: the memory that it shares
 * with the stack (abi/socket), and the kernel's own copy of what it wrote.
 *
 * Invariants: what the kernel wrote it keeps in struct socket and never reads
 * back. Sockets that the client holds have a want; the others are the stack's
 * to give out. A port lives as long as the system, its two ends come and go.
 * Memory: by port_init. Context: task.
 */
#ifndef AZ_HOST_PORT_H
#define AZ_HOST_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/socket.h"
#include "base/err.h"
#include "verify/sockets.h"

struct az_channel;
struct bundle;
struct domain;

/* The first descriptor of a module that is a socket's. */
enum { SOCKET_FD = 64 };

/* What the kernel wrote to the client's half; want NONE: free. */
struct socket {
	uint32_t round, want, sent, taken;
	uint16_t flags; /* enum wasi_fdflags */
	bool datagrams;
};

/* The client's end of a socket channel. */
struct port {
	struct port *next; /* of the same client */
	const struct az_channel *channel;
	uint8_t *memory;
	struct sockets_shape shape;
	struct az_socket_layout at;
	uint32_t fd;     /* of its socket 0 */
	uint32_t cursor; /* where arrivals are looked for first */
	uint32_t listener_count;
	struct az_listener listeners[AZ_LISTENERS_MAX];
	struct socket *sockets;
};

/* Write the heads of the channels of b (checked, borrowed for ever). */
az_err port_init(const struct bundle *b);
/* d is dead, and will begin anew: what it held as a client is aborted. all:
 * nothing of it is left in buffers, nor of what it served as a stack. */
void port_renew(const struct domain *d, bool all);
/* d begins a life, and has the ends of its channels. */
void port_begin(struct domain *d);

/* The port of a channel of sockets. */
struct port *port_at(uint32_t channel);
/* That in which d has a descriptor, or NULL. */
struct port *port_of_fd(const struct domain *d, uint64_t fd);
/* That over which d may connect to a place, or NULL. */
struct port *port_find(
    const struct domain *d, const struct sockets_place *place);

/* A socket's record and its two buffers, in the memory of the channel. */
static inline struct az_socket *port_socket(
    const struct port *p, uint32_t number)
{
	return (struct az_socket *)(void *)(p->memory + p->at.sockets) + number;
}

static inline uint8_t *port_receive_buffer(
    const struct port *p, uint32_t number)
{
	return p->memory + p->at.buffers +
	       (uint64_t)number * (p->shape.receive + p->shape.send);
}

static inline uint8_t *port_send_buffer(const struct port *p, uint32_t number)
{
	return port_receive_buffer(p, number) + p->shape.receive;
}

/* Let the stack see what the client's half of a socket is now. */
void port_show(const struct port *p, uint32_t number);
/* And wake it. */
void port_publish(const struct port *p, uint32_t number);

#endif
