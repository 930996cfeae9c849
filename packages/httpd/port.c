#include "port.h"

#if defined(__wasm__) || defined(PORT_POSIX) /* else tests bring their own */

#include <errno.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int32_t result_of(ssize_t done)
{
	if (done >= 0)
		return (int32_t)done;
	return errno == EAGAIN ? PORT_AGAIN : PORT_BROKEN;
}

int32_t port_read(int32_t fd, void *buffer, uint32_t size)
{
	return result_of(read(fd, buffer, size));
}

int32_t port_write(int32_t fd, const struct iovec *v, uint32_t count)
{
	return result_of(writev(fd, v, (int)count));
}

void port_close(int32_t fd)
{
	(void)close(fd);
}

uint64_t port_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

#endif

#ifdef __wasm__ /* and Linux's are in test/port_linux.c */

#include "azoth_socket.h"

#include <wasi/api.h>

enum { FIRST_FD = 3, FDS_END = 64 };

uint32_t port_listeners(int32_t fds[LISTENERS_MAX])
{
	uint32_t count = 0;
	__wasi_fdstat_t st;

	for (int32_t fd = FIRST_FD; fd < FDS_END && count < LISTENERS_MAX; fd++)
		if (__wasi_fd_fdstat_get(fd, &st) == 0 &&
		    st.fs_filetype == __WASI_FILETYPE_SOCKET_STREAM &&
		    __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_NONBLOCK) ==
			0)
			fds[count++] = fd;
	return count;
}

void port_ready(void)
{
	az_ready();
}

int32_t port_accept(int32_t listener)
{
	__wasi_fd_t fd;

	return __wasi_sock_accept(listener, __WASI_FDFLAGS_NONBLOCK, &fd) == 0
		   ? (int32_t)fd
		   : PORT_AGAIN;
}

void port_shut(int32_t fd)
{
	(void)__wasi_sock_shutdown(fd, __WASI_SDFLAGS_WR);
}

uint32_t port_events(struct az_socket_ready *list, uint32_t max, int64_t ns)
{
	int32_t count = az_sock_events(list, max, ns);

	return count > 0 ? (uint32_t)count : 0;
}

#endif
