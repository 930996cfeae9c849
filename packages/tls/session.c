#include "session.h"

#include "behind.h"
#include "config.h"
#include "httpd/port.h"
#include "profile.h"

#include <string.h>
#include <sys/uio.h>

enum { MOVES_MAX = 32, CLOSING_MS = 30000, LINGER_MS = 1000, MS = 1000 };

uint64_t session_now;

static struct az_stack *stack_of(const struct session *s)
{
	return &s->client->stack;
}

static void set_state(struct session *s, enum session_state state, uint64_t ms)
{
	s->state = state;
	s->since = session_now;
	s->deadline = ms != 0 ? session_now + ms : UINT64_MAX;
}

static void leave(struct session *s, uint32_t error)
{
	uint32_t number = (uint32_t)s->number;

	if (s->number == SESSION_NO_SOCKET)
		return;
	s->number = SESSION_NO_SOCKET;
	behind_leave(s->client, number, error);
}

bool session_begin(struct session *s, int32_t fd, const struct identity *id,
    struct client *client, uint16_t listener)
{
	s->fd = fd;
	s->readable = s->writable = s->pending = true;
	s->ended = s->shut = false;
	s->client = client;
	s->listener = listener;
	s->number = SESSION_NO_SOCKET;
	set_state(s, SESSION_SHAKE, (uint64_t)config.handshake * MS);
	if (profile_begin(
		&s->tls, id, s->in, sizeof(s->in), s->out, sizeof(s->out)))
		return true;
	session_end(s, 0);
	return false;
}

void session_end(struct session *s, uint32_t error)
{
	leave(s, error);
	port_close(s->fd);
	explicit_bzero(s, sizeof(*s));
}

/* --- Bytes: each gives whether anything was moved ---------------------------- */

static bool send_records(struct session *s)
{
	struct iovec v;
	int32_t done;

	v.iov_base = br_ssl_engine_sendrec_buf(&s->tls.eng, &v.iov_len);
	if (v.iov_base == NULL || !s->writable)
		return false;
	done = port_write(s->fd, &v, 1);
	s->writable = done == (int32_t)v.iov_len;
	s->ended |= done == PORT_BROKEN;
	if (done <= 0)
		return false;
	br_ssl_engine_sendrec_ack(&s->tls.eng, (size_t)done);
	return true;
}

static bool receive_records(struct session *s)
{
	size_t room;
	unsigned char *buffer = br_ssl_engine_recvrec_buf(&s->tls.eng, &room);
	int32_t got;

	if (buffer == NULL || !s->readable || s->ended)
		return false;
	got = port_read(s->fd, buffer, (uint32_t)room);
	s->readable = got != PORT_AGAIN;
	s->ended = got == 0 || got == PORT_BROKEN;
	if (got <= 0)
		return false;
	br_ssl_engine_recvrec_ack(&s->tls.eng, (size_t)got);
	return true;
}

/* What the peer has said, to the client: nothing while that has no socket,
 * and what it does not want any more to nobody. */
static bool deliver(struct session *s)
{
	size_t length;
	const unsigned char *bytes =
	    br_ssl_engine_recvapp_buf(&s->tls.eng, &length);
	uint32_t done = (uint32_t)length;

	if (bytes == NULL || s->state < SESSION_OPEN)
		return false;
	if (s->number != SESSION_NO_SOCKET) {
		uint32_t number = (uint32_t)s->number;

		done = az_pieces_write(
		    az_socket_room(stack_of(s), number), bytes, done);
		if (done == 0)
			return false;
		az_socket_put(stack_of(s), number, done);
	}
	br_ssl_engine_recvapp_ack(&s->tls.eng, done);
	return true;
}

static bool collect(struct session *s)
{
	struct az_pieces bytes;
	unsigned char *buffer;
	uint32_t done;
	size_t room;

	if (s->number == SESSION_NO_SOCKET)
		return false;
	bytes = az_socket_bytes(stack_of(s), (uint32_t)s->number, 0);
	buffer = br_ssl_engine_sendapp_buf(&s->tls.eng, &room);
	if (buffer == NULL || az_pieces_length(bytes) == 0)
		return false;
	done = az_pieces_read(buffer, bytes, (uint32_t)room);
	br_ssl_engine_sendapp_ack(&s->tls.eng, done);
	az_socket_take(stack_of(s), (uint32_t)s->number, done);
	if (done == az_pieces_length(bytes))
		br_ssl_engine_flush(&s->tls.eng, 0);
	return true;
}

/* --- States ------------------------------------------------------------------ */

/* Give it a socket once the handshake is over. */
static bool admit(struct session *s)
{
	uint32_t number;

	if (s->state == SESSION_SHAKE &&
	    (br_ssl_engine_current_state(&s->tls.eng) & BR_SSL_SENDAPP) != 0)
		s->state = SESSION_WAIT;
	if (s->state != SESSION_WAIT)
		return false;
	number = behind_arrive(s->client, s, s->listener, s->fd);
	if (number == UINT32_MAX)
		return false;
	s->number = (int32_t)number;
	set_state(s, SESSION_OPEN, 0);
	return true;
}

/* The client has sent all; close_notify goes out behind it. */
static bool close_when_sent(struct session *s)
{
	uint32_t want, number = (uint32_t)s->number;

	if (s->number == SESSION_NO_SOCKET)
		return false;
	want = az_socket_want(az_socket_at(stack_of(s), number));
	if (want == AZ_WANT_CLOSE && s->state == SESSION_OPEN)
		set_state(s, SESSION_CLOSING, CLOSING_MS);
	if ((want != AZ_WANT_CLOSE && want != AZ_WANT_SHUT) ||
	    az_pieces_length(az_socket_bytes(stack_of(s), number, 0)) > 0)
		return false;
	if (want == AZ_WANT_CLOSE)
		leave(s, 0);
	if (s->shut)
		return false;
	s->shut = true;
	br_ssl_engine_close(&s->tls.eng);
	return true;
}

static bool over(const struct session *s)
{
	return br_ssl_engine_current_state(&s->tls.eng) == BR_SSL_CLOSED;
}

/* Nothing more is sent. The peer may say what it likes until it ends. */
static void begin_linger(struct session *s)
{
	port_shut(s->fd);
	set_state(s, SESSION_LINGER, LINGER_MS);
	s->pending = true;
}

static void linger(struct session *s)
{
	int32_t got = s->ended ? 0 : PORT_AGAIN;

	if (s->readable && !s->ended)
		got = port_read(s->fd, s->in, sizeof(s->in));
	s->readable = s->pending = got > 0;
	if (got == 0 || got == PORT_BROKEN)
		session_end(s, 0);
}

void session_attend(struct session *s)
{
	uint32_t number = (uint32_t)s->number;
	struct az_socket *socket = az_socket_at(stack_of(s), number);

	s->pending = true;
	if (socket->stack.state == AZ_SOCKET_ARRIVED &&
	    az_socket_want(socket) != AZ_WANT_NONE)
		socket->stack.state = AZ_SOCKET_OPEN;
	if (az_socket_want(socket) == AZ_WANT_ABORT)
		session_end(s, 0);
}

static bool move(struct session *s)
{
	bool moved = send_records(s);

	moved |= deliver(s);
	moved |= collect(s);
	moved |= close_when_sent(s);
	moved |= send_records(s);
	moved |= receive_records(s);
	return admit(s) || moved;
}

/* What is to be done when nothing moves any more. */
static void settle(struct session *s)
{
	br_ssl_engine_context *eng = &s->tls.eng;
	size_t length;

	if (over(s)) {
		leave(s, br_ssl_engine_last_error(eng) != BR_ERR_OK
			     ? AZ_SOCKET_RESET
			     : 0);
		begin_linger(s);
	} else if (s->ended) {
		/* Cut off; the client may still read what came before. */
		if (br_ssl_engine_recvapp_buf(eng, &length) == NULL ||
		    s->number == SESSION_NO_SOCKET)
			session_end(s, AZ_SOCKET_RESET);
	} else if (s->state == SESSION_CLOSING && s->shut &&
		   br_ssl_engine_sendrec_buf(eng, &length) == NULL) {
		begin_linger(s);
	}
}

void session_run(struct session *s)
{
	uint32_t moves = 0;

	s->pending = false;
	if (s->state == SESSION_LINGER) {
		linger(s);
		return;
	}
	while (!over(s) && move(s)) {
		if (s->state == SESSION_OPEN)
			s->since = session_now;
		if (++moves == MOVES_MAX) {
			s->pending = true;
			return;
		}
	}
	settle(s);
}
