/* card: card.h, over azoth_nic.h. */
#include "card.h"

#include "azoth_nic.h"
#include "config.h"
#include "express.h"
#include "legacy.h"
#include "nic.client.h"
#include "segment.h"
#include "tcp.h"
#include "timers.h"
#include "windows.h"

#include <hooks.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <stdio.h>
#include <string.h>

enum {
	BUFFERS = (WINDOW_DMA - AZ_NIC_LISTS - CARD_LEGACY) / AZ_NIC_BUFFER,
	FILLS = 192, /* lent to receive into, at most */
	HELD_MAX = BUFFERS / 2,
	HELD_MANY = BUFFERS / 8, /* from here on each is asked for */
	SHORTEST = 42, /* with ARP inside, whose length lwIP does not check */
	CUT = 8, /* bytes that lwIP may read behind a neighbour's cut message */
	ROUNDS = 8, /* of exchanges; then clients and timers have their turn */
	RETRY_MS = 2, /* a driver that is being started again */
};

_Static_assert(CARD_FRAME == AZ_NIC_BUFFER - AZ_NIC_HEADROOM, "a buffer");

enum lent { MINE, TO_SEND, TO_FILL, HELD };

struct buffer {
	struct pbuf_custom pbuf;   /* while HELD */
	struct az_nic_frame frame; /* while TO_SEND */
	uint8_t lent;              /* enum lent */
};

static struct {
	struct netif *netif;
	const struct config *config;
	bool up;    /* open has succeeded since the driver's last death */
	bool again; /* there may be more to exchange */
	uint32_t features, send_max, fill_max;
	uint32_t sending, filling; /* lent */
	uint32_t free_count, queued;
	uint16_t free[BUFFERS];
	struct az_nic_frame queue[BUFFERS]; /* to send */
	struct buffer buffers[BUFFERS];
} card;

static struct az_nic *nic(void)
{
	return (struct az_nic *)AZ_WINDOW_AT(dma);
}

/* Where a frame lies: a place that the compiler knows nothing of, so those of
 * its fields are displacements of the accesses (platform.c). */
static uint8_t *frame_at(uint32_t at)
{
	uint8_t *bytes = AZ_WINDOW_AT(dma) + at;

	__asm__("" : "+r"(bytes));
	return bytes;
}

static uint32_t buffer_at(uint32_t number)
{
	return AZ_NIC_LISTS + number * AZ_NIC_BUFFER;
}

/* The buffer that holds [at, at + length); BUFFERS when none does. */
static uint32_t buffer_of(uint32_t at, uint32_t length)
{
	uint32_t number = (at - AZ_NIC_LISTS) / AZ_NIC_BUFFER;
	uint32_t inside = (at - AZ_NIC_LISTS) % AZ_NIC_BUFFER;

	if (at < AZ_NIC_LISTS || number >= BUFFERS ||
	    length > AZ_NIC_BUFFER - inside)
		return BUFFERS;
	return number;
}

static void give_back(uint32_t number)
{
	card.buffers[number].lent = MINE;
	card.free[card.free_count++] = (uint16_t)number;
}

static uint32_t count_held(void)
{
	return BUFFERS - card.free_count - card.filling - card.sending -
	       card.queued;
}

uint32_t card_spare(void)
{
	uint32_t held = count_held();

	return held < HELD_MAX ? HELD_MAX - held : 0;
}

/* The driver has died, or started: nothing is lent any more, and what may not
 * have been sent is to be sent again. */
static void take_all_back(void)
{
	card.up = false;
	card.sending = card.filling = card.queued = 0;
	for (uint32_t i = 0; i < BUFFERS; i++) {
		struct buffer *b = &card.buffers[i];

		if (b->lent == TO_FILL)
			give_back(i);
		else if (b->lent == TO_SEND)
			card.queue[card.queued++] = b->frame;
	}
}

/* lwIP is done with a received frame. */
static void release(struct pbuf *p)
{
	struct buffer *b = (struct buffer *)p;

	give_back((uint32_t)(b - card.buffers));
}

bool card_makes_sums(void)
{
	return (card.features & AZ_NIC_SUMS_SENT) != 0;
}

/* Make the sum of TCP in a frame, of which `first` bytes were not added; gives
 * card_end's start. Datagrams may be in fragments: their sum is lwIP's. */
static uint32_t put_sum(const struct card_frame *f, uint32_t first)
{
	uint32_t addresses;
	uint32_t start = segment_find(f->bytes, f->length, &addresses);
	uint32_t end = card_makes_sums() ? start : first;
	uint16_t sum;

	if (start == 0 || start > first)
		return 0;
	sum = segment_sum(f->bytes + start - addresses, end + addresses - start,
	    f->length - start, f->sum);
	if (!card_makes_sums())
		sum = (uint16_t)~sum;
	memcpy(f->bytes + start + SEGMENT_SUM_AT, &sum, sizeof(sum));
	return card_makes_sums() ? start : 0;
}

/* Which sums lwIP checks for the next frames; those of TCP put_sum makes. */
static void set_sums(bool good)
{
	uint16_t flags =
	    NETIF_CHECKSUM_ENABLE_ALL & (uint16_t)~NETIF_CHECKSUM_GEN_TCP;

	if (good)
		flags &= (uint16_t) ~(
		    NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
	NETIF_SET_CHECKSUM_CTRL(card.netif, flags);
}

uint32_t card_room(void)
{
	return card.free_count;
}

bool card_begin(struct card_frame *f)
{
	if (card.free_count == 0)
		return false;
	*f = (struct card_frame){
		.bytes = frame_at(buffer_at(card.free[card.free_count - 1]) +
				  AZ_NIC_HEADROOM),
	};
	return true;
}

void card_add(struct card_frame *f, const void *bytes, uint32_t length)
{
	uint8_t *to = f->bytes + f->length;

	if (card_makes_sums()) {
		memcpy(to, bytes, length);
	} else {
		uint16_t part = net_copy_checksum(to, bytes, length);

		f->sum += f->length % 2 == 0 ? part : lwip_htons(part);
	}
	f->length += length;
}

void card_end(const struct card_frame *f, uint32_t start)
{
	struct az_nic_frame *frame = &card.queue[card.queued++];
	uint32_t number = card.free[--card.free_count];

	*frame = (struct az_nic_frame){
		.at = buffer_at(number) + AZ_NIC_HEADROOM,
		.length = (uint16_t)f->length,
		.sum_start = (uint16_t)start,
		.sum_at = (uint16_t)(start != 0 ? start + SEGMENT_SUM_AT : 0),
	};
	card.buffers[number].lent = TO_SEND;
	card.buffers[number].frame = *frame;
}

/* Send p behind a header of Ethernet, which it has itself where that is NULL. */
static err_t send_behind(const void *link, const struct pbuf *p)
{
	uint32_t at = link != NULL ? SEGMENT_LINK : 0;
	struct card_frame f;

	if (p->tot_len + at > CARD_FRAME || !card_begin(&f))
		return ERR_MEM;
	if (link != NULL)
		memcpy(f.bytes, link, SEGMENT_LINK);
	memcpy(f.bytes + at, p->payload, p->len);
	f.length = at + p->len;
	for (const struct pbuf *q = p->next; q != NULL; q = q->next)
		card_add(&f, q->payload, q->len);
	card_end(&f, put_sum(&f, p->len + at));
	return ERR_OK;
}

static err_t send_frame(struct netif *netif, struct pbuf *p)
{
	(void)netif;
	return send_behind(NULL, p);
}

static err_t send_ip4(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	const void *link = segment_way(to);
	err_t err;

	if (link != NULL)
		return send_behind(link, p);
	err = etharp_output(netif, p, to);
	segment_learn(netif, to);
	return err;
}

static uint32_t list_send(void)
{
	uint32_t count = card.send_max - card.sending;

	if (count > card.queued)
		count = card.queued;
	if (count > AZ_NIC_BATCH)
		count = AZ_NIC_BATCH;
	memcpy(nic()->send, card.queue, count * sizeof(card.queue[0]));
	return count;
}

static uint32_t list_fill(void)
{
	uint32_t most = card.fill_max < FILLS ? card.fill_max : FILLS;
	uint32_t count = 0;

	while (count < AZ_NIC_BATCH && card.filling < most &&
	       card.free_count > BUFFERS / 8) {
		uint32_t number = card.free[--card.free_count];

		card.buffers[number].lent = TO_FILL;
		card.filling++;
		nic()->fill[count++] = buffer_at(number);
	}
	return count;
}

static void take_sent(void)
{
	uint32_t count = nic()->sent_count;

	for (uint32_t i = 0; i < count && i < AZ_NIC_BATCH; i++) {
		uint32_t number = buffer_of(nic()->sent[i], 0);

		if (number < BUFFERS && card.buffers[number].lent == TO_SEND) {
			card.sending--;
			give_back(number);
		}
	}
}

/* b holds a frame that is lwIP's. */
static void give_frame(
    struct buffer *b, uint8_t *bytes, uint32_t length, bool good)
{
	struct pbuf *p;

	b->lent = HELD;
	b->pbuf.custom_free_function = release;
	memset(bytes + length, 0, CUT);
	p = pbuf_alloced_custom(PBUF_RAW, (uint16_t)length, PBUF_REF, &b->pbuf,
	    bytes, (uint16_t)(length + CUT));
	if (segment_take(p, card.netif, good))
		return;
	set_sums(good);
	if (card.netif->input(p, card.netif) != ERR_OK)
		pbuf_free(p);
}

static void take_frame(const struct az_nic_frame *frame)
{
	uint32_t number = buffer_of(frame->at, frame->length + CUT);
	bool good = (frame->flags & AZ_NIC_SUM_GOOD) != 0;
	struct buffer *b = &card.buffers[number];
	uint8_t *bytes;

	if (number == BUFFERS || b->lent != TO_FILL)
		return;
	card.filling--;
	if (frame->length < SHORTEST) {
		give_back(number);
		return;
	}
	bytes = frame_at(frame->at);
	if (express_take(bytes, frame->length, good)) {
		give_back(number);
		return;
	}
	give_frame(b, bytes, frame->length, good);
	tcp_look_again();
}

static bool take_received(void)
{
	struct az_nic_frame frames[AZ_NIC_BATCH];
	uint32_t count = nic()->received_count;

	if (count > AZ_NIC_BATCH)
		count = AZ_NIC_BATCH;
	memcpy(frames, nic()->received, count * sizeof(frames[0]));
	for (uint32_t i = 0; i < count; i++)
		take_frame(&frames[i]);
	net_crowded = count_held() > HELD_MANY;
	return count > 0 || nic()->more != 0;
}

static void see_link(void)
{
	bool up = nic()->link != 0;

	if (up == (netif_is_link_up(card.netif) != 0))
		return;
	if (up)
		netif_set_link_up(card.netif);
	else
		netif_set_link_down(card.netif);
}

/* False: the driver has died. */
static bool exchange(void)
{
	uint32_t send = list_send(), fill = list_fill();

	if (nic_exchange(send, fill) != 0)
		return false;
	card.sending += send;
	card.queued -= send;
	memmove(
	    card.queue, card.queue + send, card.queued * sizeof(card.queue[0]));
	take_sent();
	see_link(); /* what comes may have to be answered */
	card.again = take_received();
	return true;
}

/* Waits for a driver that is being started; false: none will come soon. */
static bool open_card(void)
{
	take_all_back();
	if (nic_open() != 0)
		return false;
	card.up = card.again = true;
	card.features = nic()->features;
	card.send_max = nic()->send_max;
	card.fill_max = nic()->fill_max;
	set_sums(false);
	if (!card.config->has_mac)
		memcpy(card.netif->hwaddr, nic()->mac, 6);
	tcp_ask_again();
	return true;
}

uint32_t card_poll(bool interrupted)
{
	card.again |= interrupted;
	if (!card.up && !open_card())
		return RETRY_MS;
	for (int i = 0; card.again || card.queued > 0; i++) {
		bool sent = card.queued > 0;

		if (i == ROUNDS)
			return 0;
		if (!exchange())
			return open_card() ? 0 : RETRY_MS;
		if (card.again || sent)
			timers_stir();
		if (!card.again && sent && card.sending == card.send_max)
			break;
	}
	return UINT32_MAX;
}

static err_t start_netif(struct netif *n)
{
	n->name[0] = 'e';
	n->name[1] = 'n';
	n->hostname = "azoth";
	n->hwaddr_len = 6;
	n->mtu = 1500;
	n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP |
		   NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
	n->output = send_ip4;
	n->output_ip6 = ethip6_output;
	n->linkoutput = send_frame;
	return ERR_OK;
}

/* lwIP tells of each change of any address. */
static void say_address(struct netif *n)
{
	static ip4_addr_t said;

	legacy_write(n);
	if (ip4_addr_cmp(&said, netif_ip4_addr(n)))
		return;
	said = *netif_ip4_addr(n);
	if (!ip4_addr_isany(&said))
		(void)printf(
		    "%s: %s\n", card.config->name, ip4addr_ntoa(&said));
}

uint8_t *card_legacy(void)
{
	return AZ_WINDOW_AT(dma) + WINDOW_DMA - CARD_LEGACY;
}

bool card_has_address(void)
{
	return !ip4_addr_isany(netif_ip4_addr(card.netif));
}

void card_init(struct netif *netif, const struct config *c)
{
	card.netif = netif;
	card.config = c;
	for (uint32_t i = BUFFERS; i-- > 0;)
		give_back(i);
	(void)netif_add(netif, &c->address, &c->mask, &c->gateway, NULL,
	    start_netif, netif_input);
	if (c->has_mac)
		memcpy(netif->hwaddr, c->mac, 6);
	(void)open_card();
	netif_set_default(netif);
	netif_set_status_callback(netif, say_address);
	netif_set_up(netif);
	netif_create_ip6_linklocal_address(netif, 1);
	netif_set_ip6_autoconfig_enabled(netif, 1);
	if (c->has_dns)
		dns_setserver(0, &c->dns);
	if (!c->dhcp)
		return;
	(void)dhcp_start(netif);
	legacy_restore(netif);
}
