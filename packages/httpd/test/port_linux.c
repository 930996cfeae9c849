/* port_linux: with -DPORT_POSIX for ../port.c, Azoth's socket calls over the
 * sockets of Linux, so that ordinary clients drive httpd. Events come once for
 * each change, by edge-triggered epoll, as from az_sock_events. The listener is
 * at 127.0.0.1:$HTTPD_PORT; $HTTPD_SEND is the size of send buffers. */
#include "../port.h"
#include "azoth_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { MAX_EVENTS = 256, BACKLOG = 1024 };

static int epoll = -1, listener_fd = -1;

static void watch(int fd)
{
	struct epoll_event e = {
		.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP,
		.data.fd = fd,
	};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		abort();
}

uint32_t port_listeners(int32_t fds[LISTENERS_MAX])
{
	const char *port = getenv("HTTPD_PORT");
	struct sockaddr_in here = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port ? port : "8080")),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (void *)&here, sizeof(here)) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		perror("listen");
		return 0;
	}
	epoll = epoll_create1(0);
	listener_fd = fd;
	watch(fd);
	fds[0] = fd;
	return 1;
}

void port_ready(void)
{
	(void)fprintf(stderr, "ready\n");
}

int32_t port_accept(int32_t listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
	const char *send = getenv("HTTPD_SEND");
	int size = send != NULL ? atoi(send) : 0;

	if (fd < 0)
		return PORT_AGAIN;
	if (size > 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	watch(fd);
	return fd;
}

void port_shut(int32_t fd)
{
	(void)shutdown(fd, SHUT_WR);
}

uint32_t port_events(struct az_socket_ready *list, uint32_t max, int64_t ns)
{
	struct epoll_event events[MAX_EVENTS];
	int64_t ms = ns / 1000000 < 3600000 ? (ns + 999999) / 1000000 : -1;
	int count = epoll_wait(
	    epoll, events, max < MAX_EVENTS ? (int)max : MAX_EVENTS, (int)ms);

	for (int i = 0; i < count; i++) {
		uint32_t got = events[i].events;

		list[i].fd = events[i].data.fd;
		list[i].events =
		    list[i].fd == listener_fd ? AZ_SOCKET_ARRIVAL : 0;
		if (got & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			list[i].events |= AZ_SOCKET_READABLE;
		if (got & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			list[i].events |= AZ_SOCKET_WRITABLE;
	}
	return count > 0 ? (uint32_t)count : 0;
}
