#include "host/socket.h"

#include <stddef.h>

#include "abi/index.h"
#include "abi/socket.h"
#include "base/mem.h"
#include "host/port.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "task/domain.h"
#include "verify/bundle.h"

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/* --- Descriptors ----------------------------------------------------------- */

/* The socket of a UDP listener, by the descriptor of that. */
static enum wasi_errno get_listener(struct socket_ref *out, const struct fd *fd)
{
	struct port *p;

	if (fd->kind == FD_FREE)
		return WASI_BADF;
	if (fd->kind != FD_LISTENER)
		return WASI_NOTSOCK;
	p = port_at(fd->set);
	if (p->listeners[fd->file].protocol != AZ_PROTOCOL_UDP)
		return WASI_NOTCONN;
	*out = (struct socket_ref){ p, fd->file, &p->sockets[fd->file], { 0 } };
	return WASI_SUCCESS;
}

enum wasi_errno socket_get(
    struct socket_ref *out, const struct domain *d, uint64_t fd)
{
	if (fd < SOCKET_FD)
		return get_listener(out, &d->host->fds[fd]);
	out->port = port_of_fd(d, fd);
	if (out->port == NULL)
		return WASI_BADF;
	out->number = (uint32_t)(fd - out->port->fd);
	out->own = &out->port->sockets[out->number];
	return out->own->want != AZ_WANT_NONE ? WASI_SUCCESS : WASI_BADF;
}

static enum wasi_errno error_of(uint32_t error)
{
	static const enum wasi_errno errors[] = {
		[AZ_SOCKET_RESET] = WASI_CONNRESET,
		[AZ_SOCKET_REFUSED] = WASI_CONNREFUSED,
		[AZ_SOCKET_TIMED_OUT] = WASI_TIMEDOUT,
		[AZ_SOCKET_UNREACHABLE] = WASI_HOSTUNREACH,
		[AZ_SOCKET_NO_NAME] = WASI_NOENT,
		[AZ_SOCKET_NO_MEMORY] = WASI_NOBUFS,
	};

	return error > 0 && error < sizeof(errors) / sizeof(errors[0])
		   ? errors[error]
		   : WASI_CONNRESET;
}

void socket_look(struct socket_ref *ref)
{
	const struct port *p = ref->port;
	const struct socket *s = ref->own;
	const struct az_socket_stack *half =
	    &port_socket(p, ref->number)->stack;
	uint32_t state = load(&half->state);
	uint32_t readable = load(&half->received) - s->taken;
	uint32_t unsent = s->sent - load(&half->taken);
	bool connecting =
	    s->want == AZ_WANT_CONNECT &&
	    (state == AZ_SOCKET_FREE || state == AZ_SOCKET_CONNECTING);

	ref->now = (struct socket_state){ .error = WASI_CONNRESET };
	/* Else the stack lies, or has begun anew. */
	if (load(&half->round) != s->round || readable > p->shape.receive ||
	    unsent > p->shape.send)
		return;
	ref->now.error = state == AZ_SOCKET_FAILED && readable == 0
			     ? error_of(half->error)
			     : WASI_SUCCESS;
	ref->now.readable = readable;
	ref->now.writable = connecting ? 0 : p->shape.send - unsent;
	ref->now.ended = state == AZ_SOCKET_ENDED || state == AZ_SOCKET_FAILED;
}

/* --- Connections ----------------------------------------------------------- */

/* A connection that waits at a listener, or AZ_NONE. */
static uint32_t find_arrival(const struct port *p, uint32_t listener)
{
	for (uint32_t i = 0; i < p->shape.arrivals; i++) {
		uint32_t at = (p->cursor + i) % p->shape.arrivals;
		const struct az_socket_stack *half = &port_socket(p, at)->stack;

		if (p->sockets[at].want == AZ_WANT_NONE &&
		    load(&half->state) == AZ_SOCKET_ARRIVED &&
		    half->listener == listener &&
		    load(&half->round) != p->sockets[at].round)
			return at;
	}
	return AZ_NONE;
}

uint32_t socket_waiting(uint32_t channel, uint32_t listener)
{
	return find_arrival(port_at(channel), listener) != AZ_NONE;
}

enum wasi_errno socket_accept(
    uint32_t *fd, uint32_t channel, uint32_t listener, uint16_t flags)
{
	struct port *p = port_at(channel);
	uint32_t at = find_arrival(p, listener);

	if (at == AZ_NONE)
		return WASI_AGAIN;
	p->sockets[at] = (struct socket){
		.round = load(&port_socket(p, at)->stack.round),
		.want = AZ_WANT_OPEN,
		.flags = flags,
	};
	port_publish(p, at);
	/* What came before it was accepted is news as well. */
	p->memory[p->at.client_attention + at] = 1;
	p->cursor = at + 1;
	*fd = p->fd + at;
	return WASI_SUCCESS;
}

/* A socket that the client may take. */
static uint32_t find_free(const struct port *p)
{
	for (uint32_t i = p->shape.arrivals; i < p->shape.sockets; i++)
		if (p->sockets[i].want == AZ_WANT_NONE &&
		    load(&port_socket(p, i)->stack.state) == AZ_SOCKET_FREE &&
		    load(&port_socket(p, i)->stack.round) !=
			p->sockets[i].round)
			return i;
	return AZ_NONE;
}

enum wasi_errno socket_connect(uint32_t *fd, const struct domain *d,
    const char *text, uint32_t len, uint16_t flags)
{
	struct sockets_place place;
	struct port *p = NULL;
	uint32_t number, target;

	if (sockets_place(&place, (struct bundle_text){ text, len }))
		p = port_find(d, &place);
	if (p == NULL)
		return WASI_NOTCAPABLE;
	number = find_free(p);
	if (number == AZ_NONE)
		return WASI_NFILE;
	p->sockets[number] = (struct socket){
		.round = load(&port_socket(p, number)->stack.round),
		.want = AZ_WANT_CONNECT,
		.flags = flags,
		.datagrams = place.protocol == AZ_PROTOCOL_UDP,
	};
	target = (uint32_t)(text + len - place.host.at);
	memcpy(port_send_buffer(p, number), place.host.at, target);
	port_socket(p, number)->client.protocol = place.protocol;
	port_socket(p, number)->client.text = target;
	port_publish(p, number);
	*fd = p->fd + number;
	return WASI_SUCCESS;
}

void socket_shut(const struct socket_ref *ref)
{
	ref->own->want = AZ_WANT_SHUT;
	port_publish(ref->port, ref->number);
}

void socket_close(const struct socket_ref *ref)
{
	ref->own->want = AZ_WANT_CLOSE;
	port_publish(ref->port, ref->number);
	ref->own->want = AZ_WANT_NONE;
	/* A stack that has begun anew may have given it out already. */
	ref->port->memory[ref->port->at.client_attention + ref->number] = 1;
}

/* --- Bytes ----------------------------------------------------------------- */

/* Known to its caller's compiler: which way bytes go, and how many. */
#define INLINE static inline __attribute__((always_inline))

/* A buffer that goes round, from a position on. */
struct ring {
	uint8_t *bytes;
	uint32_t size, position;
};

/* Copy len bytes between a ring, whose position goes on, and memory. */
INLINE void ring_move(struct ring *r, void *memory, uint32_t len, bool out)
{
	uint8_t *bytes = memory;

	while (len > 0) {
		uint32_t at = r->position & (r->size - 1);
		uint32_t n = len < r->size - at ? len : r->size - at;

		if (out)
			memcpy(bytes, r->bytes + at, n);
		else
			memcpy(r->bytes + at, bytes, n);
		bytes += n;
		r->position += n;
		len -= n;
	}
}

/* The same for the buffers of v: at most len bytes; gives how many. */
INLINE uint32_t ring_move_all(struct ring *r, const struct iovecs *v,
    const struct domain *d, uint32_t len, bool out)
{
	uint32_t left = len;

	for (uint32_t i = 0; i < v->count && left > 0; i++) {
		uint8_t *buf;
		uint32_t n = iovecs_at(&buf, v, d, i);

		if (n > left)
			n = left;
		ring_move(r, buf, n, out);
		left -= n;
	}
	return len - left;
}

static uint32_t padded(uint32_t len)
{
	return (len + 3) & ~UINT32_C(3);
}

/* The head of the next datagram; false: there is none, or one that is not
 * whole, and then no other can be found. */
static bool next_datagram(struct az_datagram *head, struct ring *r,
    struct socket *s, uint32_t readable)
{
	if (readable < sizeof(*head))
		return false;
	ring_move(r, head, sizeof(*head), true);
	if (head->length <= readable - sizeof(*head))
		return true;
	s->taken += readable;
	return false;
}

uint32_t socket_receive(const struct socket_ref *ref, const struct iovecs *v,
    const struct domain *d, struct az_socket_address *peer, bool peek)
{
	const struct port *p = ref->port;
	struct socket *s = ref->own;
	uint32_t readable = ref->now.readable, used, done;
	struct ring r = { port_receive_buffer(p, ref->number), p->shape.receive,
		s->taken };
	struct az_datagram head;

	if (s->datagrams) {
		if (!next_datagram(&head, &r, s, readable))
			return 0;
		*peer = head.peer;
		done = ring_move_all(&r, v, d, head.length, true);
		used = (uint32_t)sizeof(head) + padded(head.length);
	} else {
		done = used = ring_move_all(&r, v, d, readable, true);
	}
	if (peek || used == 0)
		return done;
	s->taken += used;
	/* A stack that found no room waits for some. */
	if (p->shape.receive - readable < p->shape.receive / 2)
		port_publish(p, ref->number);
	else
		port_show(p, ref->number);
	return done;
}

uint32_t socket_send(const struct socket_ref *ref, const struct iovecs *v,
    const struct domain *d, const struct az_socket_address *peer)
{
	const struct port *p = ref->port;
	struct socket *s = ref->own;
	uint32_t room = ref->now.writable, done;
	struct ring r = { port_send_buffer(p, ref->number), p->shape.send,
		s->sent };
	struct az_datagram head = { (uint32_t)v->total, *peer };

	if (s->datagrams) {
		if (sizeof(head) + padded(head.length) > room)
			return 0;
		ring_move(&r, &head, sizeof(head), false);
		room = head.length;
	}
	done = ring_move_all(&r, v, d, room, false);
	s->sent += s->datagrams ? (uint32_t)sizeof(head) + padded(done) : done;
	if (done > 0 || s->datagrams)
		port_publish(p, ref->number);
	return done;
}

void socket_address(
    struct az_socket_address *out, const struct socket_ref *ref, bool own)
{
	const struct az_socket_stack *half =
	    &port_socket(ref->port, ref->number)->stack;

	memcpy(out, own ? &half->local : &half->peer, sizeof(*out));
}

/* --- What has changed ------------------------------------------------------ */

static uint32_t listener_fd(
    const struct domain *d, const struct port *p, uint32_t listener)
{
	uint32_t i = 0;

	while (i < FDS_MAX && (d->host->fds[i].kind != FD_LISTENER ||
				  port_at(d->host->fds[i].set) != p ||
				  d->host->fds[i].file != listener))
		i++;
	return i;
}

/* What there is to say about a socket that the stack has touched. */
static bool describe(struct socket_event *out, const struct domain *d,
    struct port *p, uint32_t number)
{
	const struct az_socket_stack *half = &port_socket(p, number)->stack;
	struct socket_ref ref = { p, number, &p->sockets[number], { 0 } };

	if (ref.own->want == AZ_WANT_NONE) {
		out->fd = listener_fd(d, p, half->listener);
		out->events = AZ_SOCKET_ARRIVAL;
		return load(&half->state) == AZ_SOCKET_ARRIVED &&
		       out->fd < FDS_MAX;
	}
	socket_look(&ref);
	out->fd = p->fd + number;
	out->events = 0;
	if (ref.now.readable > 0 || ref.now.ended || ref.now.error)
		out->events |= AZ_SOCKET_READABLE;
	if (ref.now.writable > 0 || ref.now.error)
		out->events |= AZ_SOCKET_WRITABLE;
	return out->events != 0;
}

/* The next byte that is set, from i on; count: there is none. */
static uint32_t find_flag(const uint8_t *flags, uint32_t i, uint32_t count)
{
	while (i < count && flags[i] == 0)
		i += i % 8 == 0 && mem_get64(flags + i) == 0 ? 8 : 1;
	return i < count ? i : count;
}

bool socket_changed(
    struct socket_event *out, const struct domain *d, uint32_t *cursor)
{
	for (struct port *p = d->host->ports; p != NULL; p = p->next) {
		uint8_t *flags = p->memory + p->at.client_attention;
		uint32_t count = p->shape.sockets, i;

		if (*cursor < p->fd)
			*cursor = p->fd;
		while (*cursor - p->fd < count) {
			i = find_flag(flags, *cursor - p->fd, count);
			*cursor = p->fd + i;
			if (i == count)
				break;
			++*cursor;
			__atomic_store_n(&flags[i], 0, __ATOMIC_SEQ_CST);
			if (describe(out, d, p, i))
				return true;
		}
	}
	return false;
}
