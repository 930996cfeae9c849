/* segment: segment.h. */
#include "segment.h"

#include "timers.h"

#include <lwip/etharp.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>
#include <string.h>

enum {
	WAYS = 16,
	KNOWN_MS = 1000, /* then lwIP looks whether it is still so */
};

_Static_assert(offsetof(struct segment, ip) == SEGMENT_LINK, "no padding");

static struct way {
	ip4_addr_t to;
	uint32_t since; /* ms */
	bool known;
	struct eth_hdr head;
} ways[WAYS];

static uint16_t fold(uint32_t sum)
{
	sum = (sum & SEGMENT_GOOD) + (sum >> 16);
	return (uint16_t)((sum & SEGMENT_GOOD) + (sum >> 16));
}

uint16_t segment_sum(
    const void *from, uint32_t length, uint32_t bytes, uint32_t more)
{
	return fold((uint32_t)net_checksum(from, (int)length) +
		    lwip_htons((uint16_t)bytes) + PP_HTONS(IP_PROTO_TCP) +
		    more);
}

uint32_t segment_find(
    const uint8_t *frame, uint32_t length, uint32_t *addresses)
{
	const struct segment *h = (const struct segment *)frame;
	const struct ip6_hdr *ip6 = (const void *)&h->ip;
	uint32_t start = SEGMENT_LINK + IP6_HLEN;
	bool found;

	if (h->link.type == PP_HTONS(ETHTYPE_IP)) {
		found = h->ip._v_hl == SEGMENT_PLAIN &&
			h->ip._proto == IP_PROTO_TCP;
		start = SEGMENT_LINK + IP_HLEN;
		*addresses = 2 * sizeof(h->ip.src);
	} else {
		found = h->link.type == PP_HTONS(ETHTYPE_IPV6) &&
			ip6->_nexth == IP6_NEXTH_TCP;
		*addresses = 2 * sizeof(ip6->src);
	}
	return found && start + TCP_HLEN <= length ? start : 0;
}

/* --- In -------------------------------------------------------------------- */

uint32_t segment_size(const struct segment *h, uint32_t whole)
{
	uint32_t length = lwip_ntohs(h->ip._len);

	return h->link.type == PP_HTONS(ETHTYPE_IP) &&
		       (h->link.dest.addr[0] & 1) == 0 &&
		       h->ip._v_hl == SEGMENT_PLAIN &&
		       h->ip._proto == IP_PROTO_TCP &&
		       (h->ip._offset & PP_HTONS(IP_MF | IP_OFFMASK)) == 0 &&
		       length >= IP_HLEN + TCP_HLEN &&
		       length <= whole - SEGMENT_LINK
		   ? length
		   : 0;
}

static bool is_ours(const struct segment *h, const struct netif *netif)
{
	ip4_addr_t from = { h->ip.src.addr };

	return netif_is_up(netif) &&
	       !ip4_addr_isany_val(*netif_ip4_addr(netif)) &&
	       h->ip.dest.addr == netif_ip4_addr(netif)->addr &&
	       !ip4_addr_isbroadcast(&from, netif) &&
	       !ip4_addr_ismulticast(&from);
}

/* bytes: of TCP. */
static bool has_good_sums(const struct segment *h, uint32_t bytes, bool good)
{
	return segment_sum_words(&h->ip, IP_HLEN / 4, 0) == SEGMENT_GOOD &&
	       (good || segment_sum(&h->ip.src, 2 * sizeof(h->ip.src) + bytes,
			    bytes, 0) == SEGMENT_GOOD);
}

/* What lwIP's TCP asks the layer below it. */
static void describe(const struct segment *h, struct netif *netif)
{
	ip_data.current_netif = ip_data.current_input_netif = netif;
	ip_data.current_ip4_header = &h->ip;
	ip_data.current_ip_header_tot_len = IP_HLEN;
	ip_addr_copy_from_ip4(ip_data.current_iphdr_src, h->ip.src);
	ip_addr_copy_from_ip4(ip_data.current_iphdr_dest, h->ip.dest);
	netif->chksum_flags &= (uint16_t)~NETIF_CHECKSUM_CHECK_TCP;
}

bool segment_take(struct pbuf *p, struct netif *netif, bool good)
{
	struct segment *h = p->payload;
	uint32_t size = p->len < sizeof(*h) ? 0 : segment_size(h, p->len);

	if (size == 0 || !is_ours(h, netif) ||
	    !has_good_sums(h, size - IP_HLEN, good))
		return false;
	p->len = p->tot_len = (uint16_t)(size - IP_HLEN);
	p->payload = &h->tcp;
	p->if_idx = netif_get_index(netif);
	describe(h, netif);
	tcp_input(p, netif);
	ip_data.current_netif = ip_data.current_input_netif = NULL;
	ip_data.current_ip4_header = NULL;
	ip_data.current_ip_header_tot_len = 0;
	ip4_addr_set_any(ip4_current_src_addr());
	ip4_addr_set_any(ip4_current_dest_addr());
	return true;
}

/* --- Out ------------------------------------------------------------------- */

static struct way *way_at(const ip4_addr_t *to)
{
	return &ways[ip4_addr4_val(*to) % WAYS];
}

const void *segment_way(const ip4_addr_t *to)
{
	const struct way *w = way_at(to);

	return w->known && w->to.addr == to->addr &&
		       timers_now() - w->since < KNOWN_MS
		   ? &w->head
		   : NULL;
}

void segment_learn(struct netif *netif, const ip4_addr_t *to)
{
	bool near = ip4_addr_netcmp(
			to, netif_ip4_addr(netif), netif_ip4_netmask(netif)) ||
		    ip4_addr_islinklocal(to);
	const ip4_addr_t *next = near ? to : netif_ip4_gw(netif), *found;
	struct way *w = way_at(to);
	struct eth_addr *at;

	w->known = !ip4_addr_isbroadcast(to, netif) &&
		   !ip4_addr_ismulticast(to) &&
		   etharp_find_addr(netif, next, &at, &found) >= 0;
	if (!w->known)
		return;
	w->to = *to;
	w->since = timers_now();
	w->head.dest = *at;
	memcpy(&w->head.src, netif->hwaddr, sizeof(w->head.src));
	w->head.type = PP_HTONS(ETHTYPE_IP);
}
