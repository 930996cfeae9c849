/* tcp: tcp.h, by lwIP's raw interface. What a client has sent is given to
 * lwIP where it lies, and stays there until the peer has acknowledged it. */
#include "tcp.h"

#include "card.h"
#include "express.h"
#include "ghost.h"

#include <hooks.h>
#include <lwip/ip.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/tcp.h>
#include <lwip/tcp.h>
#include <stdlib.h>
#include <string.h>

enum {
	ACKS = 4,
	RECENT_TICKS = 4, /* of 500 ms */
	SHARE = 8,        /* of what is left, that one connection may hold */
	ENDED_MAX = 64,   /* that wait for late segments: each new one
			   * passes them */
};

bool net_crowded;

/* Who had more to send than may fly when the segment came that is read. */
static struct conn *narrow;

static struct az_stack *stack_of(const struct conn *c)
{
	return &c->client->stack;
}

/* Forget the control block, which is lwIP's or gone from now on: what nobody
 * waits for makes room for new connections first. */
static void let_go(struct conn *c)
{
	if (c->tcp != NULL) {
		tcp_setprio(c->tcp, TCP_PRIO_MIN);
		tcp_arg(c->tcp, NULL);
		tcp_recv(c->tcp, NULL);
		tcp_sent(c->tcp, NULL);
		tcp_poll(c->tcp, NULL, 0);
		tcp_err(c->tcp, NULL);
	}
	c->tcp = NULL;
	c->flight.count = 0;
}

/* And what it has received. */
static void detach(struct conn *c)
{
	let_go(c);
	if (c->held != NULL)
		pbuf_free(c->held);
	c->held = NULL;
	c->queued = 0;
}

static void attach(struct conn *c, struct tcp_pcb *pcb);

/* Everything is sent and acknowledged, or nobody wants it any more. */
static void close_quietly(struct conn *c)
{
	struct tcp_pcb *pcb = c->tcp;

	detach(c);
	if (tcp_close(pcb) != ERR_OK) {
		attach(c, pcb); /* no memory: after the next event */
		return;
	}
	conn_over(c, 0);
}

static void pump_in(struct conn *c)
{
	uint32_t moved = 0;

	if (c->held == NULL && !c->ended)
		return;
	while (c->held != NULL) {
		struct az_pieces room = az_socket_room(stack_of(c), c->number);
		struct pbuf *p = c->held;
		uint32_t n = az_pieces_write(room, p->payload, p->len);

		if (n == 0)
			break;
		az_socket_put(stack_of(c), c->number, n);
		moved += n;
		c->held = pbuf_free_header(p, (uint16_t)n);
	}
	if (moved > 0 && c->tcp != NULL)
		tcp_recved(c->tcp, (uint16_t)moved);
	if (c->held == NULL && c->ended &&
	    az_socket_at(stack_of(c), c->number)->stack.state == AZ_SOCKET_OPEN)
		az_socket_set(stack_of(c), c->number, AZ_SOCKET_ENDED);
}

static bool write_piece(
    struct conn *c, const uint8_t *bytes, uint32_t length, bool more)
{
	while (length > 0) {
		uint32_t n = tcp_sndbuf(c->tcp);

		if (n > length)
			n = length;
		if (n > 0x8000)
			n = 0x8000;
		if (n == 0 ||
		    tcp_write(c->tcp, bytes, (uint16_t)n,
			more || n < length ? TCP_WRITE_FLAG_MORE : 0) != ERR_OK)
			return false;
		c->queued += n;
		bytes += n;
		length -= n;
	}
	return true;
}

bool tcp_give(struct conn *c, struct az_pieces bytes, bool more)
{
	return write_piece(c, bytes.at[0], bytes.length[0],
		   more || bytes.length[1] > 0) &&
	       write_piece(c, bytes.at[1], bytes.length[1], more);
}

/* The rest would only wait in lwIP, in memory that all connections share, for
 * a peer that may acknowledge nothing. But never is there nothing to
 * acknowledge, or to send when the window opens. */
uint32_t tcp_may_fly(const struct tcp_pcb *pcb, uint32_t flying)
{
	uint32_t window = LWIP_MIN(pcb->snd_wnd, pcb->cwnd), more;

	if (window > TCP_SND_BUF)
		window = TCP_SND_BUF;
	more = window > flying ? window - flying : 0;
	more -= more % pcb->mss;
	return more == 0 && flying == 0 ? pcb->mss : more;
}

/* Gives whether all that the client has sent is queued. */
static bool pump_out(struct conn *c)
{
	struct az_pieces bytes =
	    az_socket_bytes(stack_of(c), c->number, c->queued);
	uint32_t most;

	if (az_pieces_length(bytes) == 0)
		return true;
	if (express_send(c, bytes))
		return !c->unsent;
	express_land(c->tcp);
	bytes = az_socket_bytes(stack_of(c), c->number, c->queued);
	most = tcp_may_fly(c->tcp, c->tcp->snd_lbb - c->tcp->lastack);
	c->unsent = !tcp_give(c, az_pieces_cut(bytes, most), false) ||
		    az_pieces_length(bytes) > most;
	(void)tcp_output(c->tcp);
	return !c->unsent;
}

/* Both sides have ended: lwIP frees the control block without a word. */
static bool is_over(const struct conn *c)
{
	return c->shut && c->ended && c->queued == 0;
}

/* There was no memory for the FIN: lwIP tries again. A close before that loses
 * what came together with an acknowledgement. */
static bool owes_end(const struct conn *c)
{
	return (c->tcp->flags & TF_CLOSEPEND) != 0;
}

void tcp_pump(struct conn *c)
{
	if (c->number == CONN_WAITS)
		return;
	pump_in(c);
	if (c->tcp != NULL && c->shutting)
		express_land(c->tcp);
	if (c->tcp == NULL || !pump_out(c) || !c->shutting)
		return;
	if (!c->shut && tcp_shutdown(c->tcp, 0, 1) == ERR_OK)
		c->shut = true;
	if (c->closing && c->shut && c->queued == 0 && !owes_end(c))
		close_quietly(c);
	else if (is_over(c))
		let_go(c);
}

void tcp_drop(struct conn *c)
{
	struct tcp_pcb *pcb = c->tcp;

	detach(c);
	if (pcb != NULL)
		tcp_abort(pcb);
}

/* Who hears the same acknowledgement often enough sends again (RFC 5681, 3.2).
 */
void tcp_ask_again(void)
{
	for (struct tcp_pcb *p = tcp_active_pcbs; p != NULL; p = p->next) {
		if (p->state < ESTABLISHED || tcp_ticks - p->tmr > RECENT_TICKS)
			continue;
		for (int i = 0; i < ACKS; i++)
			(void)tcp_send_empty_ack(p);
	}
}

static err_t on_received(
    void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct conn *c = arg;

	(void)err;
	if (p == NULL) {
		c->ended = true;
	} else if (c->closing) {
		tcp_recved(pcb, p->tot_len);
		pbuf_free(p);
	} else if (c->held == NULL) {
		c->held = p;
	} else {
		pbuf_cat(c->held, p);
	}
	if (c->number != CONN_WAITS)
		pump_in(c);
	if (is_over(c))
		let_go(c);
	return ERR_OK;
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, uint16_t length)
{
	struct conn *c = arg;

	(void)pcb;
	/* A FIN counts as one that is not in the buffer. */
	if (length > c->queued)
		length = (uint16_t)c->queued;
	c->queued -= length;
	az_socket_take(stack_of(c), c->number, length);
	if (c->unsent || c->shutting)
		tcp_pump(c);
	return ERR_OK;
}

/* There may be memory now for what lwIP had none for. */
static err_t on_tick(void *arg, struct tcp_pcb *pcb)
{
	struct conn *c = arg;

	(void)pcb;
	if (c->unsent)
		tcp_pump(c);
	return ERR_OK;
}

static void on_error(void *arg, err_t err)
{
	struct conn *c = arg;

	c->tcp = NULL;
	detach(c);
	conn_over(c, err == ERR_TIMEOUT               ? AZ_SOCKET_TIMED_OUT
		     : err == ERR_RST && c->port != 0 ? AZ_SOCKET_REFUSED
						      : AZ_SOCKET_RESET);
}

static void attach(struct conn *c, struct tcp_pcb *pcb)
{
	c->tcp = pcb;
	tcp_setprio(pcb, TCP_PRIO_NORMAL);
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_received);
	tcp_sent(pcb, on_sent);
	tcp_poll(pcb, on_tick, 1);
	tcp_err(pcb, on_error);
	tcp_nagle_disable(pcb);
}

static void arrive(struct conn *c, uint16_t listener)
{
	struct tcp_pcb *pcb = c->tcp;

	az_socket_at(stack_of(c), c->number)->stack.listener = listener;
	conn_set_addresses(c, &pcb->remote_ip, pcb->remote_port, &pcb->local_ip,
	    pcb->local_port);
	az_socket_set(stack_of(c), c->number, AZ_SOCKET_ARRIVED);
	tcp_backlog_accepted(pcb);
	pump_in(c);
}

/* Where a new connection is kept: at a free socket, or among those that wait
 * for one; NULL when too many do. */
static struct conn *find_place(struct client *client)
{
	uint32_t number = az_socket_arrival(&client->stack);

	if (number != UINT32_MAX) {
		client->conns[number] = (struct conn){
			.client = client,
			.number = number,
		};
		return &client->conns[number];
	}
	for (int i = 0; i < BACKLOG; i++)
		if (client->waiting[i].tcp == NULL) {
			client->waiting[i] = (struct conn){
				.client = client,
				.number = CONN_WAITS,
			};
			client->waits = true;
			return &client->waiting[i];
		}
	return NULL;
}

static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct conn *listener = arg, *c;

	if (err != ERR_OK || pcb == NULL)
		return ERR_VAL;
	ghost_meet(pcb);
	c = find_place(listener->client);
	if (c == NULL)
		return ERR_MEM;
	attach(c, pcb);
	c->listener = listener->listener;
	tcp_backlog_delayed(pcb);
	if (c->number != CONN_WAITS)
		arrive(c, c->listener);
	return ERR_OK;
}

/* lwIP turns new connections away while too many that began are not whole,
 * and waits long for each: the oldest of them give way sooner. */
static void forget_halves(void)
{
	struct tcp_pcb *next;
	uint32_t count = 0;

	for (struct tcp_pcb *p = tcp_active_pcbs; p != NULL; p = next) {
		next = p->next; /* who spoke last comes first */
		if (p->state == SYN_RCVD && ++count > BACKLOG)
			tcp_abandon(p, 0);
	}
}

/* The newest stay. */
static void forget_ended(void)
{
	struct tcp_pcb *p = tcp_tw_pcbs, *next;

	for (int i = 0; p != NULL && i < ENDED_MAX; i++)
		p = p->next;
	for (; p != NULL; p = next) {
		next = p->next;
		tcp_abort(p);
	}
}

void tcp_crowd(void)
{
	forget_ended();
	for (const struct tcp_pcb_listen *l = tcp_listen_pcbs.listen_pcbs;
	     l != NULL; l = l->next)
		if (l->accepts_pending > BACKLOG)
			forget_halves();
}

void tcp_admit(struct client *client)
{
	if (!client->waits)
		return;
	for (int i = 0; i < BACKLOG; i++) {
		struct conn *from = &client->waiting[i], *c;
		uint32_t number;

		if (from->tcp == NULL)
			continue;
		number = az_socket_arrival(&client->stack);
		if (number == UINT32_MAX)
			return;
		c = &client->conns[number];
		*c = *from;
		*from = (struct conn){ 0 };
		c->number = number;
		tcp_arg(c->tcp, c);
		arrive(c, c->listener);
	}
	client->waits = false;
}

bool tcp_serve(struct client *client, uint16_t listener, uint16_t port)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IPADDR_TYPE_ANY), *bound;
	struct conn *c;

	if (pcb == NULL)
		return false;
	ip_set_option(pcb, SOF_REUSEADDR);
	ghost_watch(pcb);
	if (tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK ||
	    (bound = tcp_listen_with_backlog(pcb, 2 * BACKLOG)) == NULL) {
		(void)tcp_close(pcb);
		return false;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		(void)tcp_close(bound);
		return false;
	}
	*c = (struct conn){ .client = client, .listener = listener };
	tcp_arg(bound, c);
	tcp_accept(bound, on_accept);
	return true;
}

/* When it begins a new connection between the same ports, forget the old, and
 * begin: else clients that use their ports again find the door shut for as long
 * as the old one waits (RFC 1122, 4.2.2.13). */
static err_t reopen(struct tcp_pcb *pcb, struct tcp_hdr *header,
    uint16_t length, struct pbuf *p)
{
	if ((TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN ||
	    !TCP_SEQ_GT(header->seqno, pcb->rcv_nxt))
		return ERR_OK;
	tcp_abort(pcb);
	/* As it came: lwIP reads it again. */
	header->src = lwip_htons(header->src);
	header->dest = lwip_htons(header->dest);
	header->seqno = lwip_htonl(header->seqno);
	header->ackno = lwip_htonl(header->ackno);
	header->wnd = lwip_htons(header->wnd);
	pbuf_ref(p);
	(void)pbuf_add_header_force(p, TCP_HLEN + length);
	tcp_input(p, ip_current_input_netif());
	return ERR_ABRT;
}

static uint32_t frames_of(const struct tcp_pcb *pcb, const struct conn *c)
{
	uint32_t count = c != NULL && c->held != NULL ? pbuf_clen(c->held) : 0;

	for (const struct tcp_seg *s = pcb->ooseq; s != NULL; s = s->next)
		count += pbuf_clen(s->p);
	return count;
}

/* What its client takes at once; what nobody waits for any more is no burden.
 */
static uint32_t room_of(const struct conn *c)
{
	if (c == NULL || c->closing)
		return UINT32_MAX;
	if (c->number == CONN_WAITS || c->held != NULL)
		return 0;
	return az_pieces_length(az_socket_room(stack_of(c), c->number));
}

/* Whether a segment is taken while many frames are held. One that its client
 * takes at once is; what would be held is only by a connection that holds but a
 * part of what is left to hold: so each may hold less the more of them do, and
 * frames to receive into are left for those that do not. The peer sends again
 * what was not taken. */
static err_t admit(
    struct tcp_pcb *pcb, const struct tcp_hdr *header, const struct pbuf *p)
{
	const struct conn *c = pcb->callback_arg;
	uint32_t held = 0;

	if (pcb->state < SYN_RCVD ||
	    (p->tot_len == 0 && (TCPH_FLAGS(header) & TCP_FIN) == 0))
		return ERR_OK;
	if (pcb->state > SYN_RCVD) { /* before, c is the listener */
		if (!TCP_SEQ_GT(header->seqno, pcb->rcv_nxt) &&
		    p->tot_len <= room_of(c))
			return ERR_OK;
		held = frames_of(pcb, c);
	}
	return held < card_spare() / SHARE ? ERR_OK : ERR_MEM;
}

err_t net_arrive(struct tcp_pcb *pcb, struct tcp_hdr *header, uint16_t length,
    bool split, struct pbuf *p)
{
	struct conn *c = pcb->callback_arg;

	narrow = c != NULL && c->unsent ? c : NULL;
	express_land(pcb);
	if (pcb->state == TIME_WAIT && !split)
		return reopen(pcb, header, length, p);
	return net_crowded ? admit(pcb, header, p) : ERR_OK;
}

void tcp_look_again(void)
{
	struct conn *c = narrow;

	narrow = NULL;
	if (c != NULL && c->tcp != NULL && c->unsent)
		tcp_pump(c);
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct conn *c = arg;

	(void)err; /* always ERR_OK: failures go to on_error */
	c->port = 0;
	conn_set_addresses(c, &pcb->remote_ip, pcb->remote_port, &pcb->local_ip,
	    pcb->local_port);
	az_socket_set(stack_of(c), c->number, AZ_SOCKET_OPEN);
	tcp_pump(c);
	return ERR_OK;
}

bool tcp_begin(struct conn *c, const ip_addr_t *ip)
{
	struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(ip));

	if (pcb == NULL)
		return false;
	attach(c, pcb);
	if (tcp_connect(pcb, ip, c->port, on_connected) == ERR_OK) {
		ghost_note(pcb);
		return true;
	}
	detach(c);
	tcp_abort(pcb);
	return false;
}
