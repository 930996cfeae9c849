#include "host/socket.h"

#include <stddef.h>

#include "abi/index.h"
#include "abi/rights.h"
#include "abi/socket.h"
#include "base/mem.h"
#include "host/state.h"
#include "host/wasi/fd.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "load/window.h"
#include "mm/map.h"
#include "task/domain.h"
#include "verify/bundle.h"
#include "verify/sockets.h"

/* What the kernel wrote to the client's half; want NONE: free. */
struct socket {
	uint32_t round, want, sent, taken;
	uint16_t flags; /* enum wasi_fdflags */
	bool datagrams;
};

/* The client's end of a socket channel. */
struct port {
	struct port *next; /* of the same client */
	const struct az_channel *channel;
	uint8_t *memory;
	struct sockets_shape shape;
	struct az_socket_layout at;
	uint32_t first;  /* descriptor of its socket 0 */
	uint32_t cursor; /* where arrivals are looked for first */
	uint32_t listener_count;
	struct az_listener listeners[AZ_LISTENERS_MAX];
	struct socket *sockets;
};

static const struct bundle *bundle;
static struct port *ports; /* by AZ_TABLE_CHANNEL; channel NULL: none */
static bool any; /* channel is one of sockets */

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static struct az_socket *shared(const struct port *p, uint32_t number)
{
	return (struct az_socket *)(void *)(p->memory + p->at.sockets) + number;
}

static uint8_t *receive_buffer(const struct port *p, uint32_t number)
{
	return p->memory + p->at.buffers +
	       (uint64_t)number * (p->shape.receive + p->shape.send);
}

static uint8_t *send_buffer(const struct port *p, uint32_t number)
{
	return receive_buffer(p, number) + p->shape.receive;
}

/* Let the stack see what the client's half of a socket is. */
static void show(const struct port *p, uint32_t number)
{
	const struct socket *s = &p->sockets[number];
	struct az_socket_client *half = &shared(p, number)->client;

	half->sent = s->sent;
	half->taken = s->taken;
	half->want = s->want;
	__atomic_store_n(&half->round, s->round, __ATOMIC_RELEASE);
}

/* And wake it. */
static void publish(const struct port *p, uint32_t number)
{
	show(p, number);
	__atomic_store_n(
	    p->memory + p->at.stack_attention + number, 1, __ATOMIC_RELEASE);
	signal_post(p->channel->peers.first, 1);
}

static struct bundle_text grant_text(const struct az_grant *g)
{
	return bundle_text(
	    bundle, (struct az_text){ g->text_off, g->text_len });
}

/* The listeners of a channel, in the order of its client's grants. */
static void find_listeners(
    struct port *p, const struct az_module *client, uint32_t channel)
{
	const struct az_grant *g = bundle->grants + client->grants.first;
	struct sockets_place place;

	for (uint32_t i = 0; i < client->grants.count; i++, g++)
		if (g->kind == AZ_GRANT_LISTEN && g->value == channel &&
		    p->listener_count < AZ_LISTENERS_MAX &&
		    sockets_place(&place, grant_text(g)))
			p->listeners[p->listener_count++] =
			    (struct az_listener){
				    .protocol = (uint16_t)place.protocol,
				    .port = (uint16_t)place.port,
			    };
}

static void write_head(struct port *p)
{
	struct az_socket_head *head = (void *)p->memory;

	*head = (struct az_socket_head){
		.version = AZ_SOCKET_VERSION,
		.size = p->channel->size,
		.sockets = p->shape.sockets,
		.arrivals = p->shape.arrivals,
		.receive = p->shape.receive,
		.send = p->shape.send,
		.listener_count = p->listener_count,
	};
	memcpy(head->listeners, p->listeners, sizeof(head->listeners));
}

static az_err init_port(uint32_t channel)
{
	const struct az_channel *c = &bundle->channels[channel];
	uint32_t client = bundle->peers[c->peers.first + 1].module;
	struct port *p = &ports[channel];
	void *run;

	(void)sockets_shape(&p->shape, c); /* the door has seen it */
	TRY(map_alloc(&run, p->shape.sockets * sizeof(*p->sockets)));
	p->sockets = run;
	p->channel = c;
	any = true;
	p->memory = window_run(channel);
	p->at =
	    az_socket_layout(p->shape.sockets, p->shape.receive, p->shape.send);
	find_listeners(p, &bundle->modules[client], channel);
	if (p->listener_count == 0)
		p->shape.arrivals = 0;
	write_head(p);
	return AZ_OK;
}

az_err socket_init(const struct bundle *b)
{
	void *run;

	bundle = b;
	TRY(map_alloc(&run, (b->channel_count + 1) * sizeof(*ports)));
	ports = run;
	for (uint32_t i = 0; i < b->channel_count; i++)
		if (b->channels[i].type == AZ_CHANNEL_SOCKET)
			TRY(init_port(i));
	return AZ_OK;
}

static void abort_all(struct port *p, bool clear)
{
	for (uint32_t i = 0; i < p->shape.sockets; i++) {
		struct socket *s = &p->sockets[i];

		if (clear)
			memset(receive_buffer(p, i), 0,
			    p->shape.receive + p->shape.send);
		if (s->want == AZ_WANT_NONE)
			continue;
		/* Its datagrams are the next life's. */
		if (i < p->listener_count && s->datagrams)
			continue;
		s->want = AZ_WANT_ABORT;
		publish(p, i);
		s->want = AZ_WANT_NONE;
	}
}

/* What a listener of UDP receives on is open from the start. */
static void open_datagrams(struct port *p)
{
	for (uint32_t i = 0; i < AZ_LISTENERS_MAX; i++) {
		if (p->listeners[i].protocol != AZ_PROTOCOL_UDP)
			continue;
		if (p->sockets[i].datagrams)
			continue;
		p->sockets[i] = (struct socket){
			.round = load(&shared(p, i)->stack.round),
			.want = AZ_WANT_OPEN,
			.datagrams = true,
		};
		publish(p, i);
	}
}

/* A stack without memory of its own past: what it had is over. */
static void restart_port(struct port *p)
{
	memset(p->memory, 0, p->channel->size);
	write_head(p);
	for (uint32_t i = 0; i < p->shape.sockets; i++)
		shared(p, i)->stack.round = p->sockets[i].round + 1;
}

void socket_renew(const struct domain *d, bool all)
{
	if (!any)
		return;
	for (uint32_t i = 0; i < bundle->channel_count; i++) {
		struct port *p = &ports[i];

		if (p->channel == NULL || channel_end(d, i) == AZ_NONE)
			continue;
		if (p->channel->owner != d->id)
			abort_all(p, all);
		else if (all)
			restart_port(p);
	}
}

void socket_begin(struct domain *d)
{
	struct port **link = &d->host->ports;
	uint32_t first = SOCKET_FD;

	if (!any)
		return;
	for (uint32_t i = 0; i < bundle->channel_count; i++) {
		struct port *p = &ports[i];

		if (p->channel == NULL || channel_end(d, i) == AZ_NONE)
			continue;
		if (p->channel->owner == d->id) {
			((struct az_socket_head *)(void *)p->memory)->channel =
			    channel_number(d, i);
			continue;
		}
		open_datagrams(p);
		p->first = first;
		first += p->shape.sockets;
		*link = p;
		link = &p->next;
	}
	*link = NULL;
}

/* --- Descriptors ----------------------------------------------------------- */

static struct port *port_of_fd(const struct domain *d, uint64_t fd)
{
	for (struct port *p = d->host->ports; p != NULL; p = p->next)
		if (fd >= p->first && fd - p->first < p->shape.sockets)
			return p;
	return NULL;
}

/* The socket of a UDP listener, by the descriptor of that. */
static enum wasi_errno get_listener(struct socket_ref *out, const struct fd *fd)
{
	struct port *p;

	if (fd->kind == FD_FREE)
		return WASI_BADF;
	if (fd->kind != FD_LISTENER)
		return WASI_NOTSOCK;
	p = &ports[fd->set];
	if (p->listeners[fd->file].protocol != AZ_PROTOCOL_UDP)
		return WASI_NOTCONN;
	*out = (struct socket_ref){ p, fd->file };
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
	out->number = (uint32_t)(fd - out->port->first);
	return out->port->sockets[out->number].want != AZ_WANT_NONE
		   ? WASI_SUCCESS
		   : WASI_BADF;
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

/* The bytes that lie between positions of two halves, none when they cannot
 * be: the stack lies, or has begun anew. */
static uint32_t between(uint32_t from, uint32_t to, uint32_t size, bool *bad)
{
	*bad |= to - from > size;
	return to - from <= size ? to - from : 0;
}

struct socket_state socket_look(const struct socket_ref *ref)
{
	const struct port *p = ref->port;
	const struct socket *s = &p->sockets[ref->number];
	const struct az_socket_stack *half = &shared(p, ref->number)->stack;
	uint32_t state = load(&half->state);
	struct socket_state now = { 0 };
	bool bad = load(&half->round) != s->round;

	now.connecting =
	    s->want == AZ_WANT_CONNECT &&
	    (state == AZ_SOCKET_FREE || state == AZ_SOCKET_CONNECTING);
	now.ended = state == AZ_SOCKET_ENDED || state == AZ_SOCKET_FAILED;
	now.readable =
	    between(s->taken, load(&half->received), p->shape.receive, &bad);
	now.writable = p->shape.send - between(load(&half->taken), s->sent,
					   p->shape.send, &bad);
	if (bad)
		now = (struct socket_state){ .error = WASI_CONNRESET };
	else if (state == AZ_SOCKET_FAILED && now.readable == 0)
		now.error = error_of(half->error);
	if (now.connecting)
		now.writable = 0;
	return now;
}

/* --- Connections ----------------------------------------------------------- */

/* A connection that waits at a listener, or AZ_NONE. */
static uint32_t find_arrival(const struct port *p, uint32_t listener)
{
	for (uint32_t i = 0; i < p->shape.arrivals; i++) {
		uint32_t at = (p->cursor + i) % p->shape.arrivals;
		const struct az_socket_stack *half = &shared(p, at)->stack;

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
	return find_arrival(&ports[channel], listener) != AZ_NONE;
}

enum wasi_errno socket_accept(uint32_t *fd, uint32_t channel, uint32_t listener)
{
	struct port *p = &ports[channel];
	uint32_t at = find_arrival(p, listener);

	if (at == AZ_NONE)
		return WASI_AGAIN;
	p->sockets[at] = (struct socket){
		.round = load(&shared(p, at)->stack.round),
		.want = AZ_WANT_OPEN,
	};
	publish(p, at);
	/* What came before it was accepted is news as well. */
	p->memory[p->at.client_attention + at] = 1;
	p->cursor = at + 1;
	*fd = p->first + at;
	return WASI_SUCCESS;
}

/* The channel over which d may connect to a place, or NULL. */
static struct port *find_grant(
    const struct domain *d, const struct sockets_place *place)
{
	const struct az_grant *g = bundle->grants + d->module->grants.first;
	struct sockets_place granted;

	for (uint32_t i = 0; i < d->module->grants.count; i++, g++)
		if (g->kind == AZ_GRANT_CONNECT &&
		    sockets_place(&granted, grant_text(g)) &&
		    sockets_allow(&granted, place))
			return &ports[g->value];
	return NULL;
}

/* A socket that the client may take. */
static uint32_t find_free(const struct port *p)
{
	for (uint32_t i = p->shape.arrivals; i < p->shape.sockets; i++)
		if (p->sockets[i].want == AZ_WANT_NONE &&
		    load(&shared(p, i)->stack.state) == AZ_SOCKET_FREE &&
		    load(&shared(p, i)->stack.round) != p->sockets[i].round)
			return i;
	return AZ_NONE;
}

enum wasi_errno socket_connect(
    uint32_t *fd, const struct domain *d, const char *text, uint32_t len)
{
	struct sockets_place place;
	struct port *p = NULL;
	uint32_t number, target;

	if (sockets_place(&place, (struct bundle_text){ text, len }))
		p = find_grant(d, &place);
	if (p == NULL)
		return WASI_NOTCAPABLE;
	number = find_free(p);
	if (number == AZ_NONE)
		return WASI_NFILE;
	p->sockets[number] = (struct socket){
		.round = load(&shared(p, number)->stack.round),
		.want = AZ_WANT_CONNECT,
		.datagrams = place.protocol == AZ_PROTOCOL_UDP,
	};
	target = (uint32_t)(text + len - place.host.at);
	memcpy(send_buffer(p, number), place.host.at, target);
	shared(p, number)->client.protocol = place.protocol;
	shared(p, number)->client.text = target;
	publish(p, number);
	*fd = p->first + number;
	return WASI_SUCCESS;
}

void socket_shut(const struct socket_ref *ref)
{
	ref->port->sockets[ref->number].want = AZ_WANT_SHUT;
	publish(ref->port, ref->number);
}

void socket_close(const struct socket_ref *ref)
{
	struct socket *s = &ref->port->sockets[ref->number];

	s->want = AZ_WANT_CLOSE;
	publish(ref->port, ref->number);
	s->want = AZ_WANT_NONE;
	/* A stack that has begun anew may have given it out already. */
	ref->port->memory[ref->port->at.client_attention + ref->number] = 1;
}

/* --- Bytes ----------------------------------------------------------------- */

/* A buffer that goes round, from a position on. */
struct ring {
	uint8_t *bytes;
	uint32_t size, position;
};

/* Copy len bytes between a ring, whose position goes on, and memory. */
static void ring_move(struct ring *r, void *memory, uint32_t len, bool out)
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
static uint32_t ring_move_all(struct ring *r, const struct iovecs *v,
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
	struct socket *s = &p->sockets[ref->number];
	uint32_t readable = socket_look(ref).readable, used, done;
	struct ring r = { receive_buffer(p, ref->number), p->shape.receive,
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
		publish(p, ref->number);
	else
		show(p, ref->number);
	return done;
}

uint32_t socket_send(const struct socket_ref *ref, const struct iovecs *v,
    const struct domain *d, const struct az_socket_address *peer)
{
	const struct port *p = ref->port;
	struct socket *s = &p->sockets[ref->number];
	uint32_t room = socket_look(ref).writable, done;
	struct ring r = { send_buffer(p, ref->number), p->shape.send, s->sent };
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
		publish(p, ref->number);
	return done;
}

uint16_t *socket_flags(const struct socket_ref *ref)
{
	return &ref->port->sockets[ref->number].flags;
}

bool socket_is_datagrams(const struct socket_ref *ref)
{
	return ref->port->sockets[ref->number].datagrams;
}

void socket_address(
    struct az_socket_address *out, const struct socket_ref *ref, bool own)
{
	const struct az_socket_stack *half =
	    &shared(ref->port, ref->number)->stack;

	memcpy(out, own ? &half->local : &half->peer, sizeof(*out));
}

/* --- What has changed ------------------------------------------------------ */

static uint32_t listener_fd(
    const struct domain *d, const struct port *p, uint32_t listener)
{
	uint32_t i = 0;

	while (i < FDS_MAX && (d->host->fds[i].kind != FD_LISTENER ||
				  &ports[d->host->fds[i].set] != p ||
				  d->host->fds[i].file != listener))
		i++;
	return i;
}

/* What there is to say about a socket that the stack has touched. */
static bool describe(struct socket_event *out, const struct domain *d,
    struct port *p, uint32_t number)
{
	const struct az_socket_stack *half = &shared(p, number)->stack;
	struct socket_ref ref = { p, number };
	struct socket_state now;

	if (p->sockets[number].want == AZ_WANT_NONE) {
		out->fd = listener_fd(d, p, half->listener);
		out->events = AZ_SOCKET_ARRIVAL;
		return load(&half->state) == AZ_SOCKET_ARRIVED &&
		       out->fd < FDS_MAX;
	}
	now = socket_look(&ref);
	out->fd = p->first + number;
	out->events =
	    (now.readable > 0 || now.ended || now.error ? AZ_SOCKET_READABLE
							: 0) |
	    (now.writable > 0 || now.error ? AZ_SOCKET_WRITABLE : 0);
	return out->events != 0;
}

bool socket_changed(
    struct socket_event *out, const struct domain *d, uint32_t *cursor)
{
	for (struct port *p = d->host->ports; p != NULL; p = p->next) {
		uint8_t *flags = p->memory + p->at.client_attention;

		if (*cursor < p->first)
			*cursor = p->first;
		for (; *cursor - p->first < p->shape.sockets; ++*cursor) {
			uint32_t i = *cursor - p->first;

			if (flags[i] == 0)
				continue;
			__atomic_store_n(&flags[i], 0, __ATOMIC_SEQ_CST);
			if (describe(out, d, p, i)) {
				++*cursor;
				return true;
			}
		}
	}
	return false;
}
