/* Sockets: the module's calls on one side, on the other the stack's own
 * library over the same memory, or one that lies. */
#include "host/test_fake.h"

#include <cmocka.h>

#include "abi/socket.h"
#include "abi/status.h"
#include "host/port.h"
#include "host/socket.h"
#include "load/window.h"
#include "verify/sockets.h"

#define AZOTH_H /* the kernel's own headers say it all */
#define az_ring_wake(handle) (fake.wakes++, 0)
#include "../packages/sdk/lib/stack.c"

enum {
	SOCKETS = 8,
	BUFFER = 1024,
	WEB = 3, /* the listener */
	NAMES = 4,
	IOV = 100,
	RESULT = 200,
	DATA = 1000,
	ADDRESS = 300,
};

static uint8_t *memory;
static struct host_state peer_state;
static struct az_stack stack;

static void grant(uint32_t at, uint32_t kind, const char *place)
{
	struct az_text t = fake_text(place);

	fake.grants[at] = (struct az_grant){
		.kind = kind,
		.value = FAKE_CHANNELS - 1,
		.text_off = t.off,
		.text_len = t.len,
	};
}

/* The last channel becomes one of sockets, of which the module is the client,
 * with the first grants, and which peer serves. */
static void start_granted(uint32_t grants)
{
	struct az_channel *c = &fake.channels[FAKE_CHANNELS - 1];
	struct domain *d = fake_start();

	host_detach(d);
	*c = (struct az_channel){
		.name = fake_text("lan.mod"),
		.type = AZ_CHANNEL_SOCKET,
		.owner = FAKE_PEER,
		.peers = c->peers,
		.queue = SOCKETS,
		.record = BUFFER,
		.size = az_socket_layout(SOCKETS, BUFFER, BUFFER).size,
	};
	grant(1, AZ_GRANT_LISTEN, "tcp/lan:80");
	grant(2, AZ_GRANT_CONNECT, "tcp/lan:example.org:443");
	grant(3, AZ_GRANT_CONNECT, "udp/lan:any:53");
	fake.module.grants = (struct az_run){ 0, grants };
	free(memory);
	memory = calloc(1, c->size);
	fake.shared = memory;
	fake_host();
	if (host_attach(d) != AZ_OK)
		abort();
	fake_connect();
	fake.peer.host = &peer_state;
	fake.peer.module = &fake.module;
	host_begin(&fake.peer);
	host_begin(d);
	assert_true(az_stack_open(&stack, memory, c->size, 0));
}

static void start(void)
{
	start_granted(NAMES);
}

static void stop(void)
{
	host_detach(&fake.domain);
	free(fake.domain.memory);
	fake.domain.memory = NULL;
	free(memory);
	memory = NULL;
}

/* --- What the stack does ---------------------------------------------------- */

/* The first socket that the client has changed. */
static uint32_t next(void)
{
	stack.cursor = 0;
	return az_stack_next(&stack);
}

static uint32_t arrive(void)
{
	uint32_t number = az_socket_arrival(&stack);

	assert_true(number < SOCKETS);
	az_socket_at(&stack, number)->stack.peer =
	    (struct az_socket_address){ .family = 4, .port = 1234 };
	az_socket_set(&stack, number, AZ_SOCKET_ARRIVED);
	return number;
}

static void deliver(uint32_t number, const void *bytes, uint32_t length)
{
	uint32_t n =
	    az_pieces_write(az_socket_room(&stack, number), bytes, length);

	assert_int_equal(n, length);
	az_socket_put(&stack, number, n);
}

/* Everything that the client has sent. */
static uint32_t collect(uint32_t number, void *out)
{
	struct az_pieces span = az_socket_bytes(&stack, number, 0);
	uint32_t n = az_pieces_read(out, span, az_pieces_length(span));

	az_socket_take(&stack, number, n);
	return n;
}

/* --- What the module does --------------------------------------------------- */

static uint64_t move(bool write, uint32_t fd, uint32_t length)
{
	put32(IOV, DATA);
	put32(IOV + 4, length);
	put32(RESULT, UINT32_MAX);
	return write ? CALL(FD_WRITE, fd, IOV, 1, RESULT)
		     : CALL(FD_READ, fd, IOV, 1, RESULT);
}

static uint32_t accept(void)
{
	assert_int_equal(
	    CALL(FD_FDSTAT_SET_FLAGS, WEB, WASI_NONBLOCK), WASI_SUCCESS);
	assert_int_equal(
	    CALL(SOCK_ACCEPT, WEB, WASI_NONBLOCK, RESULT), WASI_SUCCESS);
	return get32(RESULT);
}

static int32_t connect(const char *place)
{
	memcpy(AT(DATA), place, strlen(place));
	return (int32_t)CALL(SOCK_CONNECT, DATA, strlen(place), WASI_NONBLOCK);
}

/* --- Tests -------------------------------------------------------------------- */

static void head_says_what_was_granted(void **state)
{
	(void)state;
	start();
	assert_int_equal(stack.head.sockets, SOCKETS);
	assert_int_equal(stack.head.arrivals, 6);
	assert_int_equal(stack.head.receive, BUFFER);
	assert_int_equal(stack.head.send, BUFFER);
	assert_int_equal(stack.head.listener_count, 1);
	assert_int_equal(stack.head.listeners[0].port, 80);
	assert_int_equal(stack.head.listeners[0].protocol, AZ_PROTOCOL_TCP);
	assert_int_not_equal(
	    ((struct az_socket_head *)(void *)memory)->channel, 0);
	stop();
}

static void who_cannot_connect_has_all_for_arrivals(void **state)
{
	(void)state;
	start_granted(2);
	assert_int_equal(stack.head.arrivals, SOCKETS);
	assert_int_equal(stack.head.listener_count, 1);
	stop();
}

static void bytes_go_both_ways(void **state)
{
	char got[BUFFER];
	uint32_t number, fd;

	(void)state;
	start();
	assert_int_equal(
	    CALL(FD_FDSTAT_SET_FLAGS, WEB, WASI_NONBLOCK), WASI_SUCCESS);
	assert_int_equal(CALL(SOCK_ACCEPT, WEB, 0, RESULT), WASI_AGAIN);
	number = arrive();
	fd = accept();
	assert_int_equal(fd, SOCKET_FD + number);
	assert_int_equal(next(), number);
	assert_int_equal(
	    az_socket_want(az_socket_at(&stack, number)), AZ_WANT_OPEN);
	az_socket_set(&stack, number, AZ_SOCKET_OPEN);
	assert_int_equal(move(false, fd, 10), WASI_AGAIN);
	/* More than once round both buffers. */
	for (uint32_t i = 0; i < 5; i++) {
		memset(got, 'a' + (int)i, sizeof got);
		deliver(number, got, 700);
		assert_int_equal(move(false, fd, 1000), WASI_SUCCESS);
		assert_int_equal(get32(RESULT), 700);
		assert_memory_equal(AT(DATA), got, 700);
		assert_int_equal(move(true, fd, 700), WASI_SUCCESS);
		assert_int_equal(get32(RESULT), 700);
		assert_int_equal(collect(number, got), 700);
		assert_memory_equal(AT(DATA), got, 700);
	}
	/* What does not fit waits. */
	assert_int_equal(move(true, fd, 2000), WASI_SUCCESS);
	assert_int_equal(get32(RESULT), BUFFER);
	assert_int_equal(move(true, fd, 1), WASI_AGAIN);
	assert_int_equal(CALL(SOCK_ADDRESS, fd, 0, ADDRESS), 0);
	assert_int_equal(*AT(ADDRESS), 4);
	az_socket_set(&stack, number, AZ_SOCKET_ENDED);
	assert_int_equal(move(false, fd, 10), WASI_SUCCESS);
	assert_int_equal(get32(RESULT), 0);
	stop();
}

static void closed_descriptors_are_gone(void **state)
{
	uint32_t number, fd;

	(void)state;
	start();
	number = arrive();
	fd = accept();
	(void)next();
	assert_int_equal(CALL(FD_CLOSE, fd), WASI_SUCCESS);
	assert_int_equal(next(), number);
	assert_int_equal(
	    az_socket_want(az_socket_at(&stack, number)), AZ_WANT_CLOSE);
	assert_int_equal(CALL(FD_CLOSE, fd), WASI_BADF);
	assert_int_equal(move(false, fd, 1), WASI_BADF);
	/* Until the stack has let it go it is nobody's. */
	az_socket_free(&stack, number);
	assert_int_equal(arrive(), number);
	assert_int_equal(move(false, fd, 1), WASI_BADF);
	assert_int_equal(accept(), fd);
	stop();
}

static void a_stack_that_lies_harms_one_connection(void **state)
{
	uint32_t first, second, fd, other;
	struct az_socket_stack *half;

	(void)state;
	start();
	first = arrive();
	fd = accept();
	second = arrive();
	other = accept();
	half = &az_socket_at(&stack, first)->stack;
	half->state = AZ_SOCKET_OPEN;
	half->received = BUFFER + 1;
	assert_int_equal(move(false, fd, 10), WASI_CONNRESET);
	assert_int_equal(move(true, fd, 10), WASI_CONNRESET);
	half->received = 0;
	half->taken = 1;
	assert_int_equal(move(true, fd, 10), WASI_CONNRESET);
	half->taken = 0;
	half->state = 77;
	half->error = 999;
	assert_int_equal(move(true, fd, 10), WASI_SUCCESS);
	half->state = AZ_SOCKET_FAILED;
	assert_int_equal(move(true, fd, 10), WASI_CONNRESET);
	half->round++;
	assert_int_equal(move(true, fd, 10), WASI_CONNRESET);
	az_socket_set(&stack, second, AZ_SOCKET_OPEN);
	deliver(second, "fine", 4);
	assert_int_equal(move(false, other, 10), WASI_SUCCESS);
	assert_memory_equal(AT(DATA), "fine", 4);
	stop();
}

static void connections_need_a_grant(void **state)
{
	char text[AZ_SOCKET_TEXT_MAX + 1];
	int32_t fd;

	(void)state;
	start();
	/* What could pass for a line of the kernel's is not repeated. */
	assert_int_equal(
	    connect("tcp/lan:a:1 ] } } }\"\nazoth 0.0 info"), -WASI_NOTCAPABLE);
	assert_int_equal(connect("tcp/lan:\xe2\x80\xae:1"), -WASI_NOTCAPABLE);
	assert_string_equal(fake.log, "");
	assert_int_equal(connect("tcp/lan:example.com:443"), -WASI_NOTCAPABLE);
	assert_int_equal(connect("tcp/lan:example.org:444"), -WASI_NOTCAPABLE);
	assert_int_equal(connect("tcp/wan:example.org:443"), -WASI_NOTCAPABLE);
	assert_int_equal(connect("udp/lan:example.org:443"), -WASI_NOTCAPABLE);
	assert_int_equal(connect("tcp/lan:443"), -WASI_NOTCAPABLE);
	assert_int_equal(connect(""), -WASI_NOTCAPABLE);
	assert_non_null(
	    strstr(fake.log, "need=\"modules: { mod: { grants: { connect: [ "
			     "tcp/lan:example.com:443 ] } } }\""));
	fd = connect("tcp/lan:example.org:443");
	assert_int_equal(fd, SOCKET_FD + 6);
	assert_int_equal(next(), 6);
	assert_true(az_socket_target(&stack, 6, text, sizeof text));
	assert_string_equal(text, "example.org:443");
	az_socket_set(&stack, 6, AZ_SOCKET_CONNECTING);
	assert_int_equal(move(true, (uint32_t)fd, 1), WASI_AGAIN);
	az_socket_fail(&stack, 6, AZ_SOCKET_REFUSED);
	assert_int_equal(move(true, (uint32_t)fd, 1), WASI_CONNREFUSED);
	assert_int_equal(CALL(FD_CLOSE, (uint32_t)fd), WASI_SUCCESS);
	assert_int_equal(connect("tcp/lan:example.org:443"), SOCKET_FD + 7);
	assert_int_equal(connect("tcp/lan:example.org:443"), -WASI_NFILE);
	az_socket_free(&stack, 6);
	assert_int_equal(connect("tcp/lan:example.org:443"), SOCKET_FD + 6);
	stop();
}

static void datagrams_keep_their_bounds(void **state)
{
	struct az_datagram head = { .length = 5, .peer = { 4, 0, 53, { 9 } } };
	struct az_socket_address to = { 4, 0, 53, { 1, 2, 3, 4 } };
	char got[BUFFER];
	uint32_t fd;

	(void)state;
	start();
	fd = (uint32_t)connect("udp/lan:9.9.9.9:53");
	assert_int_equal(fd, SOCKET_FD + 6);
	az_socket_set(&stack, 6, AZ_SOCKET_OPEN);
	memcpy(AT(ADDRESS), &to, sizeof to);
	memcpy(AT(DATA), "question", 8);
	put32(IOV, DATA);
	put32(IOV + 4, 8);
	assert_int_equal(CALL(SOCK_SEND_TO, fd, IOV, 1, ADDRESS), 8);
	assert_int_equal(collect(6, got), sizeof head + 8);
	assert_int_equal(((struct az_datagram *)(void *)got)->length, 8);
	/* To whom it is connected, whatever was asked for. */
	assert_int_equal(got[4], 0);
	deliver(6, &head, sizeof head);
	deliver(6, "reply---", 8);
	put32(IOV + 4, 100);
	assert_int_equal(CALL(SOCK_RECV_FROM, fd, IOV, 1, ADDRESS), 5);
	assert_memory_equal(AT(DATA), "reply", 5);
	assert_memory_equal(AT(ADDRESS), &head.peer, sizeof head.peer);
	/* One that says that it is longer than all there is. */
	head.length = UINT32_MAX - 8;
	deliver(6, &head, sizeof head);
	assert_int_equal(CALL(SOCK_RECV_FROM, fd, IOV, 1, ADDRESS), 0);
	assert_int_equal(
	    (int32_t)CALL(SOCK_RECV_FROM, fd, IOV, 1, ADDRESS), -WASI_AGAIN);
	put32(IOV + 4, AZ_DATAGRAM_MAX + 1);
	assert_int_equal(
	    (int32_t)CALL(SOCK_SEND_TO, fd, IOV, 1, ADDRESS), -WASI_MSGSIZE);
	assert_int_equal(CALL(SOCK_SHUTDOWN, fd, 2), WASI_SUCCESS);
	assert_int_equal(move(true, fd, 1), WASI_PIPE);
	stop();
}

static void a_client_that_ends_aborts(void **state)
{
	uint32_t number;

	(void)state;
	start();
	number = arrive();
	(void)accept();
	(void)next();
	memcpy(memory + stack.at.buffers, "secret", 6);
	host_renew(&fake.domain, false);
	host_begin(&fake.domain);
	assert_int_equal(next(), number);
	assert_int_equal(
	    az_socket_want(az_socket_at(&stack, number)), AZ_WANT_ABORT);
	assert_memory_equal(memory + stack.at.buffers, "secret", 6);
	host_renew(&fake.domain, true);
	host_begin(&fake.domain);
	assert_int_equal(memory[stack.at.buffers], 0);
	stop();
}

static void a_stack_that_starts_again_fails_what_was_open(void **state)
{
	uint32_t fd;

	(void)state;
	start();
	(void)arrive();
	fd = accept();
	az_stack_recover(&stack);
	assert_int_equal(move(true, fd, 1), WASI_CONNRESET);
	assert_int_equal(CALL(FD_CLOSE, fd), WASI_SUCCESS);
	/* And with nothing left of it: a reset. */
	az_socket_free(&stack, 0);
	(void)arrive();
	fd = accept();
	host_renew(&fake.peer, true);
	host_begin(&fake.peer);
	assert_true(az_stack_open(
	    &stack, memory, fake.channels[FAKE_CHANNELS - 1].size, 0));
	(void)arrive();
	assert_int_equal(move(true, fd, 1), WASI_CONNRESET);
	assert_int_equal(CALL(SOCK_ACCEPT, WEB, 0, RESULT), WASI_AGAIN);
	(void)CALL(SOCK_EVENTS, DATA, 8, 0);
	assert_int_equal(CALL(FD_CLOSE, fd), WASI_SUCCESS);
	assert_int_equal(CALL(SOCK_EVENTS, DATA, 8, 1000), 1);
	assert_int_equal(get32(DATA + 4), AZ_SOCKET_ARRIVAL);
	assert_int_equal(accept(), fd);
	stop();
}

static void events_say_what_has_changed(void **state)
{
	uint32_t number, fd;

	(void)state;
	start();
	assert_int_equal(CALL(SOCK_EVENTS, DATA, 8, 1000), 0);
	number = arrive();
	assert_int_equal(CALL(SOCK_EVENTS, DATA, 8, 1000), 1);
	assert_int_equal(get32(DATA), WEB);
	assert_int_equal(get32(DATA + 4), AZ_SOCKET_ARRIVAL);
	fd = accept();
	az_socket_set(&stack, number, AZ_SOCKET_OPEN);
	deliver(number, "x", 1);
	assert_int_equal(CALL(SOCK_EVENTS, DATA, 8, 1000), 1);
	assert_int_equal(get32(DATA), fd);
	assert_int_equal(
	    get32(DATA + 4), AZ_SOCKET_READABLE | AZ_SOCKET_WRITABLE);
	/* Once for each change. */
	assert_int_equal(CALL(SOCK_EVENTS, DATA, 8, 1000), 0);
	assert_int_equal(
	    (int32_t)CALL(SOCK_EVENTS, FAKE_MEMORY - 8, 8, 0), -WASI_INVAL);
	assert_int_equal((int32_t)CALL(SOCK_EVENTS, DATA, 0, 0), -WASI_INVAL);
	stop();
}

static void polling_sees_sockets(void **state)
{
	struct wasi_subscription sub = {
		.userdata = 7, .tag = WASI_EVENT_FD_READ, .id = WEB
	};
	struct wasi_event event;
	uint32_t number;

	(void)state;
	start();
	number = arrive();
	memcpy(AT(DATA), &sub, sizeof sub);
	assert_int_equal(
	    CALL(POLL_ONEOFF, DATA, DATA + 100, 1, RESULT), WASI_SUCCESS);
	assert_int_equal(get32(RESULT), 1);
	sub.id = accept();
	az_socket_set(&stack, number, AZ_SOCKET_OPEN);
	deliver(number, "four", 4);
	memcpy(AT(DATA), &sub, sizeof sub);
	assert_int_equal(
	    CALL(POLL_ONEOFF, DATA, DATA + 100, 1, RESULT), WASI_SUCCESS);
	memcpy(&event, AT(DATA + 100), sizeof event);
	assert_int_equal(event.nbytes, 4);
	assert_int_equal(event.error, WASI_SUCCESS);
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_says_what_was_granted),
		cmocka_unit_test(who_cannot_connect_has_all_for_arrivals),
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(closed_descriptors_are_gone),
		cmocka_unit_test(a_stack_that_lies_harms_one_connection),
		cmocka_unit_test(connections_need_a_grant),
		cmocka_unit_test(datagrams_keep_their_bounds),
		cmocka_unit_test(a_client_that_ends_aborts),
		cmocka_unit_test(a_stack_that_starts_again_fails_what_was_open),
		cmocka_unit_test(events_say_what_has_changed),
		cmocka_unit_test(polling_sees_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
