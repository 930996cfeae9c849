/* net: TCP/IP for the modules of a system, over one network card.
 *
 * One loop: what the card has received, what time has made due, what clients
 * have asked for, what is to be sent; then sleep until one of them. */
#include "azoth_device.h"
#include "card.h"
#include "config.h"
#include "conn.h"
#include "ghost.h"
#include "legacy.h"
#include "timers.h"

#include <lwip/init.h>
#include <lwip/netif.h>
#include <stdio.h>
#include <unistd.h>

static uint32_t nearer(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Everything that can be done now; gives ms until there is more. */
static uint32_t turn(const struct netif *netif, bool interrupted)
{
	uint32_t card, timers, ghosts;

	timers_tick();
	conn_poll(); /* before a client's bytes are sent that it gave up */
	card = card_poll(interrupted);
	ghosts = ghost_run(netif);
	timers = timers_run();
	conn_poll();
	card = nearer(card, card_poll(false));
	conn_wake();
	legacy_keep(netif);
	return nearer(card, nearer(timers, ghosts));
}

int main(int argc, char **argv)
{
	static struct netif netif;
	struct config config;
	int32_t device = az_device("", 0); /* whose memory we share */

	if (!config_parse(&config, argc, argv))
		return 1;
	lwip_init();
	legacy_init();
	card_init(&netif, &config);
	ghost_init();
	conn_init();
	az_ready();
	for (bool interrupted = true;;) {
		uint32_t ms = turn(&netif, interrupted);

		(void)az_signal_any((int64_t)ms * 1000000);
		interrupted = az_signal_wait(device, 0) > 0;
	}
}
