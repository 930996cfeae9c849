/* fragment: pieces of packets, in hooks.h's way.
 *
 * lwIP chains pieces by pointers that it writes into them. Those that wait in
 * the card's memory would be the driver's to write as well: so each is copied,
 * and what was asked of it before is asked again of the copy. */
#include <hooks.h>
#include <lwip/ip.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/pbuf.h>

/* Frees p. NULL: there is no memory. */
static struct pbuf *own(struct pbuf *p)
{
	struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, p);

	pbuf_free(p);
	return copy;
}

struct pbuf *net_reass4(struct pbuf *p)
{
	const struct ip_hdr *header;

	p = own(p);
	if (p == NULL)
		return NULL;
	header = p->payload;
	if (lwip_ntohs(IPH_LEN(header)) == p->tot_len)
		return ip4_reass(p);
	pbuf_free(p);
	return NULL;
}

/* p begins with the fragment's header; IPv6's lies before it. */
struct pbuf *net_reass6(struct pbuf *p)
{
	const uint8_t *start = (const uint8_t *)ip_data.current_ip6_header;
	size_t before = (size_t)((uint8_t *)p->payload - start);

	(void)pbuf_add_header_force(p, before);
	p = own(p);
	if (p == NULL)
		return NULL;
	ip_data.current_ip6_header = p->payload;
	if (IP6H_PLEN(ip_data.current_ip6_header) == p->tot_len - IP6_HLEN) {
		(void)pbuf_remove_header(p, before);
		return ip6_reass(p);
	}
	pbuf_free(p);
	return NULL;
}
