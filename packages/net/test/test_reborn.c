/* test_reborn: what a life of the stack leaves to the next. */
#include "card.h"
#include "legacy.h"
#include "peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/netif.h>
#include <lwip/prot/dhcp.h>

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
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	life_restart(LIFE_FIXED);
	life_pass(3);
	assert_int_equal(peer_count(5000, ACK), 1);
	assert_int_equal(peer_count(5000, RST | ACK), 0);
	peer_say(5000, ACK, 101, ack);
	assert_int_equal(peer.sent[peer.sent_count - 1].flags, RST | ACK);
	assert_int_equal(peer.sent[peer.sent_count - 1].number, ack);
	assert_int_equal(peer.sent[peer.sent_count - 1].ack, 101);
	life_pass(5000);
	assert_int_equal(peer_count(5000, ACK), 3); /* whether it knows */
	assert_int_equal(count_noted(), 0);
	life_restart(LIFE_FIXED);
	life_pass(5000);
	assert_int_equal(peer.sent_count, 0);
}

/* It speaks before it is peer.asked, and before this life has seen the link. */
static void early_peer_is_told(void **state)
{
	uint32_t ack;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	life_begin_again(LIFE_FIXED);
	peer_put(5000, ACK, 101, ack);
	life_pass(3);
	assert_int_equal(peer_count(5000, RST | ACK), 1);
}

static void peer_is_told_by_any_life(void **state)
{
	uint32_t ack;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	life_restart(LIFE_LEASED); /* which has no address */
	life_pass(3);
	assert_int_equal(peer_count(5000, ACK), 0);
	life_restart(LIFE_FIXED);
	life_pass(3);
	assert_int_equal(peer_count(5000, ACK), 1);
	life_restart(LIFE_FIXED); /* before the answer came */
	life_pass(3);
	assert_int_equal(peer_count(5000, ACK), 1);
	peer_say(5000, ACK, 101, ack);
	assert_int_equal(peer_count(5000, RST | ACK), 1);
	life_restart(
	    LIFE_FIXED); /* before the reset was on the wire, perhaps */
	life_pass(3);
	assert_int_equal(peer_count(5000, ACK), 1);
}

static void peer_is_told_again(void **state)
{
	(void)state;
	life_start(LIFE_FIXED);
	(void)peer_open(5000);
	life_restart(LIFE_FIXED);
	life_pass(200);
	assert_int_equal(peer_count(5000, ACK), 1);
	life_pass(100);
	assert_int_equal(peer_count(5000, ACK), 2);
	life_pass(20000);
	assert_int_equal(peer_count(5000, ACK), 5);
	assert_int_equal(count_noted(), 0);
	life_restart(LIFE_FIXED);
	life_pass(20000);
	assert_int_equal(peer.sent_count, 0);
}

static void beginning_is_refused(void **state)
{
	(void)state;
	life_start(LIFE_FIXED);
	peer_say(5000, SYN, 100, 0);
	life_restart(LIFE_FIXED);
	life_pass(3);
	assert_int_equal(peer_count(5000, RST | ACK), 1);
	assert_int_equal(peer.sent[0].flags, RST | ACK);
	assert_int_equal(peer.sent[0].ack, 101);
	assert_int_equal(peer_count(5000, ACK), 1);
}

static void waiting_ones_are_told(void **state)
{
	enum { COUNT = 3 * LIFE_ARRIVALS };

	(void)state;
	life_start(LIFE_FIXED);
	for (uint16_t i = 0; i < COUNT; i++)
		(void)peer_open((uint16_t)(5000 + i));
	life_restart(LIFE_FIXED);
	life_pass(3);
	for (uint16_t i = 0; i < COUNT; i++)
		assert_int_equal(peer_count((uint16_t)(5000 + i), ACK), 1);
}

static void ended_ones_are_not(void **state)
{
	uint32_t ack;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	assert_int_equal(count_noted(), 1);
	peer_say(5000, RST, 101, ack);
	life_pass(10);
	assert_int_equal(count_noted(), 0);
	life_restart(LIFE_FIXED);
	life_pass(3);
	assert_int_equal(peer.sent_count, 0);
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
			.local = { 4, 0, LIFE_PORT, { 10, 0, 2, 15 } },
		};
	life_start(LIFE_FIXED);
	for (int i = 0; i < 100; i++) {
		life_pass(1);
		assert_true(peer.sent_count <= PEER_SENT_MAX / 2);
		peer.sent_count = 0;
	}
	assert_int_equal(count_noted(), COUNT);
	life_pass(20000);
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
		life_restart(seed & 1 ? LIFE_FIXED : LIFE_LEASED);
		life_pass(10);
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
	life_start(LIFE_LEASED);
	assert_true(card_has_address());
	assert_int_equal(peer.asked, DHCP_REQUEST);
	assert_int_equal(
	    netif_ip4_gw(netif_default)->addr, PP_HTONL(0x0a000202));
	assert_int_equal(
	    ip_2_ip4(dns_getserver(0))->addr, PP_HTONL(0x0a000203));
	(void)peer_open(5000);
	life_restart(LIFE_LEASED);
	assert_true(card_has_address());
	life_pass(3);
	assert_int_equal(peer_count(5000, ACK), 1);
}

static void lease_runs_out(void **state)
{
	(void)state;
	leave_lease(1, 4);
	world.ms += 3 * DHCP_COARSE_TIMER_MSECS;
	life_start(LIFE_LEASED);
	assert_false(card_has_address());
	assert_int_equal(peer.asked, DHCP_DISCOVER);
	leave_lease(9, 0);
	world.ms += 1000 * (uint64_t)DHCP_COARSE_TIMER_MSECS;
	life_restart(LIFE_LEASED);
	assert_true(card_has_address());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(peer_is_told, life_set_up),
		cmocka_unit_test_setup(early_peer_is_told, life_set_up),
		cmocka_unit_test_setup(peer_is_told_by_any_life, life_set_up),
		cmocka_unit_test_setup(peer_is_told_again, life_set_up),
		cmocka_unit_test_setup(beginning_is_refused, life_set_up),
		cmocka_unit_test_setup(waiting_ones_are_told, life_set_up),
		cmocka_unit_test_setup(ended_ones_are_not, life_set_up),
		cmocka_unit_test_setup(many_are_told, life_set_up),
		cmocka_unit_test_setup(any_legacy, life_set_up),
		cmocka_unit_test_setup(address_is_there, life_set_up),
		cmocka_unit_test_setup(lease_runs_out, life_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
