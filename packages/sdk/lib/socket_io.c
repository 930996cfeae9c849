/* socket_io: descriptors, in the place of wasi-libc's functions: the number of
 * a struct sock goes by what is behind that, any other to the system. */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wasi/api.h>

_Static_assert(sizeof(struct iovec) == sizeof(__wasi_iovec_t), "iovec");
_Static_assert(sizeof(struct iovec) == sizeof(struct az_bytes), "iovec");

static int fail(int error)
{
	errno = error;
	return -1;
}

static ssize_t give(__wasi_errno_t error, __wasi_size_t done)
{
	return error == 0 ? (ssize_t)done : fail(error);
}

int close(int fd)
{
	struct sock *s = sock_find(fd);
	__wasi_errno_t error;

	if (s != NULL)
		return sock_close(s);
	error = __wasi_fd_close((__wasi_fd_t)fd);
	return error == 0 ? 0 : fail(error);
}

static int get_flags(int fd, const struct sock *s)
{
	__wasi_fdstat_t st;
	__wasi_errno_t error;
	int flags;

	if (s != NULL)
		return O_RDWR | s->flags;
	error = __wasi_fd_fdstat_get((__wasi_fd_t)fd, &st);
	if (error != 0)
		return fail(error);
	flags = st.fs_flags;
	if (st.fs_rights_base & __WASI_RIGHTS_FD_READ)
		flags |= O_RDONLY;
	if (st.fs_rights_base & __WASI_RIGHTS_FD_WRITE)
		flags |= O_WRONLY;
	return flags;
}

static int set_flags(int fd, struct sock *s, int flags)
{
	uint16_t all = (uint16_t)(flags & 0xfff); /* O_APPEND and its kind */

	if (s == NULL)
		return sock_set_flags(fd, all);
	s->flags = all;
	return s->fd < 0 ? 0 : sock_set_flags(s->fd, all);
}

int fcntl(int fd, int command, ...)
{
	struct sock *s = sock_find(fd);
	uint16_t flags;
	va_list list;
	int argument;

	switch (command) {
	case F_GETFD:
	case F_SETFD: /* nothing is ever executed */
		if (s == NULL && !sock_get_flags(fd, &flags))
			return -1;
		return command == F_GETFD ? FD_CLOEXEC : 0;
	case F_GETFL:
		return get_flags(fd, s);
	case F_SETFL:
		va_start(list, command);
		argument = va_arg(list, int);
		va_end(list);
		return set_flags(fd, s, argument);
	default:
		return fail(EINVAL);
	}
}

int ioctl(int fd, int request, ...)
{
	struct sock *s = sock_find(fd);
	uint16_t flags;
	va_list list;
	int *value;

	va_start(list, request);
	value = va_arg(list, int *);
	va_end(list);
	if (request == FIONBIO) {
		if (s != NULL)
			flags = s->flags;
		else if (!sock_get_flags(fd, &flags))
			return -1;
		flags &= (uint16_t)~O_NONBLOCK;
		return set_flags(fd, s, flags | (*value ? O_NONBLOCK : 0));
	}
	if (request == FIONREAD) {
		*value = sock_readable(fd);
		return *value < 0 ? -1 : 0;
	}
	return fail(EINVAL);
}

/* --- Bytes ----------------------------------------------------------------- */

ssize_t readv(int fd, const struct iovec *list, int count)
{
	int real = sock_real(fd);
	__wasi_size_t done = 0;

	if (real < 0 && fd != real)
		return -1;
	return give(__wasi_fd_read((__wasi_fd_t)real,
			(const __wasi_iovec_t *)list, (size_t)count, &done),
	    done);
}

ssize_t writev(int fd, const struct iovec *list, int count)
{
	int real = sock_real(fd);
	__wasi_size_t done = 0;

	if (real < 0 && fd != real)
		return -1;
	return give(__wasi_fd_write((__wasi_fd_t)real,
			(const __wasi_ciovec_t *)list, (size_t)count, &done),
	    done);
}

ssize_t read(int fd, void *bytes, size_t len)
{
	return readv(fd, &(struct iovec){ bytes, len }, 1);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	return writev(fd, &(struct iovec){ (void *)bytes, len }, 1);
}

/* The system's descriptor with MSG_DONTWAIT seen to: its flags are to be put
 * back afterwards. */
static int begin_io(int fd, int flags, uint16_t *before)
{
	int real = sock_real(fd);

	if (real < 0 && real != fd)
		return -1;
	if (sock_check(real) < 0 || !sock_get_flags(real, before))
		return -1;
	if ((flags & MSG_DONTWAIT) && !(*before & O_NONBLOCK))
		(void)sock_set_flags(real, *before | O_NONBLOCK);
	return real;
}

static void end_io(int real, int flags, uint16_t before)
{
	int error = errno;

	if ((flags & MSG_DONTWAIT) && !(before & O_NONBLOCK))
		(void)sock_set_flags(real, before);
	errno = error;
}

static bool is_datagrams(int real)
{
	__wasi_fdstat_t st;

	return __wasi_fd_fdstat_get((__wasi_fd_t)real, &st) == 0 &&
	       st.fs_filetype == __WASI_FILETYPE_SOCKET_DGRAM;
}

static ssize_t receive_some(int real, const struct iovec *list, int count,
    bool peek, struct az_socket_address *from)
{
	__wasi_roflags_t out;
	__wasi_size_t done = 0;
	int status;

	if (!peek && is_datagrams(real)) {
		status = az_sock_recv_from(
		    real, (const struct az_bytes *)list, (uint32_t)count, from);
		return status < 0 ? fail(-status) : status;
	}
	return give(__wasi_sock_recv((__wasi_fd_t)real,
			(const __wasi_iovec_t *)list, (size_t)count,
			peek ? __WASI_RIFLAGS_RECV_PEEK : 0, &done, &out),
	    done);
}

/* MSG_WAITALL: one buffer, until it is full. */
static ssize_t receive_all(int real, char *bytes, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct iovec rest = { bytes + done, len - done };
		ssize_t n = receive_some(real, &rest, 1, false, NULL);

		if (n <= 0)
			return done > 0 || n == 0 ? (ssize_t)done : -1;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const int known = MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT | MSG_NOSIGNAL;
	struct az_socket_address from = { 0 };
	const struct sock *s = sock_find(fd);
	uint16_t before;
	ssize_t done;
	int real;

	if (flags & ~known)
		return fail(EOPNOTSUPP);
	real = begin_io(fd, flags, &before);
	if (real < 0)
		return -1;
	if ((flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL &&
	    message->msg_iovlen == 1 && !is_datagrams(real))
		done = receive_all(real, message->msg_iov->iov_base,
		    message->msg_iov->iov_len);
	else
		done = receive_some(real, message->msg_iov, message->msg_iovlen,
		    flags & MSG_PEEK, &from);
	end_io(real, flags, before);
	message->msg_controllen = 0;
	message->msg_flags = 0;
	if (done >= 0 && message->msg_name != NULL && from.family != 0)
		address_write(message->msg_name, &message->msg_namelen, &from,
		    s != NULL && s->six);
	else
		message->msg_namelen = 0;
	return done;
}

ssize_t recvfrom(int fd, void *bytes, size_t len, int flags,
    struct sockaddr *address, socklen_t *address_len)
{
	struct iovec one = { bytes, len };
	struct msghdr message = {
		.msg_name = address,
		.msg_namelen = address_len != NULL ? *address_len : 0,
		.msg_iov = &one,
		.msg_iovlen = 1,
	};
	ssize_t done = recvmsg(fd, &message, flags);

	if (done >= 0 && address_len != NULL)
		*address_len = message.msg_namelen;
	return done;
}

ssize_t recv(int fd, void *bytes, size_t len, int flags)
{
	return recvfrom(fd, bytes, len, flags, NULL, NULL);
}

static bool same_address(
    const struct az_socket_address *a, const struct az_socket_address *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* A socket that nobody bound is connected to whom it sends to, one at a
 * time; what is connected already may name that one again. */
static int aim(struct sock *s, const struct az_socket_address *to)
{
	if (s->state == SOCK_CONNECTS && same_address(&s->peer, to))
		return 0;
	if (s->state == SOCK_CONNECTS)
		(void)__wasi_fd_close((__wasi_fd_t)s->fd);
	s->fd = -1;
	s->state = SOCK_NEW;
	return sock_begin(s, to, true);
}

static ssize_t send_datagram(
    int real, const struct msghdr *message, const struct az_socket_address *to)
{
	int status =
	    az_sock_send_to(real, (const struct az_bytes *)message->msg_iov,
		(uint32_t)message->msg_iovlen, to);

	return status < 0 ? fail(-status) : status;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	const int known = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE;
	struct az_socket_address to = { 0 };
	struct sock *s = sock_find(fd);
	uint16_t before;
	ssize_t done;
	int real;

	if (flags & ~known)
		return fail(EOPNOTSUPP);
	if (s != NULL && s->datagrams && message->msg_name != NULL) {
		if (!address_read(&to, message->msg_name, message->msg_namelen))
			return fail(EAFNOSUPPORT);
		if (s->listener == 0 && aim(s, &to) < 0)
			return -1;
		if (s->listener == 0)
			to.family = 0;
	} else if (s != NULL && s->datagrams &&
		   (s->fd < 0 || s->listener != 0)) {
		return fail(EDESTADDRREQ);
	}
	real = begin_io(fd, flags, &before);
	if (real < 0)
		return s != NULL && errno == ENOTCONN ? fail(EPIPE) : -1;
	done = is_datagrams(real)
		   ? send_datagram(real, message, &to)
		   : writev(real, message->msg_iov, message->msg_iovlen);
	end_io(real, flags, before);
	return done;
}

ssize_t sendto(int fd, const void *bytes, size_t len, int flags,
    const struct sockaddr *address, socklen_t address_len)
{
	struct iovec one = { (void *)bytes, len };
	struct msghdr message = {
		.msg_name = (void *)address,
		.msg_namelen = address_len,
		.msg_iov = &one,
		.msg_iovlen = 1,
	};

	return sendmsg(fd, &message, flags);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	return sendto(fd, bytes, len, flags, NULL, 0);
}

int shutdown(int fd, int how)
{
	int real = sock_real(fd);
	__wasi_errno_t error;

	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return fail(EINVAL);
	if (real < 0 && real != fd)
		return -1;
	error = __wasi_sock_shutdown((__wasi_fd_t)real, (__wasi_sdflags_t)how);
	return error == 0 ? 0 : fail(error);
}
