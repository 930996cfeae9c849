/* legacy: legacy.h. */
#include "legacy.h"

#include "card.h"
#include "conn.h"
#include "timers.h"

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/prot/dhcp.h>
#include <string.h>

enum { VERSION = 1, KEEP_MS = 10000, TICK_MS = DHCP_COARSE_TIMER_MSECS };
_Static_assert(sizeof(struct legacy) <= CARD_LEGACY, "it has its place");

struct legacy *legacy(void)
{
	return (struct legacy *)card_legacy();
}

void legacy_init(void)
{
	if (legacy()->version != VERSION)
		memset(legacy(), 0, sizeof(struct legacy));
	legacy()->version = VERSION;
}

void legacy_write(const struct netif *netif)
{
	const struct dhcp *dhcp = netif_dhcp_data(netif);
	struct legacy_lease *lease = &legacy()->lease;

	if (dhcp == NULL)
		return;
	legacy()->noted = timers_now();
	lease->address = ip4_addr_get_u32(netif_ip4_addr(netif));
	lease->mask = ip4_addr_get_u32(netif_ip4_netmask(netif));
	lease->gateway = ip4_addr_get_u32(netif_ip4_gw(netif));
	lease->used = dhcp->lease_used;
	lease->limit = dhcp->t0_timeout;
	conn_fill_address(&lease->dns, dns_getserver(0), 0);
}

void legacy_keep(const struct netif *netif)
{
	if (timers_now() - legacy()->noted >= KEEP_MS)
		legacy_write(netif);
}

/* As if the card's cable had been out: lwIP uses the address, and asks whether
 * it may as soon as the link is there. */
void legacy_restore(struct netif *netif)
{
	struct legacy_lease lease = legacy()->lease;
	uint32_t used = lease.used + (timers_now() - legacy()->noted) / TICK_MS;
	struct dhcp *dhcp = netif_dhcp_data(netif);
	ip_addr_t dns;

	if (dhcp == NULL || lease.address == 0 ||
	    (lease.limit != 0 && used >= lease.limit))
		return;
	ip4_addr_set_u32(&dhcp->offered_ip_addr, lease.address);
	ip4_addr_set_u32(&dhcp->offered_sn_mask, lease.mask);
	ip4_addr_set_u32(&dhcp->offered_gw_addr, lease.gateway);
	dhcp->subnet_mask_given = 1;
	dhcp->lease_used = (uint16_t)used;
	dhcp->t0_timeout = lease.limit;
	dhcp->state = DHCP_STATE_BOUND;
	conn_read_address(&dns, &lease.dns);
	dns_setserver(0, &dns);
	netif_set_addr(netif, &dhcp->offered_ip_addr, &dhcp->offered_sn_mask,
	    &dhcp->offered_gw_addr);
}
