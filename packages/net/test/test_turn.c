/* test_turn: in which order the stack does what can be done now, and what it
 * leaves for later. */
#include "peer.h"
#include "timers.h"
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include <lwip/priv/tcp_priv.h>

static struct az_socket *first_socket(void)
{
	return (void *)(az_window_sockets + life_layout().sockets);
}

/* The client of the first socket has written there what it wants. */
static void client_has_written(void)
{
	first_socket()->client.round = first_socket()->stack.round;
	az_window_sockets[life_layout().stack_attention] = 1;
}

/* It has written so many bytes more, and the stack has seen them. */
static void client_sends(uint32_t length)
{
	first_socket()->client.sent += length;
	client_has_written();
	life_pass(2);
}

/* --- Sleep ------------------------------------------------------------------ */

static void new_one_is_not_old(void **state)
{
	enum { SLEEP_MS = 60000 };
	uint32_t ack;

	(void)state;
	life_start(LIFE_FIXED);
	peer_say(5000, RST, 101, peer_open(5000));
	life_pass(10000); /* until nothing is under way */
	world.ms += SLEEP_MS;
	ack = peer_open(5001);
	assert_int_equal(peer_count(5001, SYN | ACK), 1);
	world.ms += SLEEP_MS;
	peer_say(5001, FIN | ACK, 101, ack);
	life_pass(2);
	assert_int_equal(peer_count(5001, ACK), 1);
	assert_int_equal(peer_count(5001, RST | ACK), 0);
}

/* Nothing happens for longer than 32 bits of ms. */
static void clock_goes_round(void **state)
{
	uint64_t end;
	uint32_t ticks;

	(void)state;
	life_start(LIFE_FIXED);
	for (end = world.ms + UINT32_MAX; world.ms < end;) {
		uint32_t ms = life_turn(false);

		assert_in_range(ms, 1, TIMERS_REST_MS);
		world.ms += ms;
	}
	life_pass(1000);
	ticks = tcp_ticks;
	life_pass(1000);
	assert_int_equal(tcp_ticks, ticks + 1000 / TCP_SLOW_INTERVAL);
}

/* What there was no memory for is not forgotten in a sleep. */
static void end_is_said_late(void **state)
{
	(void)state;
	life_start(LIFE_FIXED);
	(void)peer_open(5000);
	world.memory_left = 0;
	first_socket()->client.want = AZ_WANT_SHUT;
	client_has_written();
	life_pass(20000); /* until nothing is under way */
	assert_int_equal(peer_count(5000, FIN | ACK), 0);
	assert_in_range(life_turn(false), 1, TCP_TMR_INTERVAL);
	world.memory_left = WORLD_MEMORY;
	life_pass(2 * TCP_TMR_INTERVAL);
	assert_int_equal(peer_count(5000, FIN | ACK), 1);
}

/* --- Clients ---------------------------------------------------------------- */

/* Of a client that is reset the kernel clears what it has not yet sent: no
 * timer and no segment has that sent again before its end is seen. */
static void nothing_of_a_reset_is_sent(void **state)
{
	uint32_t ack, seen;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	client_sends(100);
	assert_int_equal(peer_count(5000, PSH | ACK), 1);
	world.ms += 10000;
	first_socket()->client.want = AZ_WANT_ABORT;
	client_has_written();
	peer_put(5000, ACK, 101, ack); /* not what was sent */
	seen = peer.sent_count;
	life_pass(2);
	assert_int_equal(peer_count(5000, PSH | ACK), 1);
	assert_in_range(peer_count(5000, RST | ACK), 1, 2);
	assert_int_equal(peer.sent_count, seen + peer_count(5000, RST | ACK));
}

/* lwIP keeps what may fly, of all that its client has sent; and all of that
 * comes there. */
static void lwip_has_only_what_may_fly(void **state)
{
	enum { BYTES = 16000 };
	uint32_t ack, end;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	end = ack + BYTES;
	client_sends(BYTES);
	assert_int_equal(peer.sent_count, 5); /* four of them data */
	assert_in_range(tcp_active_pcbs->snd_queuelen, 1, 8);
	while (ack != end) {
		assert_true(peer.sent_count > 0);
		peer.sent_count = 0;
		ack = tcp_active_pcbs->snd_nxt;
		peer_say(5000, ACK, 101, ack);
		life_pass(2);
		assert_in_range(tcp_active_pcbs->snd_queuelen, 0, 16);
	}
	assert_int_equal(first_socket()->stack.taken, BYTES);
}

/* What a window had no room for goes when it is opened, all that may. */
static void open_window_is_used_at_once(void **state)
{
	uint32_t ack;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000);
	client_sends(16000);
	ack = tcp_active_pcbs->snd_nxt;
	peer.window = 0;
	peer_say(5000, ACK, 101, ack);
	life_pass(100);
	assert_int_equal(tcp_active_pcbs->snd_nxt, ack);
	peer.window = 8 * 536;
	peer_say(5000, ACK, 101, ack);
	assert_in_range(tcp_active_pcbs->snd_nxt - ack, 4 * 536, peer.window);
}

/* Four segments fly; two come there, and the peer is silent: the third is sent
 * again, and then all the rest. */
static void rest_of_a_flight_is_sent_again(void **state)
{
	enum { FIRST = 100, BYTES = 16000, SEGMENT = 536 };
	uint32_t ack, end;

	(void)state;
	life_start(LIFE_FIXED);
	ack = peer_open(5000) + FIRST;
	client_sends(FIRST); /* by lwIP, and then the way is known */
	peer_say(5000, ACK, 101, ack);
	end = ack + BYTES;
	client_sends(BYTES);
	assert_int_equal(tcp_active_pcbs->snd_nxt, ack + 4 * SEGMENT);
	assert_null(tcp_active_pcbs->unacked); /* past lwIP */
	ack += 2 * SEGMENT;
	peer_say(5000, ACK, 101, ack);
	assert_int_equal(first_socket()->stack.taken, FIRST + 2 * SEGMENT);
	assert_null(tcp_active_pcbs->unacked);
	peer.sent_count = 0;
	life_pass(4000);
	assert_in_range(peer.sent_count, 1, 2);
	assert_int_equal(peer.sent[0].number, ack);
	while (ack != end) {
		ack = tcp_active_pcbs->snd_nxt;
		peer_say(5000, ACK, 101, ack);
	}
	life_pass(2);
	assert_int_equal(first_socket()->stack.taken, FIRST + BYTES);
}

/* --- Peers and drivers ------------------------------------------------------ */

/* Who answers each answer at once does not keep the stack to himself. */
static void others_have_their_turn(void **state)
{
	enum { MANY = 100000 };

	(void)state;
	life_start(LIFE_FIXED);
	peer.tireless = MANY;
	peer_ask();
	assert_int_equal(life_turn(true), 0);
	assert_in_range(peer.tireless, MANY - 1000, MANY - 1);
	assert_int_equal(life_turn(false), 0); /* and goes on */
	assert_in_range(peer.tireless, MANY - 2000, MANY - 2);
	peer.tireless = 0;
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
	life_start(LIFE_FIXED);
	life_pass(3000); /* until its address is its own */
	for (int six = 0; six < 2; six++) {
		for (int second = 0; second < 2; second++) {
			assert_int_equal(peer.pongs, six);
			if (six)
				put_half6(second);
			else
				put_half4(second);
			(void)life_turn(true);
			assert_int_equal(world_held(), 0);
		}
		life_pass(3);
		assert_int_equal(peer.pongs, six + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(new_one_is_not_old, life_set_up),
		cmocka_unit_test_setup(clock_goes_round, life_set_up),
		cmocka_unit_test_setup(end_is_said_late, life_set_up),
		cmocka_unit_test_setup(nothing_of_a_reset_is_sent, life_set_up),
		cmocka_unit_test_setup(lwip_has_only_what_may_fly, life_set_up),
		cmocka_unit_test_setup(
		    open_window_is_used_at_once, life_set_up),
		cmocka_unit_test_setup(
		    rest_of_a_flight_is_sent_again, life_set_up),
		cmocka_unit_test_setup(others_have_their_turn, life_set_up),
		cmocka_unit_test_setup(fragments_are_copied, life_set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
