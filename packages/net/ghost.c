/* ghost: ghost.h. */
#include "ghost.h"

#include "conn.h"
#include "legacy.h"
#include "timers.h"

#include <hooks.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <string.h>

enum {
	TRIES = 5,      /* then its peer is gone, or has forgotten it */
	AGAIN_MS = 250, /* until the second; then twice as long each time */
	BATCH = 32,     /* of them in a ms, for the card's sake */
	TWICE = 2,      /* a peer that was told is asked whether it knows */
};

enum state { FREE, OURS, GHOST };

/* Of each flow: what legacy has is another life's word, and read once. */
static uint8_t states[LEGACY_FLOWS]; /* enum state */
static uint32_t rotor;               /* find_free looks from here on */
static uint32_t ghosts, round, cursor, due;
static uint8_t argument; /* of lwIP's control blocks: the flow */

static void forget(uint32_t slot)
{
	ghosts -= states[slot] == GHOST;
	states[slot] = FREE;
	legacy()->flows[slot].used = false;
}

static void on_destroyed(u8_t id, void *data)
{
	(void)id;
	if (data != NULL)
		forget(
		    (uint32_t)((struct legacy_flow *)data - legacy()->flows));
}

static struct legacy_flow *note(struct tcp_pcb *pcb);

static err_t on_begun(
    u8_t id, struct tcp_pcb_listen *listener, struct tcp_pcb *pcb)
{
	struct legacy_flow *f = note(pcb);

	(void)id;
	(void)listener;
	if (f != NULL) {
		f->ack = pcb->rcv_nxt;
		f->half = true;
	}
	return ERR_OK;
}

static const struct tcp_ext_arg_callbacks callbacks = {
	.destroy = on_destroyed,
	.passive_open = on_begun,
};

/* LEGACY_FLOWS: there is none. */
static uint32_t find_free(void)
{
	for (uint32_t i = 0; i < LEGACY_FLOWS; i++) {
		rotor = rotor + 1 < LEGACY_FLOWS ? rotor + 1 : 0;
		if (states[rotor] == FREE)
			return rotor;
	}
	return LEGACY_FLOWS;
}

/* NULL: there are too many, and its peer finds out by itself. */
static struct legacy_flow *note(struct tcp_pcb *pcb)
{
	uint32_t slot = find_free();
	struct legacy_flow *f;

	if (slot == LEGACY_FLOWS)
		return NULL;
	states[slot] = OURS;
	f = &legacy()->flows[slot];
	*f = (struct legacy_flow){ .used = true };
	conn_fill_address(&f->peer, &pcb->remote_ip, pcb->remote_port);
	conn_fill_address(&f->local, &pcb->local_ip, pcb->local_port);
	tcp_ext_arg_set_callbacks(pcb, argument, &callbacks);
	tcp_ext_arg_set(pcb, argument, f);
	return f;
}

void ghost_init(void)
{
	argument = tcp_ext_arg_alloc_id();
	for (uint32_t i = 0; i < LEGACY_FLOWS; i++)
		if (legacy()->flows[i].used) {
			states[i] = GHOST;
			ghosts++;
		}
	due = timers_now();
}

void ghost_watch(struct tcp_pcb *pcb)
{
	tcp_ext_arg_set_callbacks(pcb, argument, &callbacks);
}

void ghost_note(struct tcp_pcb *pcb)
{
	(void)note(pcb);
}

void ghost_meet(const struct tcp_pcb *pcb)
{
	struct legacy_flow *f = tcp_ext_arg_get(pcb, argument);

	if (f != NULL)
		f->half = false;
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

/* A peer that waits for the answer to its beginning takes a reset that
 * acknowledges that; any other ignores it. */
static void tell(const struct netif *netif, const struct legacy_flow *f)
{
	struct tcp_pcb pcb = {
		.state = ESTABLISHED,
		.ttl = TCP_TTL,
		.remote_port = f->peer.port,
		.local_port = f->local.port,
		.snd_nxt = LWIP_RAND(),
		.rcv_nxt = LWIP_RAND(),
	};

	conn_read_address(&pcb.remote_ip, &f->peer);
	conn_read_address(&pcb.local_ip, &f->local);
	if (!is_here(netif, &pcb.local_ip))
		return;
	if (f->half)
		tcp_rst(NULL, 0, f->ack, &pcb.local_ip, &pcb.remote_ip,
		    pcb.local_port, pcb.remote_port);
	(void)tcp_keepalive(&pcb);
}

/* The next few of this round. */
static void tell_some(const struct netif *netif)
{
	for (uint32_t n = 0; n < BATCH && cursor < LEGACY_FLOWS; cursor++) {
		struct legacy_flow *f = &legacy()->flows[cursor];

		if (states[cursor] != GHOST)
			continue;
		if (f->tries++ < TRIES)
			tell(netif, f);
		else
			forget(cursor);
		n++;
	}
	due = timers_now() + 1;
	if (cursor < LEGACY_FLOWS)
		return;
	cursor = 0;
	due = timers_now() + (AGAIN_MS << round);
	if (round < TRIES) /* the card's memory may say that none was made */
		round++;
}

uint32_t ghost_run(const struct netif *netif)
{
	uint32_t now = timers_now();

	if (ghosts == 0)
		return UINT32_MAX;
	if ((int32_t)(now - due) >= 0)
		tell_some(netif);
	return due - now;
}

void net_rst(const struct tcp_pcb *pcb, u32_t number, u32_t ack,
    const ip_addr_t *local, const ip_addr_t *remote, u16_t port,
    u16_t remote_port)
{
	struct az_socket_address to, from;

	tcp_rst(pcb, number, ack, local, remote, port, remote_port);
	if (ghosts == 0)
		return;
	conn_fill_address(&to, remote, remote_port);
	conn_fill_address(&from, local, port);
	for (uint32_t i = 0; i < LEGACY_FLOWS; i++) {
		struct legacy_flow *f = &legacy()->flows[i];

		if (states[i] == GHOST && f->tries < TRIES - TWICE &&
		    memcmp(&f->peer, &to, sizeof(to)) == 0 &&
		    memcmp(&f->local, &from, sizeof(from)) == 0)
			f->tries = TRIES - TWICE;
	}
}
