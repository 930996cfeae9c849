/* conn: conn.h: what clients want, turned into calls of tcp and udp. */
#include "conn.h"

#include "card.h"
#include "tcp.h"
#include "timers.h"
#include "udp.h"
#include "windows.h"

#include <lwip/dns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_MS = 10000, CLOSING_MS = 500 };

static struct client clients[CLIENTS_MAX];
static uint32_t client_count;
static bool ready;     /* to connect */
static uint32_t since; /* conn_init */

static void free_socket(struct conn *c)
{
	struct client *client = c->client;

	az_socket_free(&client->stack, c->number);
	*c = (struct conn){ .client = client, .number = c->number };
}

void conn_over(struct conn *c, uint32_t error)
{
	if (c->number == CONN_WAITS) {
		*c = (struct conn){ 0 };
		return;
	}
	if (c->resolving)
		return;
	if (c->closing ||
	    az_socket_at(&c->client->stack, c->number)->stack.state ==
		AZ_SOCKET_ARRIVED)
		free_socket(c);
	else
		az_socket_fail(&c->client->stack, c->number, error);
}

void conn_fill_address(
    struct az_socket_address *out, const ip_addr_t *ip, uint16_t port)
{
	*out = (struct az_socket_address){ .port = port };
	if (IP_IS_V6(ip)) {
		out->family = 6;
		memcpy(out->ip, ip_2_ip6(ip)->addr, 16);
	} else {
		out->family = 4;
		memcpy(out->ip, &ip_2_ip4(ip)->addr, 4);
	}
}

void conn_read_address(ip_addr_t *out, const struct az_socket_address *from)
{
	memset(out, 0, sizeof(*out));
	if (from->family == 6) {
		IP_SET_TYPE_VAL(*out, IPADDR_TYPE_V6);
		memcpy(ip_2_ip6(out)->addr, from->ip, 16);
	} else {
		IP_SET_TYPE_VAL(*out, IPADDR_TYPE_V4);
		memcpy(&ip_2_ip4(out)->addr, from->ip, 4);
	}
}

void conn_set_addresses(struct conn *c, const ip_addr_t *peer,
    uint16_t peer_port, const ip_addr_t *local, uint16_t local_port)
{
	struct az_socket_stack *half =
	    &az_socket_at(&c->client->stack, c->number)->stack;

	conn_fill_address(&half->peer, peer, peer_port);
	conn_fill_address(&half->local, local, local_port);
}

static void start(struct conn *c, const ip_addr_t *ip)
{
	uint32_t protocol =
	    az_socket_at(&c->client->stack, c->number)->client.protocol;
	bool begun =
	    !ip_addr_isany_val(*ip) &&
	    (protocol == AZ_PROTOCOL_UDP ? udp_begin(c, ip) : tcp_begin(c, ip));

	if (!begun)
		conn_over(c, AZ_SOCKET_UNREACHABLE);
}

static void on_name(const char *name, const ip_addr_t *ip, void *arg)
{
	struct conn *c = arg;

	(void)name;
	c->resolving = false;
	if (c->closing)
		conn_over(c, 0);
	else if (ip == NULL)
		conn_over(c, AZ_SOCKET_NO_NAME);
	else
		start(c, ip);
}

/* Cut "HOST:PORT", or "[HOST]:PORT", in two; 0: it is neither. */
static uint16_t split_target(char *text, char **host)
{
	char *colon = strrchr(text, ':'), *end;
	unsigned long port;

	if (colon == NULL || colon == text)
		return 0;
	*colon = 0;
	port = strtoul(colon + 1, &end, 10);
	if (*end != 0 || port == 0 || port > UINT16_MAX)
		return 0;
	*host = text;
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = 0;
		*host = text + 1;
	}
	return (uint16_t)port;
}

static void begin_connect(struct conn *c)
{
	struct az_stack *stack = &c->client->stack;
	char text[AZ_SOCKET_TEXT_MAX + 1], *host;
	ip_addr_t ip;
	err_t err;

	az_socket_set(stack, c->number, AZ_SOCKET_CONNECTING);
	if (!az_socket_target(stack, c->number, text, sizeof(text)) ||
	    (c->port = split_target(text, &host)) == 0) {
		conn_over(c, AZ_SOCKET_NO_NAME);
		return;
	}
	err = dns_gethostbyname(host, &ip, on_name, c);
	if (err == ERR_OK)
		start(c, &ip);
	else if (err == ERR_INPROGRESS)
		c->resolving = true;
	else
		conn_over(c, AZ_SOCKET_NO_NAME);
}

static void close_conn(struct conn *c, bool abort)
{
	bool first = !c->closing;

	if (first)
		c->closed_at = timers_now();
	c->closing = c->shutting = true;
	if (c->held != NULL)
		pbuf_free(c->held);
	c->held = NULL;
	if (c->resolving || (!first && !abort))
		return;
	if (c->tcp != NULL && !abort) {
		tcp_pump(c);
		return;
	}
	tcp_drop(c);
	udp_drop(c);
	free_socket(c);
}

/* Bytes that the client took while nobody listens are nobody's. */
static void attend(struct conn *c)
{
	struct az_stack *stack = &c->client->stack;
	struct az_socket *socket = az_socket_at(stack, c->number);
	uint32_t state = socket->stack.state;

	/* The client has it, though it may want its end by now. */
	if (state == AZ_SOCKET_ARRIVED &&
	    az_socket_want(socket) != AZ_WANT_NONE)
		socket->stack.state = AZ_SOCKET_OPEN;
	switch (az_socket_want(socket)) {
	case AZ_WANT_CONNECT:
		if (ready && state == AZ_SOCKET_FREE &&
		    c->number >= stack->head.arrivals)
			begin_connect(c);
		break;
	case AZ_WANT_SHUT:
		c->shutting = true;
		break;
	case AZ_WANT_CLOSE:
	case AZ_WANT_ABORT:
		if (state != AZ_SOCKET_FREE)
			close_conn(c, az_socket_want(socket) == AZ_WANT_ABORT);
		return;
	}
	if (c->udp != NULL)
		udp_pump(c);
	else if (socket->stack.state >= AZ_SOCKET_ARRIVED)
		tcp_pump(c);
}

/* Who wants to connect before this machine has an address waits for it, for a
 * while. */
static void begin_early(void)
{
	if (!card_has_address() && timers_now() - since < ADDRESS_MS)
		return;
	ready = true;
	for (uint32_t i = 0; i < client_count; i++)
		for (uint32_t n = 0; n < clients[i].stack.head.sockets; n++)
			if (az_socket_want(az_socket_at(
				&clients[i].stack, n)) == AZ_WANT_CONNECT)
				attend(&clients[i].conns[n]);
}

/* Somebody waits for a socket: it need not wait for peers that do not take what
 * is left of connections that are closed here. */
static void end_slow(const struct client *client)
{
	for (uint32_t i = 0; i < client->stack.head.arrivals; i++) {
		struct conn *c = &client->conns[i];

		if (c->closing && timers_now() - c->closed_at > CLOSING_MS)
			close_conn(c, true);
	}
}

void conn_poll(void)
{
	if (!ready)
		begin_early();
	tcp_crowd();
	for (uint32_t i = 0; i < client_count; i++) {
		struct client *client = &clients[i];
		uint32_t number;

		while ((number = az_stack_next(&client->stack)) != UINT32_MAX)
			attend(&client->conns[number]);
		if (client->waits)
			end_slow(client);
		tcp_admit(client);
	}
}

void conn_wake(void)
{
	for (uint32_t i = 0; i < client_count; i++)
		az_stack_wake(&clients[i].stack);
}

static void listen_all(struct client *client)
{
	const struct az_socket_head *head = &client->stack.head;

	for (uint16_t i = 0; i < head->listener_count; i++) {
		const struct az_listener *l = &head->listeners[i];
		bool good = l->protocol == AZ_PROTOCOL_UDP
				? udp_serve(client, i, l->port)
				: tcp_serve(client, i, l->port);

		if (!good)
			(void)fprintf(stderr, "port %u is taken\n", l->port);
	}
}

static bool open_client(struct client *client, uint32_t n)
{
	uint32_t sockets;

	if (!az_stack_open(
		&client->stack, AZ_WINDOW_AT(sockets), WINDOW_SOCKETS, n))
		return false;
	sockets = client->stack.head.sockets;
	client->conns = calloc(sockets + BACKLOG, sizeof(client->conns[0]));
	if (client->conns == NULL)
		return false;
	client->waiting = client->conns + sockets;
	for (uint32_t i = 0; i < sockets; i++) {
		client->conns[i].client = client;
		client->conns[i].number = i;
	}
	return true;
}

void conn_init(void)
{
	since = timers_now();
	while (client_count < CLIENTS_MAX &&
	       open_client(&clients[client_count], client_count)) {
		listen_all(&clients[client_count]);
		client_count++;
	}
}
