/* segment: segments of TCP over IPv4, as nearly all frames are, read and
 * written in one go where lwIP has a layer for each header; and the sums of
 * TCP in all frames that are sent. What is not quite so is left to lwIP. */
#ifndef NET_SEGMENT_H
#define NET_SEGMENT_H

#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct netif;
struct pbuf;

enum {
	SEGMENT_LINK = 14,
	SEGMENT_SUM_AT = 16,  /* in a header of TCP */
	SEGMENT_PLAIN = 0x45, /* IPv4's first byte where no options follow */
	SEGMENT_GOOD =
	    0xffff, /* the sum of bytes with a right one among them */
};

/* How the frame of one begins. */
struct segment {
	struct eth_hdr link;
	struct ip_hdr ip;
	struct tcp_hdr tcp;
} __attribute__((packed));

/* Bytes of its packet, from IP's header on, when a frame of length bytes, at
 * least a struct segment, begins so and has all of it; else 0. Sums and
 * addresses were not looked at. */
uint32_t segment_size(const struct segment *s, uint32_t length);

/* Give a frame in one piece to lwIP's TCP, which takes it; false: it is none
 * for it, or something is wrong with it. good: its sum of TCP is right. */
bool segment_take(struct pbuf *p, struct netif *netif, bool good);

/* The header of Ethernet for what goes to an address, so long as lwIP has said
 * lately where that is; else NULL. */
const void *segment_way(const ip4_addr_t *to);
/* lwIP has sent to that address by itself: it may say where it is. */
void segment_learn(struct netif *netif, const ip4_addr_t *to);

/* The sum of so many 32-bit words, not inverted, and of more. */
static inline uint16_t segment_sum_words(
    const void *from, uint32_t count, uint64_t more)
{
	const uint8_t *at = from;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t word;

		memcpy(&word, at + 4 * i, sizeof(word));
		more += word;
	}
	more = (more >> 32) + (uint32_t)more;
	more = (more >> 16) + (more & SEGMENT_GOOD);
	more = (more >> 16) + (more & SEGMENT_GOOD);
	return (uint16_t)((more >> 16) + more);
}

/* Where the header of TCP begins in a frame of length bytes, the addresses
 * right before it: *addresses bytes; 0: it is no TCP, or in fragments. */
uint32_t segment_find(
    const uint8_t *frame, uint32_t length, uint32_t *addresses);
/* TCP's sum, not inverted, of length bytes at `from`, where its addresses
 * begin, with so many bytes of header and what it carries, and of more. */
uint16_t segment_sum(
    const void *from, uint32_t length, uint32_t bytes, uint32_t more);

#endif
