#include "wire.h"

#include <stdbool.h>
#include <string.h>

enum { ETHERNET = 14, IP6 = 40, TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };
enum { PORT_DNS = 53, PORT_LEASES = 67 };
enum { FLAG_FIN = 1, FLAG_SYN = 2 };

struct wire wire;

/* Where in a frame the parts of its packet lie. */
struct packet {
	uint8_t *ip, *transport;
	uint32_t length; /* from transport to the end */
	bool v6;
	bool part; /* of a datagram: no first fragment */
	uint8_t protocol;
};

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static bool find(struct packet *p, uint8_t *frame, uint32_t length)
{
	uint32_t head = IP6;

	if (length < ETHERNET + 20)
		return false;
	p->ip = frame + ETHERNET;
	p->v6 = get16(frame + 12) == 0x86dd;
	if (p->v6) {
		if (length < ETHERNET + IP6)
			return false;
		p->protocol = p->ip[6];
		p->part = false;
	} else {
		if (get16(frame + 12) != 0x0800)
			return false;
		head = (p->ip[0] & 15) * 4u;
		p->protocol = p->ip[9];
		p->part = (get16(p->ip + 6) & 0x1fff) != 0;
	}
	if (head < 20 || ETHERNET + head > length)
		return false;
	p->transport = p->ip + head;
	p->length = length - ETHERNET - head;
	return true;
}

/* How long a transport's own head is; 0: it is none of these, or cut. */
static uint32_t head_of(const struct packet *p)
{
	uint32_t need = p->protocol == TCP                            ? 20
			: p->protocol == UDP                          ? 8
			: p->protocol == ICMP || p->protocol == ICMP6 ? 4
								      : 0;

	return p->part || p->length < need ? 0 : need;
}

/* --- What was sent ---------------------------------------------------------- */

static struct flow *find_flow(uint16_t stack_port, uint16_t peer_port)
{
	for (int i = 0; i < WIRE_FLOWS; i++)
		if (wire.flows[i].peer_port == peer_port &&
		    (stack_port == 0 || wire.flows[i].stack_port == stack_port))
			return &wire.flows[i];
	return NULL;
}

static void note_tcp(const struct packet *p)
{
	uint16_t from = get16(p->transport), to = get16(p->transport + 2);
	uint32_t head = (p->transport[12] >> 4) * 4u;
	uint8_t flags = p->transport[13];
	struct flow *f = from != 0 ? find_flow(from, to) : NULL;

	if (f == NULL) {
		f = &wire.flows[wire.next_flow++ % WIRE_FLOWS];
		f->stack_port = from;
		f->peer_port = to;
	}
	f->sequence = get32(p->transport + 4) + p->length - head +
		      ((flags & FLAG_FIN) != 0) + ((flags & FLAG_SYN) != 0);
	f->acknowledged = get32(p->transport + 8);
}

static void note_udp(const struct packet *p)
{
	uint16_t to = get16(p->transport + 2);

	if (to == PORT_DNS && p->length >= 10) {
		wire.dns_port = get16(p->transport);
		wire.dns_id = get16(p->transport + 8);
	}
	if (to == PORT_LEASES && p->length >= 16)
		wire.lease_id = get32(p->transport + 12);
}

void wire_note(const uint8_t *frame, uint32_t length)
{
	struct packet p;

	wire.frames++;
	if (!find(&p, (uint8_t *)(uintptr_t)frame, length) || head_of(&p) == 0)
		return;
	if (p.protocol == TCP)
		note_tcp(&p);
	else if (p.protocol == UDP)
		note_udp(&p);
}

/* --- What answers it -------------------------------------------------------- */

static void follow_tcp(uint8_t *tcp)
{
	struct flow *f = find_flow(get16(tcp + 2), get16(tcp));

	if (f == NULL)
		return;
	put16(tcp + 2, f->stack_port);
	put32(tcp + 4, get32(tcp + 4) + f->acknowledged);
	put32(tcp + 8, get32(tcp + 8) + f->sequence);
}

static void follow_udp(uint8_t *udp, uint32_t length)
{
	uint16_t from = get16(udp);

	if (from == PORT_DNS && length >= 10) {
		if (get16(udp + 2) == 0)
			put16(udp + 2, wire.dns_port);
		put16(udp + 8, get16(udp + 8) + (uint32_t)wire.dns_id);
	}
	if (from == PORT_LEASES && length >= 16)
		put32(udp + 12, get32(udp + 12) + wire.lease_id);
}

static uint32_t add(uint32_t sum, const uint8_t *at, uint32_t length)
{
	for (; length >= 2; length -= 2, at += 2)
		sum += get16(at);
	return length > 0 ? sum + (uint32_t)(at[0] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

static void make_sums(struct packet *p, uint32_t length)
{
	static const uint8_t places[] = {
		[ICMP] = 2, [TCP] = 16, [UDP] = 6, [ICMP6] = 2
	};
	uint32_t sum = 0, at;

	if (p->v6) {
		put16(p->ip + 4, p->length);
	} else {
		put16(p->ip + 2, length - ETHERNET);
		put16(p->ip + 10, 0);
		put16(p->ip + 10, fold(add(0, p->ip, (p->ip[0] & 15) * 4u)));
	}
	if (head_of(p) == 0)
		return;
	if (p->protocol == UDP)
		put16(p->transport + 4, p->length);
	if (p->protocol != ICMP)
		sum = p->length + p->protocol +
		      (p->v6 ? add(0, p->ip + 8, 32) : add(0, p->ip + 12, 8));
	at = places[p->protocol];
	put16(p->transport + at, 0);
	put16(p->transport + at, fold(add(sum, p->transport, p->length)));
}

void wire_fix(uint8_t *frame, uint32_t length, uint32_t fixes)
{
	struct packet p;

	if (!find(&p, frame, length))
		return;
	if (fixes & WIRE_FOLLOW && head_of(&p) > 0) {
		if (p.protocol == TCP)
			follow_tcp(p.transport);
		else if (p.protocol == UDP)
			follow_udp(p.transport, p.length);
	}
	if (fixes & WIRE_SUMS)
		make_sums(&p, length);
}
