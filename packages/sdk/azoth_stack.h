/* azoth_stack: for modules that are network stacks: the stack's side of the
 * sockets of its clients (abi/socket.h says what the memory means).
 *
 *	AZ_WINDOW(sockets, 4 << 20);	room for all its clients' channels
 *	while (az_stack_open(&clients[n], AZ_WINDOW_AT(sockets), 4 << 20, n))
 *		n++;
 *
 * Then, whenever az_signal_any says that something happened: az_stack_next
 * gives the sockets whose client wants something; az_socket_want says what.
 * Room in a receive buffer and bytes in a send buffer are given as one or two
 * pieces of memory that the stack may use in place, until it says how many of
 * them it has put or taken. az_stack_wake, once after all, wakes the client.
 */
#ifndef AZOTH_STACK_H
#define AZOTH_STACK_H

#include "abi/socket.h"
#include "azoth.h"

#include <stdbool.h>
#include <stddef.h>

struct az_stack {
	uint8_t *base;
	struct az_socket_head head; /* our copy */
	struct az_socket_layout at;
	uint32_t cursor; /* az_stack_next looks from here on */
	bool wake;       /* the client is to be told */
};

/* Bytes in a buffer that goes round: the first piece, then what is left. */
struct az_pieces {
	uint8_t *at[2];
	uint32_t length[2];
};

/* The channel number n in a window of `size` bytes: false when there is none.
 * What a life before has left is ended: az_stack_recover. */
bool az_stack_open(
    struct az_stack *s, uint8_t *window, uint32_t size, uint32_t n);

/* The stack begins anew and knows none of its connections any more: sockets
 * that were in use fail with AZ_SOCKET_RESET, others are free. */
void az_stack_recover(struct az_stack *s);

/* The next socket whose client has changed something, once for each change;
 * UINT32_MAX when there is none. */
uint32_t az_stack_next(struct az_stack *s);

/* Tell the client if anything was changed for it since the last time. */
void az_stack_wake(struct az_stack *s);

static inline struct az_socket *az_socket_at(
    const struct az_stack *s, uint32_t number)
{
	return (struct az_socket *)(s->base + s->at.sockets) + number;
}

/* What the client wants of this round: enum az_socket_want. */
static inline uint32_t az_socket_want(const struct az_socket *socket)
{
	return socket->client.round == socket->stack.round ? socket->client.want
							   : AZ_WANT_NONE;
}

/* Let the client look at a socket. */
void az_socket_notify(struct az_stack *s, uint32_t number);

/* A free socket for what came in on a listener; UINT32_MAX: none. */
uint32_t az_socket_arrival(struct az_stack *s);
/* Its state, which the client is to learn. */
void az_socket_set(struct az_stack *s, uint32_t number, uint32_t state);
void az_socket_fail(struct az_stack *s, uint32_t number, uint32_t error);
/* The round is over. */
void az_socket_free(struct az_stack *s, uint32_t number);

/* Room for what arrives. */
struct az_pieces az_socket_room(const struct az_stack *s, uint32_t number);
/* `length` bytes of it were written. */
void az_socket_put(struct az_stack *s, uint32_t number, uint32_t length);
/* What the client has sent, from `skip` bytes after what was taken on. */
struct az_pieces az_socket_bytes(
    const struct az_stack *s, uint32_t number, uint32_t skip);
/* `length` bytes of it are not needed any more. */
void az_socket_take(struct az_stack *s, uint32_t number, uint32_t length);

/* Copy bytes from `from` over the pieces of room, or out of them: at most
 * what they hold; gives how many. */
uint32_t az_pieces_write(
    struct az_pieces to, const void *from, uint32_t length);
uint32_t az_pieces_read(void *to, struct az_pieces from, uint32_t length);
/* The same bytes without the first `skip`; the first `length` at most. */
struct az_pieces az_pieces_skip(struct az_pieces span, uint32_t skip);
struct az_pieces az_pieces_cut(struct az_pieces span, uint32_t length);
static inline uint32_t az_pieces_length(struct az_pieces span)
{
	return span.length[0] + span.length[1];
}

/* The text HOST:PORT that a client wants to connect to, NUL-terminated. False:
 * it is none. */
bool az_socket_target(
    const struct az_stack *s, uint32_t number, char *text, uint32_t size);

#endif
