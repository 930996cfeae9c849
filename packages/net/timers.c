/* timers: timers.h. */
#include "timers.h"

#include "conn.h"
#include "express.h"

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>
#include <stdbool.h>
#include <time.h>

enum {
	AWAKE_MS = 8000, /* longer than a pending entry of any table lives */
	CATCH_UP_MAX = 1024, /* ticks: then all that could be old is */
	TIMERS_MAX = 16,
};

static uint32_t now, awake_until;
static uint32_t due[TIMERS_MAX]; /* of the next tick of each */
static bool quiet[TIMERS_MAX];   /* nothing waited for that tick */

uint32_t timers_now(void)
{
	return now;
}

u32_t sys_now(void)
{
	return now;
}

static void tick(int i)
{
	const struct lwip_cyclic_timer *timer = &lwip_cyclic_timers[i];

	for (int n = 0; (int32_t)(now - due[i]) >= 0; n++) {
		if (n == CATCH_UP_MAX) {
			due[i] = now + timer->interval_ms;
			return;
		}
		due[i] += timer->interval_ms;
		if (timer->handler == tcp_tmr)
			express_tick();
		timer->handler();
	}
}

/* What begins after a quiet time must not seem as old as that. A timer that
 * something waits for may tick after what has come meanwhile, which may be
 * what it waits for. */
void timers_tick(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) == 0)
		now = (uint32_t)(t.tv_sec * 1000 + t.tv_nsec / 1000000);
	for (int i = 0; i < lwip_num_cyclic_timers; i++)
		if (quiet[i])
			tick(i);
}

/* lwIP's own initialization calls it. */
void sys_timeouts_init(void)
{
	timers_tick();
	for (int i = 0; i < lwip_num_cyclic_timers; i++)
		due[i] = now + lwip_cyclic_timers[i].interval_ms;
	timers_stir();
}

void timers_stir(void)
{
	awake_until = now + AWAKE_MS;
}

/* A connection that only waits for its peer needs no clock but that of the
 * far future, and one in TIME_WAIT may be forgotten late. */
static bool tcp_is_busy(const struct tcp_pcb *pcb)
{
	const struct conn *c = pcb->callback_arg;

	return (c != NULL && (c->flight.count > 0 || c->unsent)) ||
	       pcb->unacked != NULL || pcb->unsent != NULL ||
	       pcb->ooseq != NULL || pcb->refused_data != NULL ||
	       (pcb->flags &
		   (TF_ACK_DELAY | TF_ACK_NOW | TF_FIN | TF_CLOSEPEND)) != 0 ||
	       pcb->persist_backoff != 0 ||
	       (pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT);
}

static bool tcp_needed(void)
{
	for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
		if (tcp_is_busy(p))
			return true;
	return false;
}

static bool lease_needed(void)
{
	struct netif *n = netif_default;

	return n != NULL && netif_dhcp_data(n) != NULL &&
	       !dhcp_supplied_address(n);
}

/* A report about a group that is to be sent with a delay. */
static bool report_needed(void)
{
	const struct mld_group *g =
	    netif_default != NULL ? netif_mld6_data(netif_default) : NULL;

	while (g != NULL && g->timer == 0)
		g = g->next;
	return g != NULL;
}

/* Whether a timer has to tick at its time; else it may be late. */
static bool needed(lwip_cyclic_timer_handler handler)
{
	if (handler == tcp_tmr)
		return tcp_needed();
	if (handler == dhcp_fine_tmr)
		return lease_needed();
	if (handler == dhcp_coarse_tmr)
		return netif_default != NULL &&
		       netif_dhcp_data(netif_default) != NULL;
	if (handler == mld6_tmr)
		return report_needed();
	return (int32_t)(awake_until - now) > 0;
}

uint32_t timers_run(void)
{
	uint32_t next = TIMERS_REST_MS;

	for (int i = 0; i < lwip_num_cyclic_timers; i++) {
		tick(i);
		quiet[i] = !needed(lwip_cyclic_timers[i].handler);
		if (!quiet[i] && due[i] - now < next)
			next = due[i] - now;
	}
	return next;
}
