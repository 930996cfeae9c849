/* socket_ends: connections that are begun here, and what either end of one is
 * called and can be told. */
#include "socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wasi/api.h>

enum { NETWORK_MAX = 64, PLACE_MAX = 4 + NETWORK_MAX + 1 + 255 + 6 };

static int fail(int error)
{
	errno = error;
	return -1;
}

/* --- Clients --------------------------------------------------------------- */

/* The network of the first word of AZOTH_CONNECT with this protocol, or of any
 * that names the host: what is written there may be reached. */
static void network_for(
    char *out, size_t size, bool datagrams, const char *host)
{
	const char *at = getenv("AZOTH_CONNECT");
	size_t len, host_len = strlen(host), room;

	(void)snprintf(out, size, "lan");
	for (bool found = false; at != NULL; at += len) {
		const char *colon;

		len = sock_word(&at);
		if (len == 0)
			break;
		colon = memchr(at, ':', len);
		if (colon == NULL || at[0] != (datagrams ? 'u' : 't'))
			continue;
		room = len - (size_t)(colon + 1 - at);
		if (!found || (room > host_len && colon[1 + host_len] == ':' &&
				  memcmp(colon + 1, host, host_len) == 0))
			(void)snprintf(
			    out, size, "%.*s", (int)(colon - at - 4), at + 4);
		found = true;
	}
}

/* "tcp/lan:10.0.2.2:80", or with a name. */
static size_t place_of(
    char *out, size_t size, bool datagrams, const struct az_socket_address *to)
{
	char host[INET6_ADDRSTRLEN + 2], network[NETWORK_MAX];
	const char *name = name_of(to);

	if (name == NULL && to->family == 6) {
		host[0] = '[';
		(void)inet_ntop(AF_INET6, to->ip, host + 1, sizeof(host) - 2);
		(void)strcat(host, "]");
		name = host;
	} else if (name == NULL) {
		name = inet_ntop(AF_INET, to->ip, host, sizeof(host));
	}
	network_for(network, sizeof(network), datagrams, name);
	return (size_t)snprintf(out, size, "%s/%s:%s:%u",
	    datagrams ? "udp" : "tcp", network, name, to->port);
}

/* What there is to be said about a connection of which nobody reads. */
int sock_error(int real)
{
	__wasi_iovec_t none = { .buf = NULL, .buf_len = 0 };
	__wasi_roflags_t out;
	__wasi_size_t len;
	__wasi_errno_t error;
	uint16_t flags;

	if (!sock_get_flags(real, &flags))
		return errno;
	(void)sock_set_flags(real, flags | O_NONBLOCK);
	error = __wasi_sock_recv(
	    (__wasi_fd_t)real, &none, 1, __WASI_RIFLAGS_RECV_PEEK, &len, &out);
	(void)sock_set_flags(real, flags);
	if (error == ENOENT)
		return EHOSTUNREACH; /* there is no such name */
	return error == EAGAIN ? 0 : error;
}

void sock_wait_writable(int real)
{
	__wasi_subscription_t sub = { .u = { .tag = __WASI_EVENTTYPE_FD_WRITE,
					  .u.fd_write.file_descriptor =
					      (__wasi_fd_t)real } };
	__wasi_event_t event;
	__wasi_size_t count;

	(void)__wasi_poll_oneoff(&sub, &event, 1, &count);
}

int sock_begin(struct sock *s, const struct az_socket_address *to, bool wait)
{
	char place[PLACE_MAX];
	size_t len = place_of(place, sizeof(place), s->datagrams, to);
	int fd;

	if (len >= sizeof(place))
		return fail(EHOSTUNREACH);
	fd = az_sock_connect(place, (uint32_t)len, s->flags);
	if (fd < 0)
		return fail(fd == -ENOTCAPABLE ? EACCES : -fd);
	s->fd = fd;
	s->state = SOCK_CONNECTS;
	s->told = false;
	s->peer = *to;
	if (!wait)
		return 0;
	sock_wait_writable(fd);
	fd = sock_error(fd);
	return fd == 0 ? 0 : fail(fd);
}

/* What a second connect says to a socket of TCP. */
static int connect_again(const struct sock *s)
{
	__wasi_subscription_t subs[2] = {
		{ .u = { .tag = __WASI_EVENTTYPE_FD_WRITE,
		      .u.fd_write.file_descriptor = (__wasi_fd_t)s->fd } },
		{ .u = { .tag = __WASI_EVENTTYPE_CLOCK,
		      .u.clock.id = __WASI_CLOCKID_MONOTONIC } },
	};
	__wasi_event_t events[2];
	__wasi_size_t count = 0;
	int error = sock_error(s->fd);

	if (error != 0)
		return fail(s->told ? ECONNABORTED : error);
	(void)__wasi_poll_oneoff(subs, events, 2, &count);
	return fail(count > 0 && events[0].type == __WASI_EVENTTYPE_FD_WRITE
			? EISCONN
			: EALREADY);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	struct sock *s = sock_find(fd);
	struct az_socket_address to;

	if (s == NULL)
		return sock_check(fd) < 0 ? -1 : fail(EISCONN);
	if (!address_read(&to, address, len))
		return fail(EAFNOSUPPORT);
	if (s->state == SOCK_BOUND || s->state == SOCK_LISTENS ||
	    s->listener != 0)
		return fail(s->datagrams ? EOPNOTSUPP : EISCONN);
	if (s->state == SOCK_CONNECTS && !s->datagrams)
		return connect_again(s);
	if (s->state == SOCK_CONNECTS)
		(void)__wasi_fd_close((__wasi_fd_t)s->fd);
	s->fd = -1;
	if (sock_begin(s, &to, s->datagrams || !(s->flags & O_NONBLOCK)) < 0) {
		s->told = true;
		return -1;
	}
	return !s->datagrams && (s->flags & O_NONBLOCK) ? fail(EINPROGRESS) : 0;
}

/* --- Names of the ends ----------------------------------------------------- */

static int get_name(int fd, bool own, struct sockaddr *address, socklen_t *len)
{
	struct sock *s = sock_find(fd);
	struct az_socket_address a = { .family = s != NULL && s->six ? 6 : 4 };
	bool six = s != NULL ? s->six : sock_is_six(fd);
	int status;

	if (s == NULL && sock_check(fd) < 0)
		return -1;
	if (s != NULL && (s->fd < 0 || s->listener != 0)) {
		if (!own)
			return fail(ENOTCONN);
		a.port = s->port;
	} else {
		status = az_sock_address(s == NULL ? fd : s->fd, own, &a);
		if (status < 0)
			return fail(-status);
		if (a.family == 0)
			return fail(ENOTCONN);
	}
	address_write(address, len, &a, six);
	return 0;
}

int getsockname(int fd, struct sockaddr *address, socklen_t *len)
{
	return get_name(fd, true, address, len);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *len)
{
	return get_name(fd, false, address, len);
}

/* --- Options --------------------------------------------------------------- */

/* Those that ask for what is so in any case, or for a hint. */
static bool is_harmless(int level, int option)
{
	if (level == SOL_SOCKET)
		return option == SO_REUSEADDR || option == SO_REUSEPORT ||
		       option == SO_KEEPALIVE || option == SO_SNDBUF ||
		       option == SO_RCVBUF;
	return level == IPPROTO_TCP &&
	       (option == TCP_NODELAY || option == TCP_QUICKACK ||
		   option == TCP_CORK || option == TCP_DEFER_ACCEPT);
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	struct sock *s = sock_find(fd);
	int number = 0;

	if (s == NULL && sock_check(fd) < 0)
		return -1;
	if (value == NULL)
		return fail(EFAULT);
	if (len < sizeof(number))
		return fail(EINVAL);
	memcpy(&number, value, sizeof(number));
	if (is_harmless(level, option))
		return 0;
	if (level == SOL_SOCKET && option == SO_LINGER && number == 0)
		return 0;
	if (level != IPPROTO_IPV6 || option != IPV6_V6ONLY || s == NULL ||
	    !s->six)
		return fail(ENOPROTOOPT);
	if (s->state != SOCK_NEW)
		return fail(EINVAL);
	s->only_six = number != 0;
	return 0;
}

static int get_type(int fd, const struct sock *s)
{
	__wasi_fdstat_t st;

	if (s != NULL)
		return s->datagrams ? SOCK_DGRAM : SOCK_STREAM;
	(void)__wasi_fd_fdstat_get((__wasi_fd_t)fd, &st);
	return st.fs_filetype;
}

/* SO_ERROR says each thing once. */
static int take_error(int fd, struct sock *s)
{
	int error;

	if (s != NULL && (s->fd < 0 || s->listener != 0 || s->told))
		return 0;
	error = sock_error(s == NULL ? fd : s->fd);
	if (s != NULL)
		s->told = error != 0;
	return error;
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	struct sock *s = sock_find(fd);
	int number;

	if (s == NULL && sock_check(fd) < 0)
		return -1;
	if (level == SOL_SOCKET && option == SO_TYPE)
		number = get_type(fd, s);
	else if (level == SOL_SOCKET && option == SO_ERROR)
		number = take_error(fd, s);
	else if (level == SOL_SOCKET && option == SO_ACCEPTCONN)
		number = s != NULL && s->state == SOCK_LISTENS;
	else if (level == IPPROTO_TCP && option == TCP_NODELAY)
		number = 1;
	else
		return fail(ENOPROTOOPT);
	if (*len > sizeof(number))
		*len = sizeof(number);
	memcpy(value, &number, *len);
	return 0;
}
