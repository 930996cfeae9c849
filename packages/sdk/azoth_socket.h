/* azoth_socket: sockets beyond WASI's, for programs that serve or use a
 * network (`networks` in the manifest).
 *
 * A module listens where `grants.listen` says so: its listeners are open from
 * the start, the descriptors behind its directories, in the grants' order.
 * accept, read, write, shutdown and close are WASI's. A descriptor with
 * O_NONBLOCK gives EAGAIN instead of waiting; each connection has a receive
 * and a send buffer of `sockets` in the manifest, and so many sockets.
 *
 * The results are 0 or above, or below 0 the negative of a WASI errno: EBADF,
 * EFAULT, EINVAL, ENOTCAPABLE for what is not granted (the log says what would
 * allow it), ENFILE when no socket is free.
 */
#ifndef AZOTH_SOCKET_H
#define AZOTH_SOCKET_H

#include "azoth.h"

#ifdef __cplusplus
extern "C" {
#endif

struct az_socket_address;

#ifndef AZ_ABI_SOCKET_H
enum az_socket_event {
	AZ_SOCKET_READABLE = 1, /* bytes, the end, or an error */
	AZ_SOCKET_WRITABLE = 2,
	AZ_SOCKET_ARRIVAL = 4, /* at a listener: a connection */
};

struct az_socket_address {
	uint8_t family; /* 4, 6, or 0: none */
	uint8_t reserved;
	uint16_t port;  /* in the order of the machine */
	uint8_t ip[16]; /* as on the wire; of an IPv4 address the first four */
};
#endif

/* A socket, and all that can be done with it now: enum az_socket_event. */
struct az_socket_ready {
	int32_t fd;
	uint32_t events;
};

/* azoth.sock_events: the sockets to which something has happened since they
 * were last listed, at most `max` (1 to 4096); sleeps until there is one, or
 * for ns nanoseconds: 0. Once for each happening: who hears of one must read,
 * write or accept until EAGAIN, or remember that more can be done. */
AZ_IMPORT("sock_events")
int32_t az_sock_events(struct az_socket_ready *list, uint32_t max, int64_t ns);

/* azoth.sock_connect: begin to connect to a place, written as grants are
 * ("tcp/lan:10.0.2.2:80"): a descriptor. It is writable when the connection
 * stands; reading gives the error when it failed. flags: WASI's fdflags.
 * Grant: `connect: [ tcp/lan:10.0.2.2:80 ]`. */
AZ_IMPORT("sock_connect")
int32_t az_sock_connect(const char *place, uint32_t len, uint32_t flags);

/* azoth.sock_address: the peer's address, or with own != 0 this end's. */
AZ_IMPORT("sock_address")
int32_t az_sock_address(int32_t fd, int32_t own, struct az_socket_address *out);

/* Bytes of a module's memory, as WASI has them (and struct iovec). */
struct az_bytes {
	void *at;
	uint32_t length;
};

/* azoth.sock_recv_from, azoth.sock_send_to: one datagram, from or to whom; its
 * length. One that is longer than the buffers loses its end. At most 1472
 * bytes are sent; over a connection to its peer, whoever is named. */
AZ_IMPORT("sock_recv_from")
int32_t az_sock_recv_from(int32_t fd, const struct az_bytes *list,
    uint32_t count, struct az_socket_address *peer);
AZ_IMPORT("sock_send_to")
int32_t az_sock_send_to(int32_t fd, const struct az_bytes *list, uint32_t count,
    const struct az_socket_address *peer);

#ifdef __cplusplus
}
#endif

#endif
