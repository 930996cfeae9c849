/* card: the network card as lwIP's interface.
 *
 * Invariants: each buffer of the card's memory is free, lent to the card, or
 * held by lwIP as a received pbuf; a frame to send is copied into one. When
 * the driver was started again, all that were lent are free. What lwIP holds
 * never is so much that none is left to receive into: hooks.h. */
#ifndef NET_CARD_H
#define NET_CARD_H

#include <stdbool.h>
#include <stdint.h>

struct netif;
struct config;

enum { CARD_LEGACY = 65536 };

/* Make netif the card's, with the addresses of c; the driver may be down. */
void card_init(struct netif *netif, const struct config *c);

/* Give the driver what is to be sent and take what was received, until there
 * is nothing more. Gives ms after which to call it though nothing happens:
 * the driver is down; UINT32_MAX: none. */
uint32_t card_poll(bool interrupted);

/* How many more received frames may be held. */
uint32_t card_spare(void);

/* CARD_LEGACY bytes of its memory that are no buffers: legacy.h. */
uint8_t *card_legacy(void);

/* Whether it has an address that was given, not only one of its own making. */
bool card_has_address(void);

#endif
