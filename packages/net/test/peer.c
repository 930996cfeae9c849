/* peer: peer.h. */
#include "peer.h"

#include "conn.h"
#include "legacy.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define main net_main
#include "../main.c"
#undef main

enum {
	SOCKETS = 4,
	RECEIVE = 1024,
	SEND = 16384,
	HEAD = 14 + 20, /* of a frame, before TCP's */
	OPTION_TYPE = 14 + 20 + 8 + 240 + 2,
};

static struct kept *off;
struct peer peer;

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)(at[1] << 16) |
	       (uint32_t)(at[2] << 8) | at[3];
}

static void put32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

void peer_ask(void)
{
	static const uint8_t f[] = { 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 2, 2, 0, 0, 0,
		0, 0, 0, 10, 0, 2, 15 };

	world_receive(f, sizeof(f));
}

void world_on_sent(const uint8_t *f, uint32_t length)
{
	static const uint8_t arp[] = { 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8,
		6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 2, 10, 0, 2, 2, 2, 0,
		0, 0, 0, 15, 10, 0, 2, 15 };

	if (f[12] == 8 && f[13] == 6 && f[21] == 1 && f[41] == 2)
		world_receive(arp, sizeof(arp));
	if (f[12] == 8 && f[13] == 6 && f[21] == 2 && peer.tireless > 0) {
		peer.tireless--;
		peer_ask();
	}
	peer.pongs +=
	    (f[12] == 8 && f[23] == 1) ||
	    (f[12] == 0x86 && f[20] == 58 && f[54] == 135 && f[77] == 2);
	if (f[12] != 8 || f[13] != 0)
		return;
	if (f[23] == 17 && length > OPTION_TYPE && f[37] == 67)
		peer.asked = f[OPTION_TYPE];
	if (f[23] != 6 || peer.sent_count == PEER_SENT_MAX)
		return;
	peer.sent[peer.sent_count++] = (struct peer_segment){
		.port = (uint16_t)(f[HEAD + 2] << 8 | f[HEAD + 3]),
		.flags = f[HEAD + 13],
		.number = get32(f + HEAD + 4),
		.ack = get32(f + HEAD + 8),
	};
}

/* --- A life ----------------------------------------------------------------- */

struct az_socket_layout life_layout(void)
{
	return az_socket_layout(SOCKETS, RECEIVE, SEND);
}

static void share_sockets(void)
{
	*(struct az_socket_head *)(void *)az_window_sockets =
	    (struct az_socket_head){
		    .version = AZ_SOCKET_VERSION,
		    .size = life_layout().size,
		    .sockets = SOCKETS,
		    .arrivals = LIFE_ARRIVALS,
		    .receive = RECEIVE,
		    .send = SEND,
		    .listener_count = 1,
		    .listeners = { { AZ_PROTOCOL_TCP, LIFE_PORT, 0 } },
	    };
}

uint32_t life_turn(bool interrupted)
{
	return turn(netif_default, interrupted);
}

void life_pass(uint64_t ms)
{
	for (uint64_t end = world.ms + ms; world.ms < end; world.ms++)
		(void)life_turn(true);
}

void life_begin(const char *network)
{
	static struct netif netif __attribute__((section("net_data")));
	static struct config config __attribute__((section("net_data")));
	static char text[32];
	char *argv[] = { "", text };

	strcpy(text, network);
	peer.sent_count = peer.asked = peer.pongs = 0;
	assert_true(config_parse(&config, 2, argv));
	lwip_init();
	legacy_init();
	card_init(&netif, &config);
	ghost_init();
	conn_init();
}

void life_start(const char *network)
{
	life_begin(network);
	(void)life_turn(true);
}

void life_begin_again(const char *network)
{
	static struct legacy left;
	uint64_t ms = world.ms;

	left = *legacy();
	world_restore(off);
	*legacy() = left;
	world.ms = ms;
	life_begin(network);
}

void life_restart(const char *network)
{
	life_begin_again(network);
	(void)life_turn(true);
}

int life_set_up(void **state)
{
	(void)state;
	if (off == NULL) {
		share_sockets();
		off = world_keep();
	}
	world_restore(off);
	world.ms = 1000;
	peer.window = 4096;
	return 0;
}

/* --- A peer ----------------------------------------------------------------- */

void peer_put(uint16_t port, uint8_t flags, uint32_t number, uint32_t ack)
{
	uint8_t f[] = { 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0,
		40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15,
		(uint8_t)(port >> 8), (uint8_t)port, 0, LIFE_PORT, 0, 0, 0, 0,
		0, 0, 0, 0, 0x50, flags, (uint8_t)(peer.window >> 8),
		(uint8_t)peer.window, 0, 0, 0, 0 };

	put32(f + HEAD + 4, number);
	put32(f + HEAD + 8, ack);
	wire_fix(f, sizeof(f), WIRE_SUMS);
	world_receive(f, sizeof(f));
}

void peer_say(uint16_t port, uint8_t flags, uint32_t number, uint32_t ack)
{
	peer_put(port, flags, number, ack);
	(void)life_turn(true);
}

uint32_t peer_count(uint16_t port, uint8_t flags)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < peer.sent_count; i++)
		count +=
		    peer.sent[i].port == port && peer.sent[i].flags == flags;
	return count;
}

uint32_t peer_open(uint16_t port)
{
	uint32_t ack;

	peer_say(port, SYN, 100, 0);
	life_pass(2);
	assert_true(peer.sent_count > 0);
	assert_int_equal(peer.sent[peer.sent_count - 1].flags, SYN | ACK);
	assert_int_equal(peer.sent[peer.sent_count - 1].port, port);
	ack = peer.sent[peer.sent_count - 1].number + 1;
	peer_say(port, ACK, 101, ack);
	return ack;
}
