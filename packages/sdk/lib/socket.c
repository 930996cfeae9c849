/* socket: sockets from their making to their end, and their options. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

enum {
	FIRST_SOCKET = 64, /* the system's first descriptor of a connection */
	LISTENERS_MAX = 61,
	SOCKS_MAX = 8192,
};

static struct sock *socks;
static uint32_t sock_count;
static int first_number; /* 0: not begun */
/* The descriptors behind AZOTH_LISTEN, and which are taken. */
static int listeners[LISTENERS_MAX];
static bool taken[LISTENERS_MAX];
/* Connections that came in over a socket of AF_INET6. */
static uint8_t accepted_six[(SOCKS_MAX + 7) / 8];

static int fail(int error)
{
	errno = error;
	return -1;
}

/* --- What the manifest gives, by the environment --------------------------- */

size_t sock_word(const char **at)
{
	*at += strspn(*at, " ");
	return strcspn(*at, " ");
}

/* Listeners are open in the order of their words, above the directories. */
static void begin(void)
{
	const char *count = getenv("AZOTH_SOCKETS");
	__wasi_fdstat_t st;
	int found = 0;

	first_number = FIRST_SOCKET + (count != NULL ? atoi(count) : 0);
	for (int fd = 3; fd < FIRST_SOCKET && found < LISTENERS_MAX; fd++)
		if (__wasi_fd_fdstat_get((__wasi_fd_t)fd, &st) == 0 &&
		    (st.fs_filetype == __WASI_FILETYPE_SOCKET_STREAM ||
			st.fs_filetype == __WASI_FILETYPE_SOCKET_DGRAM))
			listeners[found++] = fd;
}

/* Which of AZOTH_LISTEN is at a port: its number, or -1. */
static int find_listener(bool datagrams, uint16_t port)
{
	const char *at = getenv("AZOTH_LISTEN");
	size_t len;

	for (int i = 0; at != NULL && i < LISTENERS_MAX; i++, at += len) {
		const char *colon;

		len = sock_word(&at);
		if (len == 0)
			break;
		colon = memchr(at, ':', len);
		if (colon != NULL && at[0] == (datagrams ? 'u' : 't') &&
		    strtoul(colon + 1, NULL, 10) == port)
			return i;
	}
	return -1;
}

/* --- The table ------------------------------------------------------------- */

struct sock *sock_find(int fd)
{
	uint32_t i = (uint32_t)(fd - first_number);

	if (first_number == 0 || fd < first_number || i >= sock_count ||
	    socks[i].state == SOCK_FREE)
		return NULL;
	return &socks[i];
}

static int number_of(const struct sock *s)
{
	return first_number + (int)(s - socks);
}

static struct sock *take_sock(void)
{
	struct sock *more;

	if (first_number == 0)
		begin();
	for (uint32_t i = 0; i < sock_count; i++)
		if (socks[i].state == SOCK_FREE)
			return &socks[i];
	if (sock_count >= SOCKS_MAX)
		return NULL;
	more = realloc(socks, (sock_count + 1) * sizeof(*socks));
	if (more == NULL)
		return NULL;
	socks = more;
	return &socks[sock_count++];
}

int sock_real(int fd)
{
	struct sock *s = sock_find(fd);

	if (s == NULL)
		return fd;
	return s->fd >= 0 ? s->fd : fail(ENOTCONN);
}

int sock_set_flags(int real, uint16_t flags)
{
	__wasi_errno_t error =
	    __wasi_fd_fdstat_set_flags((__wasi_fd_t)real, flags);

	return error == 0 ? 0 : fail(error);
}

bool sock_get_flags(int real, uint16_t *flags)
{
	__wasi_fdstat_t st;
	__wasi_errno_t error = __wasi_fd_fdstat_get((__wasi_fd_t)real, &st);

	if (error != 0)
		errno = error;
	*flags = st.fs_flags;
	return error == 0;
}

int sock_check(int real)
{
	__wasi_fdstat_t st;
	__wasi_errno_t error = __wasi_fd_fdstat_get((__wasi_fd_t)real, &st);

	if (error != 0)
		return fail(error);
	return st.fs_filetype == __WASI_FILETYPE_SOCKET_STREAM ||
		       st.fs_filetype == __WASI_FILETYPE_SOCKET_DGRAM
		   ? 0
		   : fail(ENOTSOCK);
}

/* A socket of a number, or NULL with the reason why there is none. */
static struct sock *need_sock(int fd)
{
	struct sock *s = sock_find(fd);

	if (s == NULL && sock_check(fd) == 0)
		errno = EINVAL; /* what accept gave */
	return s;
}

int socket(int family, int type, int protocol)
{
	bool datagrams = (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_DGRAM;
	struct sock *s;

	if (family != AF_INET && family != AF_INET6)
		return fail(EAFNOSUPPORT);
	if (!datagrams &&
	    (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM)
		return fail(EPROTONOSUPPORT);
	if (protocol != 0 &&
	    protocol != (datagrams ? IPPROTO_UDP : IPPROTO_TCP))
		return fail(EPROTONOSUPPORT);
	s = take_sock();
	if (s == NULL)
		return fail(ENFILE);
	*s = (struct sock){ .state = SOCK_NEW,
		.datagrams = datagrams,
		.six = family == AF_INET6,
		.flags = type & SOCK_NONBLOCK ? O_NONBLOCK : 0,
		.fd = -1 };
	return number_of(s);
}

/* A listener stays open for who binds to it next. */
int sock_close(struct sock *s)
{
	int fd = s->listener == 0 ? s->fd : -1;

	if (s->listener != 0)
		taken[s->listener - 1] = false;
	s->state = SOCK_FREE;
	if (fd < 0)
		return 0;
	errno = __wasi_fd_close((__wasi_fd_t)fd);
	return errno == 0 ? 0 : -1;
}

/* --- Servers --------------------------------------------------------------- */

static bool is_loopback(const struct az_socket_address *a)
{
	static const uint8_t six[16] = { [15] = 1 };

	return a->family == 4 ? a->ip[0] == 127 : memcmp(a->ip, six, 16) == 0;
}

static int deny(const struct sock *s)
{
	(void)dprintf(2,
	    "bind: denied: the manifest needs `grants: { listen: "
	    "[ %s/NETWORK:%u ] }`\n",
	    s->datagrams ? "udp" : "tcp", s->port);
	return fail(EACCES);
}

int bind(int fd, const struct sockaddr *address, socklen_t len)
{
	struct sock *s = need_sock(fd);
	struct az_socket_address a;
	int listener;

	if (s == NULL)
		return -1;
	if (!address_read(&a, address, len) ||
	    (address->sa_family == AF_INET6) != s->six)
		return fail(EINVAL);
	if (s->state != SOCK_NEW || s->port != 0)
		return fail(EINVAL);
	if (is_loopback(&a))
		return fail(EADDRNOTAVAIL);
	if (a.port == 0)
		return 0; /* what it will have when it connects */
	s->port = a.port;
	listener = find_listener(s->datagrams, a.port);
	if (listener < 0 || listeners[listener] == 0) {
		(void)deny(s);
		s->port = 0;
		return -1;
	}
	if (taken[listener]) {
		s->port = 0;
		return fail(EADDRINUSE);
	}
	taken[listener] = true;
	s->listener = (uint8_t)(listener + 1);
	s->state = s->datagrams ? SOCK_CONNECTS : SOCK_BOUND;
	s->fd = s->datagrams ? listeners[listener] : -1;
	return s->fd < 0 ? 0 : sock_set_flags(s->fd, s->flags);
}

int listen(int fd, int backlog)
{
	struct sock *s = need_sock(fd);

	(void)backlog; /* the network stack's */
	if (s == NULL)
		return -1;
	if (s->datagrams)
		return fail(EOPNOTSUPP);
	if (s->state == SOCK_LISTENS)
		return 0;
	if (s->state == SOCK_CONNECTS)
		return fail(EINVAL);
	if (s->state == SOCK_NEW)
		return deny(s);
	s->state = SOCK_LISTENS;
	s->fd = listeners[s->listener - 1];
	return sock_set_flags(s->fd, s->flags);
}

/* Whether a connection may come in over s; one that may not is closed. */
static bool admits(const struct sock *s, const struct az_socket_address *a)
{
	return a->family == 6 ? s->six : !s->only_six;
}

static void set_six(int fd, bool six)
{
	uint32_t i = (uint32_t)(fd - FIRST_SOCKET);

	if (fd < FIRST_SOCKET || i >= SOCKS_MAX)
		return;
	accepted_six[i / 8] &= (uint8_t) ~(1 << i % 8);
	accepted_six[i / 8] |= (uint8_t)(six << i % 8);
}

bool sock_is_six(int fd)
{
	uint32_t i = (uint32_t)(fd - FIRST_SOCKET);

	return fd >= FIRST_SOCKET && i < SOCKS_MAX &&
	       accepted_six[i / 8] >> i % 8 & 1;
}

/* A listener of the system's, without socket(), is of either family. */
int accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	struct sock *s = sock_find(fd);
	int real = s == NULL ? fd : s->fd;
	struct az_socket_address peer;
	__wasi_errno_t error;
	__wasi_fd_t new;

	if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC))
		return fail(EINVAL);
	if (s != NULL && s->datagrams)
		return fail(EOPNOTSUPP);
	if (s != NULL && s->state != SOCK_LISTENS)
		return fail(EINVAL);
	for (;;) {
		error = __wasi_sock_accept((__wasi_fd_t)real,
		    flags & SOCK_NONBLOCK ? __WASI_FDFLAGS_NONBLOCK : 0, &new);
		if (error != 0)
			return fail(error);
		if (az_sock_address((int)new, 0, &peer) < 0)
			memset(&peer, 0, sizeof(peer));
		if (s == NULL || admits(s, &peer))
			break;
		(void)__wasi_fd_close(new);
	}
	set_six((int)new, s != NULL && s->six);
	if (address != NULL)
		address_write(address, len, &peer, s != NULL && s->six);
	return (int)new;
}

int accept(int fd, struct sockaddr *address, socklen_t *len)
{
	return accept4(fd, address, len, 0);
}
