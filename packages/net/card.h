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

enum { CARD_LEGACY = 65536, CARD_FRAME = 2016 };

/* Make netif the card's, with the addresses of c; the driver may be down. */
void card_init(struct netif *netif, const struct config *c);

/* Give the driver what is to be sent and take what was received, until there
 * is nothing more or much was. Gives ms after which to call it though nothing
 * happens: there is more, or the driver is down; UINT32_MAX: none. */
uint32_t card_poll(bool interrupted);

/* A frame that is to be sent, while it is written. */
struct card_frame {
	uint8_t *bytes;
	uint32_t length; /* so far */
	uint32_t sum;    /* of what was added, unless the card makes sums */
};

/* Begin one, of at most CARD_FRAME bytes; false: no buffer is free. Then its
 * first bytes are written, at `bytes`, and counted in `length`: an even number
 * with all headers among them; others are added behind. */
bool card_begin(struct card_frame *f);
/* How many more may be begun. */
uint32_t card_room(void);
void card_add(struct card_frame *f, const void *bytes, uint32_t length);
/* Send it. start: where the header of TCP begins, if the card is to make its
 * sum; that of the addresses, with length and protocol, is in its place. */
void card_end(const struct card_frame *f, uint32_t start);
bool card_makes_sums(void);

/* How many more received frames may be held. */
uint32_t card_spare(void);

/* CARD_LEGACY bytes of its memory that are no buffers: legacy.h. */
uint8_t *card_legacy(void);

/* Whether it has an address that was given, not only one of its own making. */
bool card_has_address(void);

#endif
