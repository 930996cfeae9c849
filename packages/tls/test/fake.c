#include "fake.h"

#include "../credentials.h"
#include "../identity.h"
#include "../server.h"
#include "azoth_stack.h"
#include "azoth_socket.h"
#include "httpd/port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum {
	LISTENER = 3,
	CONNECTION = 64,
	PORT = 8443,
	BUFFER = 1024,
	LONG_MS = 100000,
	TURNS = 8,
};

/* The kernel's own knowledge of a socket. */
struct socket {
	uint32_t round, want, sent, taken;
};

struct fake fake = { .most = UINT32_MAX, .now = 1000 };

extern uint8_t az_window_sockets[];

static struct az_stack mirror; /* the same memory, as its client sees it */
static struct socket sockets[FAKE_SOCKETS];
static br_ssl_client_context peer;
static br_x509_knownkey_context trust;
static br_ssl_session_parameters last;
static unsigned char public[BR_EC_KBUF_PUB_MAX_SIZE];
static unsigned char in[BR_SSL_BUFSIZE_INPUT], out[BR_SSL_BUFSIZE_OUTPUT];
static uint32_t peer_sent, peer_got;

static void must(bool good)
{
	if (!good)
		abort();
}

/* Byte number n of what either side says. */
static uint8_t byte_at(uint32_t n)
{
	return (uint8_t)(n * 7 + (n >> 8));
}

/* --- What the server asks of Azoth ------------------------------------------- */

int32_t az_secret(
    const char *name, uint32_t length, void *buffer, uint32_t size)
{
	FILE *file = fopen(getenv("TLS_SECRET"), "r");
	size_t got;

	must(file != NULL && length == 3 && memcmp(name, "tls", 3) == 0);
	got = fread(buffer, 1, size, file);
	(void)fclose(file);
	return (int32_t)got;
}

int32_t az_ring_wake(int32_t handle)
{
	return handle;
}

int32_t az_sock_address(int32_t fd, int32_t own, struct az_socket_address *to)
{
	(void)own;
	*to = (struct az_socket_address){ .family = 4, .port = PORT };
	return fd == CONNECTION ? 0 : -1;
}

uint32_t port_listeners(int32_t fds[LISTENERS_MAX])
{
	fds[0] = LISTENER;
	return 1;
}

int32_t port_accept(int32_t listener)
{
	if (listener != LISTENER || !fake.arrives)
		return PORT_AGAIN;
	fake.arrives = false;
	fake.open = true;
	return CONNECTION;
}

static uint32_t queue_length(const struct fake_queue *q)
{
	return q->to - q->from;
}

static uint32_t queue_put(
    struct fake_queue *q, const uint8_t *bytes, uint32_t length)
{
	uint32_t done = 0;

	while (done < length && queue_length(q) < FAKE_QUEUE)
		q->bytes[q->to++ % FAKE_QUEUE] = bytes[done++];
	return done;
}

static uint32_t queue_take(
    struct fake_queue *q, uint8_t *bytes, uint32_t length)
{
	uint32_t done = 0;

	while (done < length && queue_length(q) > 0)
		bytes[done++] = q->bytes[q->from++ % FAKE_QUEUE];
	return done;
}

static uint32_t least(size_t a, uint32_t b)
{
	return a < b ? (uint32_t)a : b;
}

int32_t port_read(int32_t fd, void *buffer, uint32_t size)
{
	uint32_t done;

	must(fd == CONNECTION && fake.open && size > 0);
	done = queue_take(&fake.to_server, buffer, least(size, fake.most));
	if (done > 0)
		return (int32_t)done;
	return fake.broken ? PORT_BROKEN : fake.ended ? 0 : PORT_AGAIN;
}

int32_t port_write(int32_t fd, const struct iovec *v, uint32_t count)
{
	uint32_t done;

	must(fd == CONNECTION && fake.open && count == 1);
	if (fake.broken)
		return PORT_BROKEN;
	done =
	    queue_put(&fake.to_peer, v->iov_base, least(v->iov_len, fake.most));
	return done > 0 ? (int32_t)done : PORT_AGAIN;
}

void port_shut(int32_t fd)
{
	must(fd == CONNECTION && fake.open);
}

void port_close(int32_t fd)
{
	must(fd == CONNECTION && fake.open);
	fake.open = false;
}

uint32_t port_events(struct az_socket_ready *list, uint32_t max, int64_t ns)
{
	must(max > 1 && ns == 0);
	list[0] = (struct az_socket_ready){ LISTENER, AZ_SOCKET_ARRIVAL };
	list[1] = (struct az_socket_ready){ CONNECTION,
		AZ_SOCKET_READABLE | AZ_SOCKET_WRITABLE };
	return fake.open ? 2 : 1;
}

uint64_t port_now(void)
{
	return fake.now;
}

/* --- The peer ------------------------------------------------------------------ */

static void begin_peer(void)
{
	static const uint8_t seed[32] = { 1 };
	br_ssl_engine_context *eng = &peer.eng;

	br_ssl_client_init_full(
	    &peer, &(br_x509_minimal_context){ 0 }, NULL, 0);
	br_ssl_engine_set_x509(eng, &trust.vtable);
	br_ssl_engine_set_buffers_bidi(eng, in, sizeof(in), out, sizeof(out));
	br_ssl_engine_inject_entropy(eng, seed, sizeof(seed));
	br_ssl_engine_set_session_parameters(eng, &last);
	must(br_ssl_client_reset(&peer, "localhost", last.session_id_len > 0));
	peer_sent = peer_got = 0;
}

static void hear(br_ssl_engine_context *eng)
{
	size_t room, length;
	uint8_t *bytes;

	while ((bytes = br_ssl_engine_recvrec_buf(eng, &room)) != NULL) {
		uint32_t done =
		    queue_take(&fake.to_peer, bytes, (uint32_t)room);

		if (done == 0)
			break;
		br_ssl_engine_recvrec_ack(eng, done);
		while ((bytes = br_ssl_engine_recvapp_buf(eng, &length))) {
			for (size_t i = 0; i < length; i++)
				must(bytes[i] == byte_at(peer_got++));
			br_ssl_engine_recvapp_ack(eng, length);
		}
	}
}

static void speak(br_ssl_engine_context *eng)
{
	size_t length;
	uint8_t *bytes;

	while ((bytes = br_ssl_engine_sendrec_buf(eng, &length)) != NULL) {
		uint32_t done =
		    queue_put(&fake.to_server, bytes, (uint32_t)length);

		if (done == 0)
			break;
		br_ssl_engine_sendrec_ack(eng, done);
	}
}

void fake_peer_send(uint32_t count)
{
	size_t room;
	uint8_t *bytes = br_ssl_engine_sendapp_buf(&peer.eng, &room);

	if (bytes == NULL || fake.ended)
		return;
	br_ssl_engine_get_session_parameters(&peer.eng, &last);
	count = least(room, count);
	for (uint32_t i = 0; i < count; i++)
		bytes[i] = byte_at(peer_sent++);
	br_ssl_engine_sendapp_ack(&peer.eng, count);
	br_ssl_engine_flush(&peer.eng, 0);
}

void fake_peer_close(void)
{
	br_ssl_engine_close(&peer.eng);
}

/* --- The client behind --------------------------------------------------------- */

static void publish(uint32_t i)
{
	struct az_socket_client *half = &az_socket_at(&mirror, i)->client;

	half->sent = sockets[i].sent;
	half->taken = sockets[i].taken;
	half->want = sockets[i].want;
	half->round = sockets[i].round;
	mirror.base[mirror.at.stack_attention + i] = 1;
}

static struct az_socket_stack *stack_half(uint32_t i)
{
	return &az_socket_at(&mirror, i)->stack;
}

/* Whether the client has it, and the stack still knows. */
static bool in_use(uint32_t i)
{
	return sockets[i].want != AZ_WANT_NONE &&
	       stack_half(i)->round == sockets[i].round;
}

void fake_accept(void)
{
	for (uint32_t i = 0; i < FAKE_SOCKETS; i++) {
		if (stack_half(i)->state != AZ_SOCKET_ARRIVED || in_use(i))
			continue;
		must(stack_half(i)->peer.port == PORT);
		sockets[i] =
		    (struct socket){ stack_half(i)->round, AZ_WANT_OPEN, 0, 0 };
		publish(i);
	}
}

void fake_client_send(uint32_t count)
{
	for (uint32_t i = 0; i < FAKE_SOCKETS; i++) {
		struct socket *s = &sockets[i];
		uint8_t *buffer =
		    mirror.base + mirror.at.buffers + i * 2 * BUFFER + BUFFER;

		if (!in_use(i) || s->want != AZ_WANT_OPEN)
			continue;
		must(s->sent - stack_half(i)->taken <= BUFFER);
		for (uint32_t k = 0;
		     k < count && s->sent - stack_half(i)->taken < BUFFER;
		     k++) {
			buffer[s->sent % BUFFER] = byte_at(s->sent);
			s->sent++;
		}
		publish(i);
	}
}

void fake_client_take(uint32_t count)
{
	for (uint32_t i = 0; i < FAKE_SOCKETS; i++) {
		struct socket *s = &sockets[i];
		const uint8_t *buffer =
		    mirror.base + mirror.at.buffers + i * 2 * BUFFER;

		if (!in_use(i))
			continue;
		must(stack_half(i)->received - s->taken <= BUFFER);
		for (uint32_t k = 0;
		     k < count && s->taken != stack_half(i)->received; k++) {
			must(buffer[s->taken % BUFFER] == byte_at(s->taken));
			s->taken++;
		}
		publish(i);
	}
}

void fake_client_want(uint32_t want)
{
	for (uint32_t i = 0; i < FAKE_SOCKETS; i++) {
		if (!in_use(i) || sockets[i].want >= want)
			continue;
		sockets[i].want = want;
		publish(i);
		if (want >= AZ_WANT_CLOSE)
			sockets[i].want = AZ_WANT_NONE;
	}
}

/* --- All of it ----------------------------------------------------------------- */

static void know_server(void)
{
	const struct identity *id = credentials_get(fake.now);
	br_ec_public_key key;

	must(id != NULL && id->type == BR_KEYTYPE_EC &&
	     br_ec_compute_pub(&br_ec_p256_m31, &key, public, &id->ec) > 0);
	br_x509_knownkey_init_ec(
	    &trust, &key, BR_KEYTYPE_KEYX | BR_KEYTYPE_SIGN);
}

void fake_begin(void)
{
	struct az_socket_head *head = (void *)az_window_sockets;

	mirror.at = az_socket_layout(FAKE_SOCKETS, BUFFER, BUFFER);
	mirror.base = az_window_sockets;
	*head = (struct az_socket_head){
		.version = AZ_SOCKET_VERSION,
		.size = mirror.at.size,
		.sockets = FAKE_SOCKETS,
		.arrivals = FAKE_SOCKETS,
		.receive = BUFFER,
		.send = BUFFER,
		.listener_count = 1,
		.listeners = { { AZ_PROTOCOL_TCP, 443, 0 } },
	};
	must(server_begin() == 0);
	know_server();
}

void fake_connect(void)
{
	if (fake.open || fake.arrives)
		return;
	fake.to_server.from = fake.to_server.to = 0;
	fake.to_peer.from = fake.to_peer.to = 0;
	fake.ended = fake.broken = false;
	fake.arrives = true;
	begin_peer();
}

void fake_turn(void)
{
	(void)server_turn();
	hear(&peer.eng);
	if (!fake.ended && !fake.broken)
		speak(&peer.eng);
}

void fake_end(void)
{
	fake_client_want(AZ_WANT_CLOSE);
	fake.ended = true;
	fake.most = UINT32_MAX;
	for (int i = 0; i < TURNS; i++) {
		fake_accept();
		fake_client_take(UINT32_MAX);
		fake_client_want(AZ_WANT_CLOSE);
		fake.now += LONG_MS;
		fake_turn();
	}
	must(!fake.open && !fake.arrives);
	for (uint32_t i = 0; i < FAKE_SOCKETS; i++)
		must(stack_half(i)->state == AZ_SOCKET_FREE);
}
