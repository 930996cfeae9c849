/* express: express.h. lwIP's names of what is meant: tcp_receive, tcp_output
 * and tcp_output_segment, for the one case. */
#include "express.h"

#include "card.h"
#include "conn.h"
#include "segment.h"
#include "tcp.h"

#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/tcp.h>
#include <string.h>

enum {
	PLACES = 1024,
	/* Of a connection's flags, those that change nothing here. */
	CALM = TF_ACK_DELAY | TF_ACK_NOW | TF_NODELAY | TF_SACK,
	HEAD = sizeof(struct segment) - SEGMENT_LINK,
	SUMMED = 2 * sizeof(ip4_addr_p_t) + TCP_HLEN, /* of the headers */
};

/* By the ports: connections that have sent something by this way, or had. */
static struct conn *known[PLACES];

static struct conn **place_of(uint32_t ports)
{
	return &known[(ports ^ ports >> 16) % PLACES];
}

/* The peer's above the own one, as in a segment of the peer. */
static uint32_t ports_of(const struct tcp_pcb *pcb)
{
	return (uint32_t)pcb->remote_port << 16 | pcb->local_port;
}

static bool is_calm(const struct tcp_pcb *pcb)
{
	return pcb->state == ESTABLISHED && (pcb->flags & ~CALM) == 0 &&
	       pcb->unsent == NULL && pcb->unacked == NULL &&
	       pcb->ooseq == NULL && pcb->refused_data == NULL &&
	       pcb->persist_backoff == 0;
}

/* --- Flights ---------------------------------------------------------------- */

static uint16_t *segment_at(struct flight *f, uint32_t n)
{
	return &f->segments[(f->first + n) % FLIGHT];
}

static uint32_t length_at(const struct flight *f, uint32_t n)
{
	return f->segments[(f->first + n) % FLIGHT] & ~(uint32_t)FLIGHT_PUSHED;
}

/* How many segments are so many bytes, from the first on; 0: none are. */
static uint32_t count_in(const struct flight *f, uint32_t bytes)
{
	uint32_t n = 0;

	while (bytes > 0 && n < f->count && length_at(f, n) <= bytes)
		bytes -= length_at(f, n++);
	return bytes == 0 ? n : 0;
}

/* --- In -------------------------------------------------------------------- */

/* The sum of addresses, TCP's header and what it carries, whose own is body. */
static uint16_t sum_of(const struct segment *s, uint32_t length, uint32_t body)
{
	return segment_sum_words(&s->ip.src, SUMMED / 4,
	    PP_HTONS(IP_PROTO_TCP) + lwip_htons((uint16_t)(TCP_HLEN + length)) +
		body);
}

/* A segment that is taken: what is to be done. */
struct arrival {
	struct conn *conn;
	uint32_t number, ack;
	uint32_t acked; /* segments of the flight */
	uint16_t window, length;
	const uint8_t *bytes;
};

static struct conn *find_conn(const struct segment *s)
{
	uint32_t ports =
	    (uint32_t)lwip_ntohs(s->tcp.src) << 16 | lwip_ntohs(s->tcp.dest);
	struct conn *c = *place_of(ports);
	const struct tcp_pcb *pcb = c != NULL ? c->tcp : NULL;

	if (pcb == NULL || ports_of(pcb) != ports ||
	    !IP_IS_V4_VAL(pcb->remote_ip) ||
	    ip_2_ip4(&pcb->remote_ip)->addr != s->ip.src.addr ||
	    ip_2_ip4(&pcb->local_ip)->addr != s->ip.dest.addr)
		return NULL;
	return c;
}

/* Whether it says anything, and nothing that is not expected. */
static bool has_sense(struct arrival *a)
{
	const struct tcp_pcb *pcb = a->conn->tcp;

	a->acked = count_in(&a->conn->flight, a->ack - pcb->lastack);
	if (a->ack != pcb->lastack)
		return a->acked > 0;
	return a->length > 0 ||
	       (a->ack == pcb->snd_wl2 && a->window > pcb->snd_wnd);
}

/* Whether it is the next one, and all of it is wanted. */
static bool is_next(struct arrival *a)
{
	const struct conn *c = a->conn;
	const struct tcp_pcb *pcb = c->tcp;

	return is_calm(pcb) && c->held == NULL && !c->ended && !c->shutting &&
	       a->number == pcb->rcv_nxt && a->length <= pcb->rcv_wnd &&
	       has_sense(a);
}

static bool read_segment(
    struct arrival *a, const struct segment *s, uint32_t length)
{
	const uint16_t fixed = PP_HTONS(0xf000 | (TCP_FLAGS & ~TCP_PSH));
	uint32_t size = length < sizeof(*s) ? 0 : segment_size(s, length);

	if (size == 0 || (s->tcp._hdrlen_rsvd_flags & fixed) !=
			     PP_HTONS(TCP_HLEN / 4 << 12 | TCP_ACK))
		return false;
	a->conn = find_conn(s);
	if (a->conn == NULL)
		return false;
	a->number = lwip_ntohl(s->tcp.seqno);
	a->ack = lwip_ntohl(s->tcp.ackno);
	a->window = lwip_ntohs(s->tcp.wnd);
	a->length = (uint16_t)(size - HEAD);
	a->bytes = (const uint8_t *)(s + 1);
	return is_next(a);
}

/* Copy what it carries to where the client will find it, and look at the sums.
 * Nobody sees the bytes yet. */
static bool copy_in(const struct arrival *a, const struct segment *s, bool good)
{
	struct az_pieces room =
	    az_socket_room(&a->conn->client->stack, a->conn->number);
	uint16_t body = 0;

	if (room.length[0] < a->length ||
	    segment_sum_words(&s->ip, IP_HLEN / 4, 0) != SEGMENT_GOOD)
		return false;
	if (good)
		memcpy(room.at[0], a->bytes, a->length);
	else
		body = net_copy_checksum(room.at[0], a->bytes, a->length);
	return good || sum_of(s, a->length, body) == SEGMENT_GOOD;
}

static void see_window(struct tcp_pcb *pcb, const struct arrival *a)
{
	if (!TCP_SEQ_LT(pcb->snd_wl1, a->number) &&
	    !(pcb->snd_wl1 == a->number && TCP_SEQ_LT(pcb->snd_wl2, a->ack)) &&
	    !(pcb->snd_wl2 == a->ack && a->window > pcb->snd_wnd))
		return;
	pcb->snd_wnd = a->window;
	if (pcb->snd_wnd_max < pcb->snd_wnd)
		pcb->snd_wnd_max = pcb->snd_wnd;
	pcb->snd_wl1 = a->number;
	pcb->snd_wl2 = a->ack;
}

static void widen(struct tcp_pcb *pcb, tcpwnd_size_t acked)
{
	if (pcb->cwnd < pcb->ssthresh) {
		TCP_WND_INC(
		    pcb->cwnd, LWIP_MIN(acked, (tcpwnd_size_t)(2 * pcb->mss)));
		return;
	}
	TCP_WND_INC(pcb->bytes_acked, acked);
	if (pcb->bytes_acked < pcb->cwnd)
		return;
	pcb->bytes_acked = (tcpwnd_size_t)(pcb->bytes_acked - pcb->cwnd);
	TCP_WND_INC(pcb->cwnd, pcb->mss);
}

static void measure_trip(struct tcp_pcb *pcb)
{
	int16_t m = (int16_t)(tcp_ticks - pcb->rttest);

	m = (int16_t)(m - (pcb->sa >> 3));
	pcb->sa = (int16_t)(pcb->sa + m);
	if (m < 0)
		m = (int16_t)-m;
	m = (int16_t)(m - (pcb->sv >> 2));
	pcb->sv = (int16_t)(pcb->sv + m);
	pcb->rto = (int16_t)((pcb->sa >> 3) + pcb->sv);
	pcb->rttest = 0;
}

/* So many segments have come there. */
static void commit_ack(
    struct conn *c, struct tcp_pcb *pcb, const struct arrival *a)
{
	uint32_t acked = a->ack - pcb->lastack;

	pcb->nrtx = 0;
	pcb->rto = (int16_t)((pcb->sa >> 3) + pcb->sv);
	pcb->lastack = pcb->snd_lbb = a->ack;
	widen(pcb, (tcpwnd_size_t)acked);
	c->flight.first = (uint8_t)((c->flight.first + a->acked) % FLIGHT);
	c->flight.count = (uint8_t)(c->flight.count - a->acked);
	pcb->rtime = c->flight.count > 0 ? 0 : -1;
	pcb->polltmr = 0;
	c->queued -= acked;
	az_socket_take(&c->client->stack, c->number, acked);
}

static void commit_bytes(struct conn *c, struct tcp_pcb *pcb, uint16_t length)
{
	pcb->rcv_nxt += length;
	pcb->rcv_wnd = (tcpwnd_size_t)(pcb->rcv_wnd - length);
	tcp_ack(pcb);
	az_socket_put(&c->client->stack, c->number, length);
	tcp_recved(pcb, length); /* and the window */
}

bool express_take(const uint8_t *frame, uint32_t length, bool good)
{
	const struct segment *s = (const struct segment *)frame;
	struct arrival a;
	struct tcp_pcb *pcb;

	if (!read_segment(&a, s, length) || !copy_in(&a, s, good))
		return false;
	/* Nothing below may fail. */
	pcb = a.conn->tcp;
	pcb->tmr = tcp_ticks;
	pcb->keep_cnt_sent = pcb->persist_probe = pcb->dupacks = 0;
	see_window(pcb, &a);
	if (a.acked > 0)
		commit_ack(a.conn, pcb, &a);
	if (pcb->rttest != 0 && TCP_SEQ_LT(pcb->rtseq, a.ack))
		measure_trip(pcb);
	if (a.length > 0)
		commit_bytes(a.conn, pcb, a.length);
	if (a.conn->unsent)
		tcp_pump(a.conn);
	if (pcb->flags & TF_ACK_NOW)
		(void)tcp_output(pcb);
	return true;
}

/* --- Out ------------------------------------------------------------------- */

/* Whether lwIP would send at once what the windows let it. */
static bool may_send(const struct conn *c)
{
	const struct tcp_pcb *pcb = c->tcp;

	return !c->shutting && tcp_input_pcb == NULL && is_calm(pcb) &&
	       IP_IS_V4_VAL(pcb->remote_ip) && netif_is_up(netif_default) &&
	       netif_is_link_up(netif_default) &&
	       !ip4_addr_isany_val(*netif_ip4_addr(netif_default));
}

static void write_head(struct segment *s, const void *link,
    const struct tcp_pcb *pcb, uint32_t segment)
{
	static uint16_t id;
	uint32_t length = segment & ~(uint32_t)FLIGHT_PUSHED;
	uint16_t flags = segment & FLIGHT_PUSHED ? TCP_ACK | TCP_PSH : TCP_ACK;

	memcpy(&s->link, link, sizeof(s->link));
	s->ip = (struct ip_hdr){
		._v_hl = SEGMENT_PLAIN,
		._tos = pcb->tos,
		._len = lwip_htons((uint16_t)(HEAD + length)),
		._id = id++,
		._ttl = pcb->ttl,
		._proto = IP_PROTO_TCP,
		.src.addr = ip_2_ip4(&pcb->local_ip)->addr,
		.dest.addr = ip_2_ip4(&pcb->remote_ip)->addr,
	};
	s->ip._chksum = (uint16_t)~segment_sum_words(&s->ip, IP_HLEN / 4, 0);
	s->tcp = (struct tcp_hdr){
		.src = lwip_htons(pcb->local_port),
		.dest = lwip_htons(pcb->remote_port),
		.seqno = lwip_htonl(pcb->snd_nxt),
		.ackno = lwip_htonl(pcb->rcv_nxt),
		._hdrlen_rsvd_flags = PP_HTONS(TCP_HLEN / 4 << 12 | flags),
		.wnd = lwip_htons(pcb->rcv_ann_wnd),
	};
}

/* A segment is on its way. */
static void depart(struct conn *c, struct tcp_pcb *pcb, uint32_t segment)
{
	uint32_t length = segment & ~(uint32_t)FLIGHT_PUSHED;

	pcb->rcv_ann_right_edge = pcb->rcv_nxt + pcb->rcv_ann_wnd;
	if (pcb->rtime < 0)
		pcb->rtime = 0;
	if (pcb->rttest == 0) {
		pcb->rttest = tcp_ticks;
		pcb->rtseq = pcb->snd_nxt;
	}
	tcp_clear_flags(pcb, TF_ACK_DELAY | TF_ACK_NOW);
	pcb->snd_nxt += length;
	c->queued += length;
	*segment_at(&c->flight, c->flight.count++) = (uint16_t)segment;
}

static void send_segment(struct conn *c, const void *link, struct card_frame *f,
    struct az_pieces bytes, uint32_t segment)
{
	uint32_t length = segment & ~(uint32_t)FLIGHT_PUSHED;
	struct segment *s = (struct segment *)f->bytes;

	write_head(s, link, c->tcp, segment);
	f->length = sizeof(*s);
	card_add(f, bytes.at[0], bytes.length[0]);
	if (bytes.length[1] > 0)
		card_add(f, bytes.at[1], bytes.length[1]);
	if (card_makes_sums()) {
		s->tcp.chksum = segment_sum(
		    &s->ip.src, SUMMED - TCP_HLEN, TCP_HLEN + length, 0);
		card_end(f, offsetof(struct segment, tcp));
	} else {
		s->tcp.chksum = (uint16_t)~sum_of(s, length, f->sum);
		card_end(f, 0);
	}
	depart(c, c->tcp, segment);
}

/* How to send so much at once, in segments of that size; NULL: by lwIP. */
static const void *find_way(
    const struct conn *c, uint32_t most, uint32_t size, uint32_t flying)
{
	const struct tcp_pcb *pcb = c->tcp;

	if (!may_send(c) || (c->queued > 0 && c->flight.count == 0) ||
	    size == 0 || flying + most > LWIP_MIN(pcb->snd_wnd, pcb->cwnd) ||
	    (most + size - 1) / size >
		LWIP_MIN(FLIGHT - c->flight.count, card_room()))
		return NULL;
	return segment_way(ip_2_ip4(&pcb->remote_ip));
}

bool express_send(struct conn *c, struct az_pieces bytes)
{
	const struct tcp_pcb *pcb = c->tcp;
	uint32_t length = az_pieces_length(bytes);
	uint32_t flying = pcb->snd_nxt - pcb->lastack;
	uint32_t most = LWIP_MIN(length, tcp_may_fly(pcb, flying));
	uint32_t size = LWIP_MIN(pcb->mss, pcb->snd_wnd_max / 2);
	const void *link = find_way(c, most, size, flying);
	struct card_frame f;

	if (link == NULL)
		return false;
	c->unsent = length > most;
	*place_of(ports_of(pcb)) = c;
	for (; most > 0 && card_begin(&f); most -= length) {
		length = LWIP_MIN(most, size);
		send_segment(c, link, &f, az_pieces_cut(bytes, length),
		    length == most ? length | FLIGHT_PUSHED : length);
		bytes = az_pieces_skip(bytes, length);
	}
	return true;
}

/* --- To lwIP --------------------------------------------------------------- */

/* lwIP has as its own what it was given last. */
static struct tcp_seg **move_to_unacked(
    struct tcp_pcb *pcb, struct tcp_seg **end)
{
	*end = pcb->unsent;
	pcb->unsent = NULL;
	return &(*end)->next;
}

void express_land(struct tcp_pcb *pcb)
{
	struct conn *c = pcb->callback_arg;
	struct tcp_seg **end = &pcb->unacked;
	struct flight flight;

	if (c == NULL || c->flight.count == 0)
		return;
	flight = c->flight;
	c->flight.count = 0;
	c->queued = 0;
	for (uint32_t n = 0; n < flight.count; n++) {
		uint32_t length = length_at(&flight, n), before = c->queued;
		struct az_pieces bytes =
		    az_socket_bytes(&c->client->stack, c->number, before);

		if (!tcp_give(c, az_pieces_cut(bytes, length),
			(*segment_at(&flight, n) & FLIGHT_PUSHED) == 0) ||
		    c->queued != before + length) {
			pcb->snd_nxt = pcb->lastack + before;
			pcb->rtime = before > 0 ? pcb->rtime : -1;
			c->unsent = true;
			return;
		}
		end = move_to_unacked(pcb, end);
	}
}

void express_tick(void)
{
	for (struct tcp_pcb *p = tcp_active_pcbs; p != NULL; p = p->next)
		if (p->rtime + 1 >= p->rto)
			express_land(p);
}
