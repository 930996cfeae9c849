/* ghost: ghost.h. */
#include "ghost.h"

#include "conn.h"

#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <string.h>

enum { GHOSTS_MAX = 256 };

static struct ghost {
	struct az_socket_address peer, local;
} ghosts[GHOSTS_MAX];
static uint32_t count;

void ghost_note(
    const struct az_socket_address *peer, const struct az_socket_address *local)
{
	if (peer->family != 0 && count < GHOSTS_MAX)
		ghosts[count++] = (struct ghost){ *peer, *local };
}

static bool is_here(const struct netif *netif, const ip_addr_t *ip)
{
	int8_t i;

	if (!IP_IS_V6(ip))
		return ip4_addr_cmp(ip_2_ip4(ip), netif_ip4_addr(netif));
	i = netif_get_ip6_addr_match(
	    (struct netif *)(uintptr_t)netif, ip_2_ip6(ip));
	return i >= 0 && ip6_addr_isvalid(netif_ip6_addr_state(netif, i));
}

void ghost_tell(const struct netif *netif)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct ghost *g = &ghosts[i];
		struct tcp_pcb pcb = {
			.state = ESTABLISHED,
			.ttl = TCP_TTL,
			.remote_port = g->peer.port,
			.local_port = g->local.port,
		};

		conn_read_address(&pcb.remote_ip, &g->peer);
		conn_read_address(&pcb.local_ip, &g->local);
		if (is_here(netif, &pcb.local_ip))
			(void)tcp_keepalive(&pcb);
		else
			ghosts[kept++] = *g;
	}
	count = kept;
}
