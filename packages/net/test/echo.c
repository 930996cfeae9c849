/* echo PLACE: asks PLACE for a line and says it, then gives back what comes to
 * its listeners, of which the first is one of datagrams; and closes what sent
 * "bye". Without a PLACE it takes nothing. For tools/boot-net. */
#include <azoth_socket.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

enum { UDP = 3, TCP = 4, FIRST = 64, EVENTS = 16, SIZE = 2048 };

static char buffer[SIZE];

static void ask(const char *place)
{
	int32_t fd = az_sock_connect(place, (uint32_t)strlen(place), 0);
	ssize_t n = fd < 0 ? fd : read(fd, buffer, SIZE);

	printf("heard %.*s\n", n < 0 ? 0 : (int)n, buffer);
	(void)fflush(stdout);
	close(fd);
}

static void give_back_datagrams(void)
{
	struct az_socket_address peer;
	struct az_bytes bytes = { buffer, SIZE };
	int32_t n;

	while ((n = az_sock_recv_from(UDP, &bytes, 1, &peer)) >= 0) {
		struct az_bytes same = { buffer, (uint32_t)n };

		az_sock_send_to(UDP, &same, 1, &peer);
	}
}

static void give_back(int fd)
{
	ssize_t n;

	while ((n = read(fd, buffer, SIZE)) > 0) {
		write(fd, buffer, (size_t)n);
		if (n == 3 && memcmp(buffer, "bye", 3) == 0) {
			close(fd);
			return;
		}
	}
	if (n == 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct az_socket_ready list[EVENTS];
	__wasi_fd_t fd;

	(void)__wasi_fd_fdstat_set_flags(UDP, __WASI_FDFLAGS_NONBLOCK);
	(void)__wasi_fd_fdstat_set_flags(TCP, __WASI_FDFLAGS_NONBLOCK);
	while (argc < 2)
		(void)az_signal_any(AZ_FOR_EVER);
	ask(argv[1]);
	for (;;) {
		int32_t n = az_sock_events(list, EVENTS, AZ_FOR_EVER);

		give_back_datagrams();
		while (
		    __wasi_sock_accept(TCP, __WASI_FDFLAGS_NONBLOCK, &fd) == 0)
			give_back((int)fd);
		for (int32_t i = 0; i < n; i++)
			if (list[i].fd > FIRST)
				give_back(list[i].fd);
	}
}
