/* abi/socket: memory of a socket channel: what a client module and its network
 * stack share of the client's sockets.
 *
 *	head | attention of the stack | attention of the client
 *	     | sockets, AZ_SOCKET_SIZE each | buffers
 *
 * Each part begins at the 64-aligned end of the one before, the buffers at a
 * page: for each socket its receive buffer, then its send buffer. Sizes are
 * the head's; az_socket_layout gives the offsets.
 *
 * The client's half of a socket is written by the kernel for the client, the
 * stack's half by the stack, in whose window `sockets` the memory lies; each
 * reads the other's. Positions count bytes, freely running since the socket's
 * round began: what lies between them is in the buffer at position modulo its
 * size. Neither believes the other more than the bounds of its own buffers:
 * a stack that lies garbles sockets of this channel, nothing more.
 *
 * Rounds: the client's half counts while its round equals the stack's. The
 * stack raises its round when it frees the socket: with state and positions
 * nought it waits for what comes next. It gives the first `arrivals` sockets
 * to connections that come in; the client takes the others to connect.
 *
 *	stack	FREE -> ARRIVED		a connection (peer, listener set)
 *	client	round = stack's, OPEN	it is accepted
 *	client	round = stack's, CONNECT	text HOST:PORT in the send buffer
 *	stack	CONNECTING -> OPEN	the text is read; or FAILED, with error
 *	stack	ENDED			nothing more comes; what came stays
 *	client	SHUT			nothing more is sent
 *	client	CLOSE, ABORT		what was sent goes out; or nothing
 *	stack	FREE, round + 1
 *
 * Attention: who has changed its half in a way that the other waits for sets
 * the socket's byte in the other's list, after the change, and wakes it. The
 * other clears the byte before it looks.
 */
#ifndef AZ_ABI_SOCKET_H
#define AZ_ABI_SOCKET_H

#include <stdint.h>

enum {
	AZ_SOCKET_VERSION = 1,
	AZ_SOCKETS_MAX = 4096,        /* of one channel */
	AZ_LISTENERS_MAX = 8,         /* of one channel */
	AZ_SOCKET_SIZE = 128,         /* both halves */
	AZ_SOCKET_TEXT_MAX = 255 + 6, /* HOST:PORT */
	AZ_SOCKET_BUFFER_MIN = 1024,
	AZ_SOCKET_BUFFER_MAX = 1 << 20,
	AZ_DATAGRAM_MAX = 1472, /* bytes of one, without its head */
};

enum az_protocol { AZ_PROTOCOL_TCP = 6, AZ_PROTOCOL_UDP = 17 };

enum az_socket_want {
	AZ_WANT_NONE = 0,
	AZ_WANT_CONNECT = 1,
	AZ_WANT_OPEN = 2,
	AZ_WANT_SHUT = 3,
	AZ_WANT_CLOSE = 4,
	AZ_WANT_ABORT = 5,
};

enum az_socket_state {
	AZ_SOCKET_FREE = 0,
	AZ_SOCKET_ARRIVED = 1,
	AZ_SOCKET_CONNECTING = 2,
	AZ_SOCKET_OPEN = 3,
	AZ_SOCKET_ENDED = 4,
	AZ_SOCKET_FAILED = 5,
};

enum az_socket_error {
	AZ_SOCKET_RESET = 1,
	AZ_SOCKET_REFUSED = 2,
	AZ_SOCKET_TIMED_OUT = 3,
	AZ_SOCKET_UNREACHABLE = 4,
	AZ_SOCKET_NO_NAME = 5, /* HOST has no address */
	AZ_SOCKET_NO_MEMORY = 6,
};

/* What a client is told (sock_events). */
enum az_socket_event {
	AZ_SOCKET_READABLE = 1, /* bytes, the end, or an error */
	AZ_SOCKET_WRITABLE = 2,
	AZ_SOCKET_ARRIVAL = 4, /* at a listener: a connection */
};

struct az_listener {
	uint16_t protocol; /* enum az_protocol */
	uint16_t port;
	uint32_t reserved;
};

/* Written once, by the kernel, before either side runs. */
struct az_socket_head {
	uint32_t version;  /* AZ_SOCKET_VERSION; 0: here is no channel */
	uint32_t size;     /* of all this, bytes, whole pages */
	uint32_t sockets;  /* at most AZ_SOCKETS_MAX */
	uint32_t arrivals; /* of these the first, for what comes in; a UDP
			    * listener has the one of its own number */
	uint32_t receive;  /* bytes of each receive buffer, a power of two */
	uint32_t send;     /* bytes of each send buffer, a power of two */
	uint32_t listener_count;
	uint32_t channel; /* the stack's handle for this channel */
	struct az_listener listeners[AZ_LISTENERS_MAX];
};

struct az_socket_address {
	uint8_t family; /* 4, 6, or 0: none */
	uint8_t reserved;
	uint16_t port;  /* in the order of the machine */
	uint8_t ip[16]; /* as on the wire; of an IPv4 address the first four */
};
_Static_assert(sizeof(struct az_socket_address) == 20, "address");

struct az_socket_client {
	uint32_t round;
	uint32_t want;     /* enum az_socket_want */
	uint32_t sent;     /* bytes put into the send buffer */
	uint32_t taken;    /* bytes taken from the receive buffer */
	uint32_t protocol; /* CONNECT: enum az_protocol */
	uint32_t text;     /* CONNECT: bytes of HOST:PORT */
	uint32_t reserved[10];
};

struct az_socket_stack {
	uint32_t round;
	uint32_t state;    /* enum az_socket_state */
	uint32_t received; /* bytes put into the receive buffer */
	uint32_t taken; /* bytes of the send buffer that may be overwritten */
	uint16_t error; /* FAILED: enum az_socket_error */
	uint16_t listener; /* ARRIVED and after: which */
	struct az_socket_address peer, local;
	uint32_t reserved;
};

struct az_socket {
	struct az_socket_client client;
	struct az_socket_stack stack;
};
_Static_assert(sizeof(struct az_socket) == AZ_SOCKET_SIZE, "socket");

/* In the buffers of a UDP socket: each datagram's head, its bytes, and
 * padding to a multiple of 4. */
struct az_datagram {
	uint32_t length;
	struct az_socket_address peer; /* who sent it, or is to have it */
};

struct az_socket_layout {
	uint32_t stack_attention, client_attention, sockets, buffers, size;
};

/* Where the parts lie, in bytes from the head. */
static inline struct az_socket_layout az_socket_layout(
    uint32_t sockets, uint32_t receive, uint32_t send)
{
	uint32_t flags = (sockets + 63) & ~UINT32_C(63);
	struct az_socket_layout at;

	at.stack_attention =
	    (sizeof(struct az_socket_head) + 63) & ~UINT32_C(63);
	at.client_attention = at.stack_attention + flags;
	at.sockets = at.client_attention + flags;
	at.buffers =
	    (at.sockets + sockets * AZ_SOCKET_SIZE + 4095) & ~UINT32_C(4095);
	at.size =
	    (at.buffers + sockets * (receive + send) + 4095) & ~UINT32_C(4095);
	return at;
}

#endif
