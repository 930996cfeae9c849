/* test_reborn: what a life of the stack leaves to the next, on the world of
 * world.h: the stack is started anew, again and again, and nothing of it stays
 * but what lies in the card's memory. And what comes after a long sleep, and
 * what a peer or a driver cannot do. */
#include "conn.h"
#include "legacy.h"
#include "wire.h"
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define main net_main
#include "../main.c"
#undef main
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/dhcp.h>

enum {
	SOCKETS = 4,
	ARRIVALS = 3,
	RECEIVE = 1024,
	SEND = 1024,
	PORT = 80,
	HEAD = 14 + 20, /* of a frame, before TCP's */
	OPTION_TYPE = 14 + 20 + 8 + 240 + 2,
	FRAMES_MAX = 64,
};
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
static const char fixed[] = "lan=10.0.2.15/24", leased[] = "lan=dhcp";

struct segment {
	uint16_t port; /* the peer's */
	uint8_t flags;
	uint32_t number, ack;
};

static struct kept *off;
static struct segment sent[FRAMES_MAX];
static uint32_t sent_count;
static uint8_t asked;     /* the type of the last message to a DHCP server */
static uint32_t pongs;    /* answers to pings; questions whom to send one */
static uint32_t tireless; /* so many answers to ARP are questions again */

extern uint8_t az_window_sockets[];

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

static void ask_arp(void)
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
	if (f[12] == 8 && f[13] == 6 && f[21] == 2 && tireless > 0) {
		tireless--;
		ask_arp();
	}
	pongs += (f[12] == 8 && f[23] == 1) ||
		 (f[12] == 0x86 && f[20] == 58 && f[54] == 135 && f[77] == 2);
	if (f[12] != 8 || f[13] != 0)
		return;
	if (f[23] == 17 && length > OPTION_TYPE && f[37] == 67)
		asked = f[OPTION_TYPE];
	if (f[23] != 6 || sent_count == FRAMES_MAX)
		return;
	sent[sent_count++] = (struct segment){
		.port = (uint16_t)(f[HEAD + 2] << 8 | f[HEAD + 3]),
		.flags = f[HEAD + 13],
		.number = get32(f + HEAD + 4),
		.ack = get32(f + HEAD + 8),
	};
}

/* --- A life ----------------------------------------------------------------- */

static struct az_socket_layout layout(void)
{
	return az_socket_layout(SOCKETS, RECEIVE, SEND);
}

static void share_sockets(void)
{
	*(struct az_socket_head *)(void *)az_window_sockets =
	    (struct az_socket_head){
		    .version = AZ_SOCKET_VERSION,
		    .size = layout().size,
		    .sockets = SOCKETS,
		    .arrivals = ARRIVALS,
		    .receive = RECEIVE,
		    .send = SEND,
		    .listener_count = 1,
		    .listeners = { { AZ_PROTOCOL_TCP, PORT, 0 } },
	    };
}

static void pass(uint64_t ms)
{
	for (uint64_t end = world.ms + ms; world.ms < end; world.ms++)
		(void)turn(netif_default, true);
}

static void begin(const char *network)
{
	static struct netif netif __attribute__((section("net_data")));
	static struct config config __attribute__((section("net_data")));
	static char text[32];
	char *argv[] = { "", text };

	strcpy(text, network);
	sent_count = asked = pongs = 0;
	assert_true(config_parse(&config, 2, argv));
	lwip_init();
	legacy_init();
	card_init(&netif, &config);
	ghost_init();
	conn_init();
}

static void start(const char *network)
{
	begin(network);
	(void)turn(netif_default, true);
}

/* It ends, and the next life begins. */
static void begin_again(const char *network)
{
	static struct legacy left;
	uint64_t ms = world.ms;

	left = *legacy();
	world_restore(off);
	*legacy() = left;
	world.ms = ms;
	begin(network);
}

static void restart(const char *network)
{
	begin_again(network);
	(void)turn(netif_default, true);
}

static int set_up(void **state)
{
	(void)state;
	if (off == NULL) {
		share_sockets();
		off = world_keep();
	}
	world_restore(off);
	world.ms = 1000;
	return 0;
}

/* --- A peer ----------------------------------------------------------------- */

static void put(uint16_t port, uint8_t flags, uint32_t number, uint32_t ack)
{
	uint8_t f[] = { 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0,
		40, 0, 1, 0, 0, 64, 6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15,
		(uint8_t)(port >> 8), (uint8_t)port, 0, PORT, 0, 0, 0, 0, 0, 0,
		0, 0, 0x50, flags, 16, 0, 0, 0, 0, 0 };

	put32(f + HEAD + 4, number);
	put32(f + HEAD + 8, ack);
	wire_fix(f, sizeof(f), WIRE_SUMS);
	world_receive(f, sizeof(f));
}

static void say(uint16_t port, uint8_t flags, uint32_t number, uint32_t ack)
{
	put(port, flags, number, ack);
	(void)turn(netif_default, true);
}

/* How many segments with these flags were sent to a port. */
static uint32_t count_sent(uint16_t port, uint8_t flags)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < sent_count; i++)
		count += sent[i].port == port && sent[i].flags == flags;
	return count;
}

/* A connection by that port of the peer; what it acknowledges. */
static uint32_t open_connection(uint16_t port)
{
	uint32_t ack;

	say(port, SYN, 100, 0);
	pass(2);
	assert_true(sent_count > 0);
	assert_int_equal(sent[sent_count - 1].flags, SYN | ACK);
	assert_int_equal(sent[sent_count - 1].port, port);
	ack = sent[sent_count - 1].number + 1;
	say(port, ACK, 101, ack);
	return ack;
}

static uint32_t count_noted(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < LEGACY_FLOWS; i++)
		count += legacy()->flows[i].used != 0;
	return count;
}

/* --- Connections ------------------------------------------------------------ */

static void peer_is_told(void **state)
{
	uint32_t ack;

	(void)state;
	start(fixed);
	ack = open_connection(5000);
	restart(fixed);
	pass(3);
	assert_int_equal(count_sent(5000, ACK), 1);
	assert_int_equal(count_sent(5000, RST | ACK), 0);
	say(5000, ACK, 101, ack);
	assert_int_equal(sent[sent_count - 1].flags, RST | ACK);
	assert_int_equal(sent[sent_count - 1].number, ack);
	assert_int_equal(sent[sent_count - 1].ack, 101);
	pass(5000);
	assert_int_equal(count_sent(5000, ACK), 3); /* whether it knows */
	assert_int_equal(count_noted(), 0);
	restart(fixed);
	pass(5000);
	assert_int_equal(sent_count, 0);
}

/* It speaks before it is asked, and before this life has seen the link. */
static void early_peer_is_told(void **state)
{
	uint32_t ack;

	(void)state;
	start(fixed);
	ack = open_connection(5000);
	begin_again(fixed);
	put(5000, ACK, 101, ack);
	pass(3);
	assert_int_equal(count_sent(5000, RST | ACK), 1);
}

static void peer_is_told_by_any_life(void **state)
{
	uint32_t ack;

	(void)state;
	start(fixed);
	ack = open_connection(5000);
	restart(leased); /* which has no address */
	pass(3);
	assert_int_equal(count_sent(5000, ACK), 0);
	restart(fixed);
	pass(3);
	assert_int_equal(count_sent(5000, ACK), 1);
	restart(fixed); /* before the answer came */
	pass(3);
	assert_int_equal(count_sent(5000, ACK), 1);
	say(5000, ACK, 101, ack);
	assert_int_equal(count_sent(5000, RST | ACK), 1);
	restart(fixed); /* before the reset was on the wire, perhaps */
	pass(3);
	assert_int_equal(count_sent(5000, ACK), 1);
}

static void peer_is_told_again(void **state)
{
	(void)state;
	start(fixed);
	(void)open_connection(5000);
	restart(fixed);
	pass(200);
	assert_int_equal(count_sent(5000, ACK), 1);
	pass(100);
	assert_int_equal(count_sent(5000, ACK), 2);
	pass(20000);
	assert_int_equal(count_sent(5000, ACK), 5);
	assert_int_equal(count_noted(), 0);
	restart(fixed);
	pass(20000);
	assert_int_equal(sent_count, 0);
}

static void beginning_is_refused(void **state)
{
	(void)state;
	start(fixed);
	say(5000, SYN, 100, 0);
	restart(fixed);
	pass(3);
	assert_int_equal(count_sent(5000, RST | ACK), 1);
	assert_int_equal(sent[0].flags, RST | ACK);
	assert_int_equal(sent[0].ack, 101);
	assert_int_equal(count_sent(5000, ACK), 1);
}

static void waiting_ones_are_told(void **state)
{
	enum { COUNT = 3 * ARRIVALS };

	(void)state;
	start(fixed);
	for (uint16_t i = 0; i < COUNT; i++)
		(void)open_connection((uint16_t)(5000 + i));
	restart(fixed);
	pass(3);
	for (uint16_t i = 0; i < COUNT; i++)
		assert_int_equal(count_sent((uint16_t)(5000 + i), ACK), 1);
}

static void ended_ones_are_not(void **state)
{
	uint32_t ack;

	(void)state;
	start(fixed);
	ack = open_connection(5000);
	assert_int_equal(count_noted(), 1);
	say(5000, RST, 101, ack);
	pass(10);
	assert_int_equal(count_noted(), 0);
	restart(fixed);
	pass(3);
	assert_int_equal(sent_count, 0);
}

/* Hundreds at once leave frames for others. */
static void many_are_told(void **state)
{
	enum { COUNT = 1000 };

	(void)state;
	legacy_init();
	for (uint32_t i = 0; i < COUNT; i++)
		legacy()->flows[i] = (struct legacy_flow){
			.used = true,
			.peer = { 4, 0, (uint16_t)(5000 + i), { 10, 0, 2, 2 } },
			.local = { 4, 0, PORT, { 10, 0, 2, 15 } },
		};
	start(fixed);
	for (int i = 0; i < 100; i++) {
		pass(1);
		assert_true(sent_count <= FRAMES_MAX / 2);
		sent_count = 0;
	}
	assert_int_equal(count_noted(), COUNT);
	pass(20000);
	assert_int_equal(count_noted(), 0);
}

/* What nobody has written does no harm. */
static void any_legacy(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 200; seed++) {
		uint8_t *bytes = card_legacy();
		uint32_t x = seed;

		for (uint32_t i = 4; i < sizeof(struct legacy); i++) {
			x = x * 1664525 + 1013904223;
			bytes[i] = x >> 30 ? (uint8_t)(x >> 16) : 4;
		}
		restart(seed & 1 ? fixed : leased);
		pass(10);
	}
}

/* --- Addresses -------------------------------------------------------------- */

/* A life before had an address for so many more minutes; 0: for ever. */
static void leave_lease(uint16_t used, uint16_t limit)
{
	legacy_init();
	legacy()->noted = (uint32_t)world.ms;
	legacy()->lease = (struct legacy_lease){
		.address = PP_HTONL(0x0a00020f),
		.mask = PP_HTONL(0xffffff00),
		.gateway = PP_HTONL(0x0a000202),
		.used = used,
		.limit = limit,
		.dns = { 4, 0, 0, { 10, 0, 2, 3 } },
	};
}

static void address_is_there(void **state)
{
	(void)state;
	leave_lease(1, 4);
	start(leased);
	assert_true(card_has_address());
	assert_int_equal(asked, DHCP_REQUEST);
	assert_int_equal(
	    netif_ip4_gw(netif_default)->addr, PP_HTONL(0x0a000202));
	assert_int_equal(
	    ip_2_ip4(dns_getserver(0))->addr, PP_HTONL(0x0a000203));
	(void)open_connection(5000);
	restart(leased);
	assert_true(card_has_address());
	pass(3);
	assert_int_equal(count_sent(5000, ACK), 1);
}

static void lease_runs_out(void **state)
{
	(void)state;
	leave_lease(1, 4);
	world.ms += 3 * DHCP_COARSE_TIMER_MSECS;
	start(leased);
	assert_false(card_has_address());
	assert_int_equal(asked, DHCP_DISCOVER);
	leave_lease(9, 0);
	world.ms += 1000 * (uint64_t)DHCP_COARSE_TIMER_MSECS;
	restart(leased);
	assert_true(card_has_address());
}

/* --- Sleep ------------------------------------------------------------------ */

static void new_one_is_not_old(void **state)
{
	enum { SLEEP_MS = 60000 };
	uint32_t ack;

	(void)state;
	start(fixed);
	say(5000, RST, 101, open_connection(5000));
	pass(10000); /* until nothing is under way */
	world.ms += SLEEP_MS;
	ack = open_connection(5001);
	assert_int_equal(count_sent(5001, SYN | ACK), 1);
	world.ms += SLEEP_MS;
	say(5001, FIN | ACK, 101, ack);
	pass(2);
	assert_int_equal(count_sent(5001, ACK), 1);
	assert_int_equal(count_sent(5001, RST | ACK), 0);
}

/* Nothing happens for longer than 32 bits of ms. */
static void clock_goes_round(void **state)
{
	uint64_t end;
	uint32_t ticks;

	(void)state;
	start(fixed);
	for (end = world.ms + UINT32_MAX; world.ms < end;) {
		uint32_t ms = turn(netif_default, false);

		assert_in_range(ms, 1, TIMERS_REST_MS);
		world.ms += ms;
	}
	pass(1000);
	ticks = tcp_ticks;
	pass(1000);
	assert_int_equal(tcp_ticks, ticks + 1000 / TCP_SLOW_INTERVAL);
}

/* What there was no memory for is not forgotten in a sleep. */
static void end_is_said_late(void **state)
{
	struct az_socket *socket =
	    (void *)(az_window_sockets + layout().sockets);

	(void)state;
	start(fixed);
	(void)open_connection(5000);
	world.memory_left = 0;
	socket->client.round = socket->stack.round;
	socket->client.want = AZ_WANT_SHUT;
	az_window_sockets[layout().stack_attention] = 1;
	pass(20000); /* until nothing is under way */
	assert_int_equal(count_sent(5000, FIN | ACK), 0);
	assert_in_range(turn(netif_default, false), 1, TCP_TMR_INTERVAL);
	world.memory_left = WORLD_MEMORY;
	pass(2 * TCP_TMR_INTERVAL);
	assert_int_equal(count_sent(5000, FIN | ACK), 1);
}

/* --- Peers and drivers ------------------------------------------------------ */

/* Who answers each answer at once does not keep the stack to himself. */
static void others_have_their_turn(void **state)
{
	enum { MANY = 100000 };

	(void)state;
	start(fixed);
	tireless = MANY;
	ask_arp();
	assert_int_equal(turn(netif_default, true), 0);
	assert_in_range(tireless, MANY - 1000, MANY - 1);
	assert_int_equal(turn(netif_default, false), 0); /* and goes on */
	assert_in_range(tireless, MANY - 2000, MANY - 2);
	tireless = 0;
}

/* Half a ping: 8 bytes of header, or 8 behind it. */
static void put_half4(bool second)
{
	static const uint8_t parts[2][8] = { { 8, 0, 0xf7, 0xfd, 0, 1, 0, 1 } };
	uint8_t f[14 + 20 + 8] = { 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 28, 0, 7, second ? 0 : 0x20, second, 64, 1, 0, 0,
		10, 0, 2, 2, 10, 0, 2, 15 };

	memcpy(f + 34, parts[second], 8);
	wire_fix(f, sizeof(f), WIRE_SUMS);
	world_receive(f, sizeof(f));
}

/* The same, to its link-local address from fe80::2. */
static void put_half6(bool second)
{
	static const uint8_t parts[2][8] = { { 128, 0, 0x83, 0xa2 } };
	uint8_t f[14 + 40 + 8 + 8] = { 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2,
		0x86, 0xdd, 0x60, 0, 0, 0, 0, 16, 44, 64, 0xfe,
		0x80, [37] = 2, [38] = 0xfe, 0x80, [49] = 0xff, 0xfe, 0, 0, 15,
		58, 0, 0, second ? 8 : 1, 0, 0, 0, 7 };

	memcpy(f + 62, parts[second], 8);
	world_receive(f, sizeof(f));
}

/* What chains fragments lies where no driver writes. */
static void fragments_are_copied(void **state)
{
	(void)state;
	start(fixed);
	pass(3000); /* until its address is its own */
	for (int six = 0; six < 2; six++) {
		for (int second = 0; second < 2; second++) {
			assert_int_equal(pongs, six);
			if (six)
				put_half6(second);
			else
				put_half4(second);
			(void)turn(netif_default, true);
			assert_int_equal(world_held(), 0);
		}
		pass(3);
		assert_int_equal(pongs, six + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(peer_is_told, set_up),
		cmocka_unit_test_setup(early_peer_is_told, set_up),
		cmocka_unit_test_setup(peer_is_told_by_any_life, set_up),
		cmocka_unit_test_setup(peer_is_told_again, set_up),
		cmocka_unit_test_setup(beginning_is_refused, set_up),
		cmocka_unit_test_setup(waiting_ones_are_told, set_up),
		cmocka_unit_test_setup(ended_ones_are_not, set_up),
		cmocka_unit_test_setup(many_are_told, set_up),
		cmocka_unit_test_setup(any_legacy, set_up),
		cmocka_unit_test_setup(address_is_there, set_up),
		cmocka_unit_test_setup(lease_runs_out, set_up),
		cmocka_unit_test_setup(new_one_is_not_old, set_up),
		cmocka_unit_test_setup(clock_goes_round, set_up),
		cmocka_unit_test_setup(end_is_said_late, set_up),
		cmocka_unit_test_setup(others_have_their_turn, set_up),
		cmocka_unit_test_setup(fragments_are_copied, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
