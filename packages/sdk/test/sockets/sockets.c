/* sockets: what a C program sees of sockets, one line for each thing. Built
 * for Azoth and for Linux, the same lines must come out: tools/boot-sockets
 * runs both against one peer, which does what the steps below wait for.
 *
 *	sockets PORT PEER PEER_PORT CLOSED_PORT
 *
 * It listens at PORT of TCP and of UDP; PEER answers at PEER_PORT of both, and
 * nobody does at CLOSED_PORT.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BULK = 1 << 20, PIECE = 5000, SECOND_MS = 1000, LONG_MS = 20000 };

static uint16_t port, peer_port, closed_port;
static const char *peer;

/* --- Saying ------------------------------------------------------------------ */

static const struct {
	int number;
	const char *name;
} ERRORS[] = {
	{ EACCES, "EACCES" },
	{ EADDRINUSE, "EADDRINUSE" },
	{ EADDRNOTAVAIL, "EADDRNOTAVAIL" },
	{ EAGAIN, "EAGAIN" },
	{ EALREADY, "EALREADY" },
	{ EBADF, "EBADF" },
	{ ECONNREFUSED, "ECONNREFUSED" },
	{ ECONNRESET, "ECONNRESET" },
	{ EDESTADDRREQ, "EDESTADDRREQ" },
	{ EINPROGRESS, "EINPROGRESS" },
	{ EINVAL, "EINVAL" },
	{ EISCONN, "EISCONN" },
	{ EMSGSIZE, "EMSGSIZE" },
	{ ENOPROTOOPT, "ENOPROTOOPT" },
	{ ENOTCONN, "ENOTCONN" },
	{ ENOTSOCK, "ENOTSOCK" },
	{ EOPNOTSUPP, "EOPNOTSUPP" },
	{ EPIPE, "EPIPE" },
	{ EPROTONOSUPPORT, "EPROTONOSUPPORT" },
};

static const char *error_name(int number)
{
	static char text[32];

	for (size_t i = 0; i < sizeof(ERRORS) / sizeof(ERRORS[0]); i++)
		if (ERRORS[i].number == number)
			return ERRORS[i].name;
	(void)snprintf(text, sizeof(text), "errno %d", number);
	return text;
}

static void say(const char *what, const char *result)
{
	printf("%s: %s\n", what, result);
	(void)fflush(stdout);
}

/* A result of a call, and why it is below 0. */
static long tell(const char *what, long result)
{
	char text[32];
	int error = errno;

	(void)snprintf(text, sizeof(text), "%ld", result);
	say(what, result < 0 ? error_name(error) : text);
	return result;
}

static int need(const char *what, int result)
{
	if (result < 0) {
		(void)tell(what, result);
		exit(1);
	}
	return result;
}

/* Which events: not their numbers, which differ. */
static void tell_events(const char *what, short events)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%s%s%s%s",
	    events & POLLIN ? " in" : "", events & POLLOUT ? " out" : "",
	    events & POLLERR ? " error" : "", events & POLLHUP ? " hup" : "",
	    events & POLLNVAL ? " invalid" : "");
	say(what, text);
}

static short events_of(int fd, short wanted, int timeout)
{
	struct pollfd one = { .fd = fd, .events = wanted };

	return poll(&one, 1, timeout) < 0 ? 0 : one.revents;
}

/* --- Helpers ----------------------------------------------------------------- */

static struct sockaddr_in address(const char *ip, uint16_t number)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(number) };

	a.sin_addr.s_addr = ip != NULL ? inet_addr(ip) : htonl(INADDR_ANY);
	return a;
}

static int join(int fd, const char *ip, uint16_t number)
{
	struct sockaddr_in a = address(ip, number);

	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static int take_port(int fd, uint16_t number)
{
	struct sockaddr_in a = address(NULL, number);

	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static int get_option(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, level, option, &value, &len) < 0 ? -1 : value;
}

static int set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static void set_blocking(int fd, bool blocks)
{
	int flags = fcntl(fd, F_GETFL);

	flags = blocks ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	(void)fcntl(fd, F_SETFL, flags);
}

/* The next connection, over which the peer does what the word says. */
static int take(int listener, const char *word)
{
	int fd;

	say("waits", word);
	fd = need("accept", accept(listener, NULL, NULL));
	set_blocking(fd, true);
	return fd;
}

/* --- Steps ------------------------------------------------------------------- */

static void errors_alone(void)
{
	int tcp = need("socket", socket(AF_INET, SOCK_STREAM, 0));
	int udp = need("socket", socket(AF_INET, SOCK_DGRAM, 0));
	struct sockaddr_in a;
	socklen_t len = sizeof(a);
	char byte = 0;

	tell("tcp of udp", socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
	tell("receive, not connected", recv(tcp, &byte, 1, 0));
	tell("send, not connected", send(tcp, &byte, 1, MSG_NOSIGNAL));
	tell("peer, not connected",
	    getpeername(tcp, (struct sockaddr *)&a, &len));
	tell("shutdown, not connected", shutdown(tcp, SHUT_WR));
	tell("accept, not listening", accept(tcp, NULL, NULL));
	tell("listen on udp", listen(udp, 1));
	tell("accept on udp", accept(udp, NULL, NULL));
	tell("send to nobody", send(udp, &byte, 1, 0));
	tell("bind, short", bind(tcp, (struct sockaddr *)&a, 3));
	tell("option of a file", set_option(0, SOL_SOCKET, SO_REUSEADDR, 1));
	tell("accept on a file", accept(0, NULL, NULL));
	tell("unknown option", set_option(tcp, SOL_SOCKET, 9999, 1));
	tell("short option",
	    setsockopt(tcp, SOL_SOCKET, SO_REUSEADDR, &byte, 1));
	tell("reuse", set_option(tcp, SOL_SOCKET, SO_REUSEADDR, 1));
	tell("no delay", set_option(tcp, IPPROTO_TCP, TCP_NODELAY, 1));
	tell("delayed", get_option(tcp, IPPROTO_TCP, TCP_NODELAY));
	tell("error", get_option(tcp, SOL_SOCKET, SO_ERROR));
	tell("listens", get_option(tcp, SOL_SOCKET, SO_ACCEPTCONN));
	tell("type", get_option(udp, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM &&
			 get_option(tcp, SOL_SOCKET, SO_TYPE) == SOCK_STREAM);
	tell("blocks", (fcntl(tcp, F_GETFL) & O_NONBLOCK) == 0);
	set_blocking(tcp, false);
	tell("blocks", (fcntl(tcp, F_GETFL) & O_NONBLOCK) == 0);
	tell_events("idle udp", events_of(udp, POLLIN | POLLOUT, 0));
	tell_events("idle tcp", events_of(tcp, POLLIN | POLLOUT, 0));
	tell("close", close(tcp));
	tell("close again", close(tcp));
	tell("flags of what is closed", fcntl(tcp, F_GETFL));
	tell_events("what is closed", events_of(tcp, POLLIN, 0));
	tell("close", close(udp));
}

static int make_listener(void)
{
	int fd = need("socket", socket(AF_INET, SOCK_STREAM, 0)), other;
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);

	tell("reuse", set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	tell("bind", take_port(fd, port));
	tell("bind twice", take_port(fd, port));
	tell("listen", listen(fd, 8));
	tell("listen again", listen(fd, 8));
	other = need("socket", socket(AF_INET, SOCK_STREAM, 0));
	tell("port taken", take_port(other, port));
	tell("close", close(other));
	tell("name", getsockname(fd, (struct sockaddr *)&a, &len));
	tell("its family", a.sin_family == AF_INET);
	tell("its port", ntohs(a.sin_port) == port);
	tell("its address", ntohl(a.sin_addr.s_addr));
	tell("its length", len == sizeof(a));
	tell("listens", get_option(fd, SOL_SOCKET, SO_ACCEPTCONN));
	tell("connect", join(fd, peer, peer_port));
	set_blocking(fd, false);
	tell("nobody comes", accept(fd, NULL, NULL));
	tell_events("nobody comes", events_of(fd, POLLIN, 0));
	set_blocking(fd, true);
	return fd;
}

/* The peer sends "hello world", waits for an answer, ends its half, and wants
 * another one. */
static void talk(int listener)
{
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	char text[32] = { 0 };
	int fd, waiting = 0;

	say("waits", "talk");
	tell_events("comes", events_of(listener, POLLIN, LONG_MS));
	fd = need("accept", accept(listener, (struct sockaddr *)&a, &len));
	tell("from", a.sin_family == AF_INET && a.sin_port != 0);
	memset(&a, 0, sizeof(a));
	len = sizeof(a);
	tell("peer", getpeername(fd, (struct sockaddr *)&a, &len));
	tell("peer's port", a.sin_port != 0);
	tell("own name", getsockname(fd, (struct sockaddr *)&a, &len));
	tell("own port", ntohs(a.sin_port) == port);
	tell("bind", take_port(fd, port));
	tell("connect", join(fd, peer, peer_port));
	tell_events("in", events_of(fd, POLLIN, LONG_MS) & POLLIN);
	tell("all of it", recv(fd, text, 11, MSG_PEEK | MSG_WAITALL));
	tell("waiting", ioctl(fd, FIONREAD, &waiting));
	tell("bytes", waiting);
	tell("part", recv(fd, text, 5, 0));
	tell("rest", read(fd, text + 5, sizeof(text) - 5));
	say("text", text);
	tell("nothing", recv(fd, text, 5, MSG_DONTWAIT));
	tell_events("only out", events_of(fd, POLLIN | POLLOUT, 0));
	tell("answer", send(fd, "well", 4, MSG_NOSIGNAL));
	tell_events("the end", events_of(fd, POLLIN, LONG_MS));
	tell("the end", recv(fd, text, sizeof(text), 0));
	tell("the end again", recv(fd, text, sizeof(text), 0));
	tell("error", get_option(fd, SOL_SOCKET, SO_ERROR));
	tell("answer", write(fd, "done", 4));
	tell("shutdown", shutdown(fd, SHUT_WR));
	tell("answer", send(fd, "more", 4, MSG_NOSIGNAL));
	tell("close", close(fd));
	tell("closed", recv(fd, text, 1, 0));
}

/* The peer resets the connection. */
static void reset(int listener)
{
	int fd = take(listener, "reset");
	char byte;

	tell_events(
	    "reset", events_of(fd, POLLIN | POLLOUT, LONG_MS) & ~POLLOUT);
	tell("receive", recv(fd, &byte, 1, 0));
	tell("close", close(fd));
}

static uint32_t sum_bytes(uint32_t sum, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum = sum * 31 + bytes[i];
	return sum;
}

/* The peer sends a MiB and gets it back, at once. */
static void echo_bulk(int listener)
{
	static uint8_t all[BULK];
	size_t got = 0, sent = 0;
	int fd = take(listener, "bulk");

	set_blocking(fd, false);
	while (sent < BULK) {
		short events = events_of(fd,
		    (got < BULK ? POLLIN : 0) | (sent < got ? POLLOUT : 0),
		    LONG_MS);
		ssize_t n = 0;

		if (events & POLLIN)
			n = recv(fd, all + got, BULK - got, 0);
		else if (events & POLLOUT)
			n = send(fd, all + sent, got - sent, MSG_NOSIGNAL);
		if (n <= 0 && !(n < 0 && errno == EAGAIN))
			break;
		if (n > 0 && (events & POLLIN))
			got += (size_t)n;
		else if (n > 0)
			sent += (size_t)n;
	}
	tell("bulk", (long)sent);
	tell("its sum", (long)(sum_bytes(0, all, got) & INT32_MAX));
	tell("close", close(fd));
}

/* Two connections, by select: which of them has something. */
static void choose(int listener)
{
	struct timeval none = { 0, 0 }, some = { LONG_MS / 1000, 0 };
	int silent = take(listener, "silence");
	int loud = take(listener, "talk twice"), most;
	fd_set reads, writes;
	char byte;

	most = (silent > loud ? silent : loud) + 1;
	FD_ZERO(&reads);
	FD_ZERO(&writes);
	FD_SET(silent, &reads);
	FD_SET(loud, &reads);
	tell("select", select(most, &reads, NULL, NULL, &some));
	tell("silent", FD_ISSET(silent, &reads) != 0);
	tell("loud", FD_ISSET(loud, &reads) != 0);
	tell("receive", recv(loud, &byte, 1, 0));
	FD_ZERO(&reads);
	FD_SET(silent, &reads);
	FD_SET(silent, &writes);
	FD_SET(loud, &writes);
	tell("select", select(most, &reads, &writes, NULL, &some));
	tell("select", select(most, &reads, NULL, NULL, &none));
	tell("close", close(silent));
	FD_ZERO(&reads);
	FD_SET(silent, &reads);
	tell("select what is closed", select(most, &reads, NULL, NULL, &none));
	tell("close", close(loud));
}

static void go_out(void)
{
	int fd = need("socket", socket(AF_INET, SOCK_STREAM, 0));
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	char text[8] = { 0 };

	tell("connect", join(fd, peer, peer_port));
	tell("connect again", join(fd, peer, peer_port));
	tell("peer", getpeername(fd, (struct sockaddr *)&a, &len));
	tell("its port", ntohs(a.sin_port) == peer_port);
	tell("send", send(fd, "ping", 4, MSG_NOSIGNAL));
	tell("all of it", recv(fd, text, 4, MSG_WAITALL));
	say("text", text);
	tell("listen", listen(fd, 1));
	tell("close", close(fd));

	fd = need("socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	tell("connect", join(fd, peer, peer_port));
	tell_events("connected", events_of(fd, POLLOUT, LONG_MS));
	tell("error", get_option(fd, SOL_SOCKET, SO_ERROR));
	tell("nothing", recv(fd, text, 4, 0));
	tell("close", close(fd));
}

static void go_nowhere(void)
{
	int fd = need("socket", socket(AF_INET, SOCK_STREAM, 0));

	tell("refused", join(fd, peer, closed_port));
	tell("close", close(fd));
	fd = need("socket", socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	tell("connect", join(fd, peer, closed_port));
	tell_events("refused", events_of(fd, POLLOUT, LONG_MS));
	say("error", error_name(get_option(fd, SOL_SOCKET, SO_ERROR)));
	tell("no error", get_option(fd, SOL_SOCKET, SO_ERROR));
	tell("close", close(fd));
	fd = need("socket", socket(AF_INET, SOCK_STREAM, 0));
	say("not ours", join(fd, "127.0.0.1", 1) < 0 ? "fails" : "goes");
	tell("close", close(fd));
}

/* The peer sends "one" to PORT of UDP until it has an answer. */
static void datagrams(void)
{
	int fd = need("socket", socket(AF_INET, SOCK_DGRAM, 0));
	struct sockaddr_in a = { 0 };
	socklen_t len = sizeof(a);
	char text[8] = { 0 }, parts[2][4] = { 0 };
	struct iovec list[2] = { { parts[0], 3 }, { parts[1], 3 } };
	struct msghdr message = { .msg_iov = list, .msg_iovlen = 2 };

	tell("bind", take_port(fd, port));
	tell("bind again", take_port(fd, port));
	say("waits", "datagrams");
	tell_events("comes", events_of(fd, POLLIN, LONG_MS));
	tell("receive", recvfrom(fd, text, 2, 0, (struct sockaddr *)&a, &len));
	tell("from", a.sin_family == AF_INET && a.sin_port != 0);
	say("text", text);
	tell(
	    "too long", sendto(fd, text, 70000, 0, (struct sockaddr *)&a, len));
	tell("send to nobody", send(fd, text, 2, 0));
	tell("send", sendto(fd, "two", 3, 0, (struct sockaddr *)&a, len));
	tell("close", close(fd));

	fd = need("socket", socket(AF_INET, SOCK_DGRAM, 0));
	tell("connect", join(fd, peer, peer_port));
	tell("send", send(fd, "threes", 6, 0));
	tell_events("comes", events_of(fd, POLLIN, LONG_MS));
	tell("parts", recvmsg(fd, &message, 0));
	say("first", parts[0]);
	say("second", parts[1]);
	tell("nothing", recv(fd, text, sizeof(text), MSG_DONTWAIT));
	tell("close", close(fd));

	fd = need("socket", socket(AF_INET, SOCK_DGRAM, 0));
	a = address(peer, peer_port);
	message.msg_name = &a;
	message.msg_namelen = sizeof(a);
	tell("parts", sendmsg(fd, &message, 0));
	tell_events("comes", events_of(fd, POLLIN, LONG_MS));
	message.msg_namelen = sizeof(a);
	tell("parts", recvmsg(fd, &message, 0));
	tell("from", ntohs(a.sin_port) == peer_port);
	tell("close", close(fd));
}

static void tell_found(const char *what, const char *host, const char *service,
    int flags, int family)
{
	struct addrinfo hints = { .ai_family = family,
		.ai_flags = flags,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char name[NI_MAXHOST], number[NI_MAXSERV];
	int error = getaddrinfo(host, service, &hints, &list);

	if (error != 0) {
		say(what, "fails");
		return;
	}
	tell(what, list->ai_family == AF_INET6 ? 6 : 4);
	tell("one of one type", list->ai_next == NULL);
	(void)getnameinfo(list->ai_addr, list->ai_addrlen, name, sizeof(name),
	    number, sizeof(number), NI_NUMERICHOST | NI_NUMERICSERV);
	say("its host", name);
	say("its port", number);
	freeaddrinfo(list);
}

static void names(void)
{
	tell_found("numbers", "10.1.2.3", "80", 0, AF_UNSPEC);
	tell_found("service", "10.1.2.3", "http", 0, AF_UNSPEC);
	tell_found("no service", "10.1.2.3", "none-such", 0, AF_UNSPEC);
	tell_found("six", "fe80::1:2", "443", 0, AF_UNSPEC);
	tell_found("six of four", "fe80::1:2", "1", 0, AF_INET);
	tell_found("passive", NULL, "8080", AI_PASSIVE, AF_INET);
	tell_found("passive six", NULL, "8080", AI_PASSIVE, AF_INET6);
	tell_found("own", NULL, "8080", 0, AF_INET);
	tell_found("no number", "a.name", "80", AI_NUMERICHOST, AF_INET);
	tell_found("no name", "a name", "80", 0, AF_INET);
	tell("address", inet_addr("1.2.3.4") == htonl(0x01020304));
	tell("no address", inet_addr("1.2.3.400") == INADDR_NONE);
	say("text", inet_ntoa((struct in_addr){ htonl(0x01020304) }));
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 5)
		return 2;
	port = (uint16_t)atoi(argv[1]);
	peer = argv[2];
	peer_port = (uint16_t)atoi(argv[3]);
	closed_port = (uint16_t)atoi(argv[4]);
	errors_alone();
	names();
	listener = make_listener();
	talk(listener);
	reset(listener);
	echo_bulk(listener);
	choose(listener);
	tell("close", close(listener));
	listener = make_listener();
	reset(listener);
	go_out();
	go_nowhere();
	datagrams();
	say("end", "");
	return 0;
}
