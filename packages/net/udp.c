/* udp: udp.h, by lwIP's raw interface. A datagram that finds no room in the
 * client's buffer is dropped, as on the wire. */
#include "udp.h"

#include <lwip/udp.h>

enum { DATAGRAM_MAX = 1472 };

static struct az_stack *stack_of(const struct conn *c)
{
	return &c->client->stack;
}

static void on_received(void *arg, struct udp_pcb *pcb, struct pbuf *p,
    const ip_addr_t *ip, uint16_t port)
{
	struct conn *c = arg;
	struct az_pieces room = az_socket_room(stack_of(c), c->number);
	struct az_datagram head = { .length = p->tot_len };
	uint32_t size = sizeof(head) + ((p->tot_len + 3u) & ~3u), at;

	(void)pcb;
	if (size <= az_pieces_length(room)) {
		conn_fill_address(&head.peer, ip, port);
		at = az_pieces_write(room, &head, sizeof(head));
		for (struct pbuf *q = p; q != NULL; q = q->next)
			at += az_pieces_write(
			    az_pieces_skip(room, at), q->payload, q->len);
		az_socket_put(stack_of(c), c->number, size);
	}
	pbuf_free(p);
}

static bool open_socket(struct conn *c, struct udp_pcb *pcb)
{
	c->udp = pcb;
	udp_recv(pcb, on_received, c);
	az_socket_set(stack_of(c), c->number, AZ_SOCKET_OPEN);
	return true;
}

bool udp_serve(struct client *client, uint16_t listener, uint16_t port)
{
	struct udp_pcb *pcb = udp_new_ip_type(IPADDR_TYPE_ANY);
	struct conn *c = &client->conns[listener];

	if (pcb == NULL)
		return false;
	if (udp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK) {
		udp_remove(pcb);
		return false;
	}
	c->listener = listener;
	return open_socket(c, pcb);
}

bool udp_begin(struct conn *c, const ip_addr_t *ip)
{
	struct udp_pcb *pcb = udp_new_ip_type(IP_GET_TYPE(ip));

	if (pcb == NULL)
		return false;
	if (udp_connect(pcb, ip, c->port) != ERR_OK) {
		udp_remove(pcb);
		return false;
	}
	conn_set_addresses(c, &pcb->remote_ip, pcb->remote_port, &pcb->local_ip,
	    pcb->local_port);
	return open_socket(c, pcb);
}

static void send_one(
    struct conn *c, const struct az_datagram *head, struct az_pieces bytes)
{
	struct pbuf *p =
	    pbuf_alloc(PBUF_TRANSPORT, (uint16_t)head->length, PBUF_RAM);
	ip_addr_t ip;

	if (p == NULL)
		return;
	(void)az_pieces_read(p->payload, bytes, head->length);
	if (head->peer.family == 0) {
		(void)udp_send(c->udp, p);
	} else {
		conn_read_address(&ip, &head->peer);
		(void)udp_sendto(c->udp, p, &ip, head->peer.port);
	}
	pbuf_free(p);
}

void udp_pump(struct conn *c)
{
	for (;;) {
		struct az_pieces span =
		    az_socket_bytes(stack_of(c), c->number, 0);
		struct az_datagram head;
		uint32_t size;

		if (az_pieces_read(&head, span, sizeof(head)) < sizeof(head))
			return;
		size = sizeof(head) + ((head.length + 3) & ~UINT32_C(3));
		if (head.length > DATAGRAM_MAX ||
		    size > az_pieces_length(span)) {
			udp_drop(c);
			conn_over(c, AZ_SOCKET_RESET);
			return;
		}
		send_one(c, &head, az_pieces_skip(span, sizeof(head)));
		az_socket_take(stack_of(c), c->number, size);
	}
}

void udp_drop(struct conn *c)
{
	if (c->udp != NULL)
		udp_remove(c->udp);
	c->udp = NULL;
}
