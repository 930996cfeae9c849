/* host/wasi/sock: sockets: WASI's calls, and azoth's for what those lack. A
 * call on a descriptor that is not NONBLOCK waits. */
#include "host/wasi/sock.h"

#include <stddef.h>

#include "abi/socket.h"
#include "abi/status.h"
#include "abi/index.h"
#include "arch/clock.h"
#include "base/log.h"
#include "host/port.h"
#include "host/socket.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "ipc/signal.h"
#include "task/budget.h"
#include "task/domain.h"

enum { RECV_PEEK = 1, RECV_FLAGS = 3, SHUT_RECEIVE = 1, SHUT_SEND = 2 };

/* Until there is something to receive, or room to send, or never will be. */
static enum wasi_errno wait_for(
    struct domain *d, struct socket_ref *ref, bool room)
{
	for (;;) {
		socket_look(ref);
		if (ref->now.error != WASI_SUCCESS)
			return ref->now.error;
		if (room ? ref->now.writable > 0
			 : ref->now.readable > 0 || ref->now.ended)
			return WASI_SUCCESS;
		if (ref->own->flags & WASI_NONBLOCK)
			return WASI_AGAIN;
		signal_sleep(d, CLOCK_NEVER);
	}
}

static enum wasi_errno receive(struct domain *d, const uint64_t arg[3],
    bool peek, struct az_socket_address *peer, uint32_t *done)
{
	struct socket_ref ref;
	struct iovecs v;

	WASI_TRY(socket_get(&ref, d, arg[0]));
	WASI_TRY(iovecs_get(&v, d, arg[1], arg[2]));
	WASI_TRY(wait_for(d, &ref, false));
	*done = socket_receive(&ref, &v, d, peer, peek);
	return WASI_SUCCESS;
}

/* All of it, or on a NONBLOCK descriptor what there is room for. */
static enum wasi_errno send(struct domain *d, const uint64_t arg[3],
    const struct az_socket_address *peer, uint32_t *done)
{
	struct socket_ref ref;
	struct iovecs v;

	WASI_TRY(socket_get(&ref, d, arg[0]));
	WASI_TRY(iovecs_get(&v, d, arg[1], arg[2]));
	if (ref.own->want == AZ_WANT_SHUT)
		return WASI_PIPE;
	if (ref.own->datagrams && v.total > AZ_DATAGRAM_MAX)
		return WASI_MSGSIZE;
	do {
		WASI_TRY(wait_for(d, &ref, true));
		*done = socket_send(&ref, &v, d, peer);
	} while (
	    *done == 0 && v.total > 0 && !(ref.own->flags & WASI_NONBLOCK));
	return *done == 0 && v.total > 0 ? WASI_AGAIN : WASI_SUCCESS;
}

uint64_t sock_read(struct domain *d, const uint64_t *arg)
{
	struct az_socket_address peer;
	uint32_t done;
	void *result;

	WASI_TRY(memory_get(&result, d, arg[3], sizeof(done)));
	WASI_TRY(receive(d, arg, false, &peer, &done));
	memory_put(d, arg[3], &done, sizeof(done));
	return WASI_SUCCESS;
}

uint64_t sock_write(struct domain *d, const uint64_t *arg)
{
	struct az_socket_address peer = { 0 };
	uint32_t done;
	void *result;

	WASI_TRY(memory_get(&result, d, arg[3], sizeof(done)));
	WASI_TRY(send(d, arg, &peer, &done));
	memory_put(d, arg[3], &done, sizeof(done));
	return WASI_SUCCESS;
}

bool sock_is(const struct domain *d, uint64_t fd)
{
	return fd >= SOCKET_FD || d->host->fds[fd].kind == FD_LISTENER;
}

bool sock_has_flags(const struct domain *d, uint64_t fd)
{
	struct socket_ref ref;

	return fd >= SOCKET_FD || socket_get(&ref, d, fd) == WASI_SUCCESS;
}

uint64_t sock_close(struct domain *d, const uint64_t *arg)
{
	struct socket_ref ref;

	WASI_TRY(socket_get(&ref, d, arg[0]));
	socket_close(&ref);
	return WASI_SUCCESS;
}

uint64_t sock_get_flags(struct domain *d, const uint64_t *arg)
{
	struct wasi_fdstat st = { .rights_base = WASI_RIGHTS_SOCKET };
	struct socket_ref ref;

	WASI_TRY(socket_get(&ref, d, arg[0]));
	st.filetype =
	    ref.own->datagrams ? WASI_SOCKET_DGRAM : WASI_SOCKET_STREAM;
	st.flags = ref.own->flags;
	return memory_answer(d, arg[1], &st, sizeof(st));
}

uint64_t sock_set_flags(struct domain *d, const uint64_t *arg)
{
	struct socket_ref ref;

	WASI_TRY(socket_get(&ref, d, arg[0]));
	if (arg[1] & ~(uint64_t)WASI_FDFLAGS)
		return WASI_INVAL;
	ref.own->flags = (uint16_t)arg[1];
	return WASI_SUCCESS;
}

uint64_t sock_poll(
    struct socket_state *out, const struct domain *d, uint64_t fd)
{
	struct socket_ref ref;

	*out = (struct socket_state){ 0 };
	if (fd < SOCKET_FD && socket_get(&ref, d, fd) == WASI_NOTCONN) {
		out->readable =
		    socket_waiting(d->host->fds[fd].set, d->host->fds[fd].file);
		return WASI_SUCCESS;
	}
	WASI_TRY(socket_get(&ref, d, fd));
	socket_look(&ref);
	*out = ref.now;
	return WASI_SUCCESS;
}

/* Arguments: descriptor, iovecs, their number, flags, bytes, flags out. */
HOST_CALL(SOCK_RECV, d, arg)
{
	struct az_socket_address peer;
	uint16_t flags = 0;
	uint32_t done;
	void *result;

	if (arg[3] & ~(uint64_t)RECV_FLAGS)
		return WASI_INVAL;
	WASI_TRY(memory_get(&result, d, arg[4], sizeof(done)));
	WASI_TRY(memory_get(&result, d, arg[5], sizeof(flags)));
	WASI_TRY(receive(d, arg, arg[3] & RECV_PEEK, &peer, &done));
	memory_put(d, arg[4], &done, sizeof(done));
	memory_put(d, arg[5], &flags, sizeof(flags));
	return WASI_SUCCESS;
}

/* Arguments: descriptor, iovecs, their number, flags, bytes. */
HOST_CALL(SOCK_SEND, d, arg)
{
	const uint64_t write[] = { arg[0], arg[1], arg[2], arg[4] };

	return arg[3] == 0 ? sock_write(d, write) : WASI_INVAL;
}

HOST_CALL(SOCK_SHUTDOWN, d, arg)
{
	struct socket_ref ref;

	WASI_TRY(socket_get(&ref, d, arg[0]));
	if (arg[1] == 0 || arg[1] > (SHUT_RECEIVE | SHUT_SEND))
		return WASI_INVAL;
	if (arg[1] & SHUT_SEND)
		socket_shut(&ref);
	return WASI_SUCCESS;
}

/* Arguments: listener, flags, the descriptor's place. */
HOST_CALL(SOCK_ACCEPT, d, arg)
{
	struct fd *listener;
	uint32_t fd = 0;
	void *result;
	enum wasi_errno error;

	WASI_TRY(fd_get(&listener, d, arg[0], 0));
	if (listener->kind != FD_LISTENER)
		return WASI_NOTSOCK;
	if (arg[1] & ~(uint64_t)WASI_FDFLAGS)
		return WASI_INVAL;
	WASI_TRY(memory_get(&result, d, arg[2], sizeof(fd)));
	while ((error = socket_accept(&fd, listener->set, listener->file,
		    (uint16_t)arg[1])) == WASI_AGAIN &&
	       !(listener->flags & WASI_NONBLOCK))
		signal_sleep(d, CLOCK_NEVER);
	WASI_TRY(error);
	memory_put(d, arg[2], &fd, sizeof(fd));
	return WASI_SUCCESS;
}

/* --- Module azoth's --------------------------------------------------------- */

/* A result of these is 0 or above, or an errno below 0. */
static uint64_t result_of(enum wasi_errno error, uint32_t value)
{
	return (
	    uint32_t)(error == WASI_SUCCESS ? (int32_t)value : -(int32_t)error);
}

/* Say what would allow d to connect there. The words are d's own: none that
 * could end the quotation or the line. */
static void log_denied(const struct domain *d, const char *place, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (place[i] <= ' ' || place[i] > '~' || place[i] == '"')
			return;
	if (len <= AZ_PLACE_MAX && state_tell(d, AZ_GRANT_CONNECT))
		log_warn("host",
		    "denied module=%s function=sock_connect need=\"modules: "
		    "{ %s: { grants: { connect: [ %.*s ] } } }\"",
		    d->name, d->name, (int)len, place);
}

/* Arguments: place, length, flags. */
HOST_CALL(SOCK_CONNECT, d, arg)
{
	const char *place = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);
	uint32_t fd = 0;
	enum wasi_errno error;

	if (place == NULL)
		return result_of(WASI_FAULT, 0);
	if (arg[2] & ~(uint64_t)WASI_FDFLAGS)
		return result_of(WASI_INVAL, 0);
	error =
	    socket_connect(&fd, d, place, (uint32_t)arg[1], (uint16_t)arg[2]);
	if (error == WASI_NOTCAPABLE)
		log_denied(d, place, (uint32_t)arg[1]);
	return result_of(error, fd);
}

/* Arguments: descriptor, 0 for the peer's or 1 for its own, address. */
HOST_CALL(SOCK_ADDRESS, d, arg)
{
	struct az_socket_address address;
	struct socket_ref ref;
	void *result;
	enum wasi_errno error = socket_get(&ref, d, arg[0]);

	if (error == WASI_SUCCESS)
		error = memory_get(&result, d, arg[2], sizeof(address));
	if (error == WASI_SUCCESS) {
		socket_address(&address, &ref, arg[1] != 0);
		memory_put(d, arg[2], &address, sizeof(address));
	}
	return result_of(error, 0);
}

/* Arguments: descriptor, iovecs, their number, address out. */
HOST_CALL(SOCK_RECV_FROM, d, arg)
{
	struct az_socket_address peer = { 0 };
	uint32_t done = 0;
	void *result;
	enum wasi_errno error = memory_get(&result, d, arg[3], sizeof(peer));

	if (error == WASI_SUCCESS)
		error = receive(d, arg, false, &peer, &done);
	if (error == WASI_SUCCESS)
		memory_put(d, arg[3], &peer, sizeof(peer));
	return result_of(error, done);
}

/* Arguments: descriptor, iovecs, their number, address. */
HOST_CALL(SOCK_SEND_TO, d, arg)
{
	struct az_socket_address peer;
	uint32_t done = 0;
	enum wasi_errno error = memory_copy_in(&peer, d, arg[3], sizeof(peer));

	/* What is connected was granted that place, and no other. */
	if (arg[0] >= SOCKET_FD)
		peer.family = 0;
	if (error == WASI_SUCCESS)
		error = send(d, arg, &peer, &done);
	return result_of(error, done);
}

/* Arguments: events, how many at most, ns. */
HOST_CALL(SOCK_EVENTS, d, arg)
{
	uint64_t until = arg[2] < INT64_MAX ? budget_after(clock_now(), arg[2])
					    : CLOCK_NEVER;
	uint32_t most = (uint32_t)arg[1], count = 0;
	struct socket_event event;
	void *list;

	if (most == 0 || most > AZ_SOCKETS_MAX ||
	    memory_get(&list, d, arg[0], most * sizeof(event)) != WASI_SUCCESS)
		return result_of(WASI_INVAL, 0);
	do {
		uint32_t cursor = 0;

		while (count < most && socket_changed(&event, d, &cursor))
			memory_put(d, arg[0] + count++ * sizeof(event), &event,
			    sizeof(event));
	} while (count == 0 && clock_now() < until && signal_sleep(d, until));
	return result_of(WASI_SUCCESS, count);
}
