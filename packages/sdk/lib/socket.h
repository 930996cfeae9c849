/* socket: what the files socket*.c share: the sockets of socket(), which have
 * numbers of their own, since the system's descriptor of a listener is open
 * from the start and that of a connection begins with it.
 *
 * Invariant: these numbers lie above all of the system's. What accept gives is
 * a descriptor of the system's, and no struct sock. Memory: one table, grown
 * and never given back. Context: wasm has one thread.
 */
#ifndef AZOTH_LIB_SOCKET_H
#define AZOTH_LIB_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "../azoth_socket.h"

enum sock_state {
	SOCK_FREE,
	SOCK_NEW,
	SOCK_BOUND, /* TCP: has a listener, which does not listen */
	SOCK_LISTENS,
	SOCK_CONNECTS, /* or is connected, or failed */
};

struct sock {
	uint8_t state; /* enum sock_state */
	bool datagrams;
	bool six;         /* AF_INET6 */
	bool only_six;    /* IPV6_V6ONLY */
	bool told;        /* SO_ERROR has said what went wrong */
	uint8_t listener; /* 1 + which of AZOTH_LISTEN, or 0 */
	uint16_t flags;   /* __wasi_fdflags_t, until there is a descriptor */
	uint16_t port;
	int fd;                        /* the system's, or -1 */
	struct az_socket_address peer; /* of the last sendto */
};

/* The socket with this number; NULL: the number is the system's. */
struct sock *sock_find(int fd);
/* Give its number free, and end what it is. */
int sock_close(struct sock *s);
/* The system's descriptor for a number; without one -1 and ENOTCONN, as a
 * socket that is not connected has it. */
int sock_real(int fd);

/* The next word of a list, its length; 0 when there is none. */
size_t sock_word(const char **at);
/* Whether a connection came in over a socket of AF_INET6. */
bool sock_is_six(int fd);

/* Open a connection; with `wait` until it stands. */
int sock_begin(struct sock *s, const struct az_socket_address *to, bool wait);
/* 0, or the errno that a connection failed with. */
int sock_error(int real);
/* Sleep until a descriptor can be written to. */
void sock_wait_writable(int real);

/* Bytes that can be read at once, or -1 and errno. */
int sock_readable(int fd);

/* Whether it is a socket's: of the system's, or -1 and errno. */
int sock_check(int real);
int sock_set_flags(int real, uint16_t flags);
bool sock_get_flags(int real, uint16_t *flags);

/* Addresses, between the system's form and POSIX's. `six`: IPv4 as mapped. */
bool address_read(
    struct az_socket_address *out, const struct sockaddr *in, socklen_t len);
void address_write(struct sockaddr *out, socklen_t *len,
    const struct az_socket_address *in, bool six);

/* The name that an address of getaddrinfo's stands for, or NULL. */
const char *name_of(const struct az_socket_address *address);

#endif
