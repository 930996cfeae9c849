/* fuzz_net: the network stack's doors: its card, its client, its driver, its
 * clock. An input is a state to begin with (first byte) and steps, with the
 * bytes AB BA between them; each step's first byte says what it is. Frames are
 * those of the input, with lengths, sums and numbers made right if it says so.
 *
 * Most inputs rest for seconds at most, in all; one in PATIENT may for months,
 * which costs as much as many others: those whose length that divides.
 *
 * After each step no socket has more in a buffer than fits; and where the
 * input asks for it, once the client has closed everything and time has passed
 * the stack has given every frame back and has no connection left. Or the input
 * is run twice, the second time with all left to lwIP (express.h): frames, what
 * the client sees and what lwIP knows are the same. */
#include "conn.h"
#include "express.h"
#include "wire.h"
#include "world.h"

#include <string.h>

#define main net_main
#include "../main.c"
#undef main
#include <hooks.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>

enum {
	SOCKETS = 8,
	ARRIVALS = 3, /* a listener for UDP, and so few connections */
	RECEIVE = 4096,
	SEND = 8192,
	PEER_PORT = 1234,
	CROWD_PORT = 1235,
	DATAGRAM_PORT = 99,
	SLACK = 24, /* blocks for what a router may have announced */
	STEPS_MAX = 64,
	DRAIN_MS = 128000, /* at last */
	BOOT_MS = 10000,
	REBORN_MS = 1000, /* some peers still have to be told of it */
};

enum step_kind { STEP_FRAME, STEP_FRAME_TOO, STEP_CLIENT, STEP_REST };
enum { STEP_KIND = 3, STEP_FIXES = 4, STEP_JOIN = 16 };
enum { CLIENT_LIES = 128, GAPS_MAX = 32 };

enum {
	STATE_STILL,
	STATE_LEASING,
	STATE_CONNECTED,
	STATE_REBORN,
	STATES,
	STATE_OFF = STATES,
};
enum { INPUT_STATE = 3, INPUT_DRAIN = 4, INPUT_TWICE = 8, INPUT_CROWD = 16 };
enum { SCALE_BITS = 127, HASTE_MS = 20000, PATIENT = 32 };
_Static_assert(255 << 3 * 7 <= TIMERS_REST_MS, "of time");

static struct {
	struct kept *kept;
	struct wire wire;
} states[STATES + 1];

static uint64_t patience; /* ms that this run may still rest */

extern uint8_t az_window_sockets[];

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint32_t liars; /* sockets whose client has lied, as bits */
static bool traced;
static uint64_t trace;   /* if so, of what the stack has done in this run */
static bool no_two_like; /* it depends on memory, or on whose turn is first */

static uint64_t hash_of(const void *bytes, size_t length)
{
	uint64_t hash = 0xcbf29ce484222325, word;

	for (size_t i = 0; i < length; i += sizeof(word)) {
		word = 0;
		memcpy(&word, (const uint8_t *)bytes + i,
		    length - i < sizeof(word) ? length - i : sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 32;
	}
	return hash;
}

/* In any order between two steps; and IPv4's identification is anyone's. */
void world_on_sent(const uint8_t *bytes, uint32_t length)
{
	uint8_t frame[WORLD_FRAME_MAX + 16];

	wire_note(bytes, length);
	if (!traced)
		return;
	memcpy(frame, bytes, length);
	if (length >= 34 && frame[12] == 8 && frame[13] == 0)
		frame[18] = frame[19] = frame[24] = frame[25] = 0;
	trace += hash_of(frame, length);
}

/* --- The client ------------------------------------------------------------- */

static struct az_socket_layout layout(void)
{
	return az_socket_layout(SOCKETS, RECEIVE, SEND);
}

static struct az_socket *socket_of(uint32_t number)
{
	return (struct az_socket *)(az_window_sockets + layout().sockets) +
	       number;
}

static uint8_t *receive_buffer(uint32_t number)
{
	return az_window_sockets + layout().buffers + number * (RECEIVE + SEND);
}

static uint8_t *send_buffer(uint32_t number)
{
	return receive_buffer(number) + RECEIVE;
}

static void attend_to(uint32_t number)
{
	az_window_sockets[layout().stack_attention + number] = 1;
}

/* It is this client's, in this round. */
static bool is_open(const struct az_socket *s)
{
	return s->client.round == s->stack.round &&
	       s->client.want >= AZ_WANT_CONNECT &&
	       s->client.want <= AZ_WANT_SHUT;
}

static void set_want(uint32_t number, uint32_t want)
{
	struct az_socket *s = socket_of(number);

	if (s->client.round != s->stack.round)
		s->client = (struct az_socket_client){
			.round = s->stack.round,
		};
	s->client.want = want;
	attend_to(number);
}

static void put_bytes(uint32_t number, const void *bytes, uint32_t length)
{
	struct az_socket *s = socket_of(number);

	for (uint32_t i = 0; i < length; i++)
		send_buffer(number)[s->client.sent++ % SEND] =
		    ((const uint8_t *)bytes)[i];
}

static void client_send(uint32_t number, uint32_t length)
{
	static const uint8_t bytes[SEND];
	struct az_socket *s = socket_of(number);
	uint32_t room = SEND - (s->client.sent - s->stack.taken);
	struct az_datagram head = { .length = length % 1473 };

	if (number == 0)
		head.peer = (struct az_socket_address){ 4, 0, DATAGRAM_PORT,
			{ 10, 0, 2, 2 } };

	if (!is_open(s) || s->client.want == AZ_WANT_SHUT ||
	    s->stack.state != AZ_SOCKET_OPEN)
		return;
	if (s->client.protocol == AZ_PROTOCOL_UDP || number == 0) {
		length = (head.length + 3) & ~3u;
		if (length + sizeof(head) > room)
			return;
		put_bytes(number, &head, sizeof(head));
	}
	put_bytes(number, bytes, length < room ? length : room);
	attend_to(number);
}

static void client_take(uint32_t number, uint32_t length)
{
	struct az_socket *s = socket_of(number);
	uint32_t there = s->stack.received - s->client.taken;

	if (!is_open(s))
		return;
	s->client.taken += length < there ? length : there;
	attend_to(number);
}

static void client_connect(
    uint32_t number, uint32_t protocol, const uint8_t *text, uint32_t length)
{
	struct az_socket *s = socket_of(number);

	if (number < ARRIVALS || s->stack.state != AZ_SOCKET_FREE)
		return;
	if (length > AZ_SOCKET_TEXT_MAX)
		length = AZ_SOCKET_TEXT_MAX;
	set_want(number, AZ_WANT_CONNECT);
	memcpy(send_buffer(number), text, length);
	s->client.text = length;
	s->client.protocol = protocol;
}

/* It writes what it likes where it says what it wants. */
static void client_lie(
    uint32_t number, uint32_t at, const uint8_t *bytes, uint32_t length)
{
	struct az_socket_client *c = &socket_of(number)->client;

	at %= sizeof(*c);
	memcpy((uint8_t *)c + at, bytes,
	    length < sizeof(*c) - at ? length : sizeof(*c) - at);
	attend_to(number);
	liars |= 1u << number;
	no_two_like = true;
}

static void client_step(const uint8_t *bytes, uint32_t length)
{
	uint32_t number = bytes[0] % SOCKETS, count = bytes[2] * 32u;
	const struct az_socket *s = socket_of(number);

	if (bytes[0] & CLIENT_LIES) {
		client_lie(number, bytes[1], bytes + 2, length - 2);
		return;
	}
	switch (bytes[1] % 8) {
	case 0:
		if (s->stack.state == AZ_SOCKET_ARRIVED || number == 0)
			set_want(number, AZ_WANT_OPEN);
		break;
	case 1:
		client_send(number, count);
		break;
	case 2:
		client_take(number, count);
		break;
	case 3:
	case 4:
	case 5:
		if (is_open(s) && number > 0)
			set_want(number, AZ_WANT_SHUT + bytes[1] % 8 - 3u);
		break;
	default:
		client_connect(number,
		    bytes[1] % 8 == 6 ? AZ_PROTOCOL_TCP : AZ_PROTOCOL_UDP,
		    bytes + 3, length - 3);
	}
}

/* --- Everything else -------------------------------------------------------- */

/* The stack rests no longer than it wants to. */
static void rest(uint32_t ms)
{
	uint32_t rested = (uint32_t)world.ms - timers_now();

	if (ms > patience)
		ms = (uint32_t)patience;
	if (ms > TIMERS_REST_MS - rested)
		ms = TIMERS_REST_MS - rested;
	world.ms += ms;
	patience -= ms;
}

/* The longer the rarer: up to 255 ms, eight times that for each bit at the end
 * of `scale` that is set: up to six days. */
static uint32_t long_time(uint8_t count, uint8_t scale)
{
	uint32_t ms = count;

	for (scale &= SCALE_BITS; scale & 1; scale >>= 1)
		ms *= 8;
	return ms;
}

/* The driver writes where this life leaves its legacy. */
static void write_legacy(uint32_t at, const uint8_t *bytes, uint32_t length)
{
	at %= sizeof(struct legacy);
	if (length > sizeof(struct legacy) - at)
		length = sizeof(struct legacy) - at;
	memcpy((uint8_t *)legacy() + at, bytes, length);
}

static void rest_step(const uint8_t *bytes, uint32_t length)
{
	uint32_t value = bytes[1] | bytes[2] << 8;

	switch (bytes[0] % 8) {
	case 0:
		rest(value % 1024);
		break;
	case 1:
		rest(long_time(bytes[1], bytes[2]));
		break;
	case 2:
		world.link = !world.link;
		break;
	case 3:
		world.dead = value % 8;
		world.features = bytes[2] & 3;
		break;
	case 4:
		world.lie = bytes + 1;
		world.lie_length = length - 1;
		no_two_like = true;
		break;
	case 5:
		world.memory_left = value * 8;
		no_two_like = true;
		break;
	case 6:
		world.sums_good = value & 1;
		break;
	default:
		write_legacy(value, bytes + 3, length - 3);
	}
}

static void check_buffers(void)
{
	trace *= 3;
	for (uint32_t i = 0; i < SOCKETS; i++) {
		const struct az_socket *s = socket_of(i);

		if (traced)
			trace += hash_of(s, sizeof(*s));
		if (s->client.round == s->stack.round && i > 0 &&
		    (liars & 1u << i) == 0 &&
		    (s->stack.received - s->client.taken > RECEIVE ||
			s->client.sent - s->stack.taken > SEND))
			__builtin_trap();
	}
}

static void step(const uint8_t *bytes, uint32_t length)
{
	uint8_t frame[WORLD_FRAME_MAX];
	uint32_t kind = length > 0 ? bytes[0] : STEP_REST;

	if (length > 0 && (kind & STEP_KIND) <= STEP_FRAME_TOO) {
		if (--length > sizeof(frame))
			length = sizeof(frame);
		memcpy(frame, bytes + 1, length);
		wire_fix(frame, length, kind / STEP_FIXES & 3);
		world_receive(frame, length);
	} else if (length >= 4) {
		if ((kind & STEP_KIND) == STEP_CLIENT)
			client_step(bytes + 1, length - 1);
		else
			rest_step(bytes + 1, length - 1);
	}
	if (kind & STEP_JOIN)
		return;
	(void)turn(netif_default, true);
	check_buffers();
}

static void pass(uint64_t ms)
{
	world.ms += ms;
	(void)turn(netif_default, true);
}

/* Connections that lwIP does not end by itself, or will before it refuses a
 * new one: `orphans` counts the latter. */
static uint32_t count_connections(uint32_t *orphans)
{
	uint32_t count = 0;

	for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
		if (p->prio == TCP_PRIO_MIN && p->callback_arg == NULL)
			++*orphans;
		else
			count++;
	return count;
}

/* The client gives up what it has; false: it has nothing. */
static bool abort_all(void)
{
	bool any = false;

	for (uint32_t i = 1; i < SOCKETS; i++)
		if (socket_of(i)->stack.state != AZ_SOCKET_FREE) {
			set_want(i, AZ_WANT_ABORT);
			any = true;
		}
	return any;
}

/* Blocks of what is to go by a router that does not answer, which lwIP keeps
 * for ever: here without the module's limit of MEMP_NUM_ND6_QUEUE. */
static uint32_t count_stuck(void)
{
	uint32_t count = 0;

	for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++)
		for (const struct nd6_q_entry *q = neighbor_cache[i].q;
		     q != NULL && neighbor_cache[i].isrouter; q = q->next)
			count += 1u + pbuf_clen(q->p);
	return count;
}

static bool is_empty(const struct kept *kept, bool late)
{
	uint32_t orphans = 0, connections = count_connections(&orphans);

	return connections == 0 &&
	       ((late && orphans > 0) || (orphans == 0 && world_held() == 0 &&
					     world.blocks - count_stuck() <=
						 world_blocks(kept) + SLACK));
}

/* The client gives everything up; and then time passes. */
static void drain(const struct kept *kept)
{
	uint32_t orphans = 0;

	world.dead = 0;
	world.link = true;
	world.memory_left = WORLD_MEMORY;
	pass(0); /* what has arrived still does */
	for (uint32_t n = 0; n < BACKLOG && abort_all(); n++)
		pass(1000);
	for (uint64_t ms = 1000; ms <= DRAIN_MS; ms *= 2) {
		pass(ms);
		if (is_empty(kept, ms == DRAIN_MS))
			return;
	}
	(void)fprintf(stderr, "left: %u connections, %u frames, %u blocks\n",
	    count_connections(&orphans), world_held(), world.blocks);
	__builtin_trap();
}

/* --- States ----------------------------------------------------------------- */

static void boot(const char *arguments, uint32_t ms)
{
	static struct netif netif __attribute__((section("net_data")));
	static struct config config __attribute__((section("net_data")));
	static char words[256];
	char *argv[8], *save;
	int argc = 1;

	strcpy(words, arguments);
	for (char *w = strtok_r(words, " ", &save); w != NULL;
	     w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	if (!config_parse(&config, argc, argv))
		__builtin_trap();
	lwip_init();
	legacy_init();
	card_init(&netif, &config);
	ghost_init();
	conn_init();
	for (uint32_t passed = 0; passed < ms; passed += 250)
		pass(250);
}

/* One channel, with a listener for UDP and one for TCP. */
static void share_sockets(void)
{
	struct az_socket_head *head = (void *)az_window_sockets;

	*head = (struct az_socket_head){
		.version = AZ_SOCKET_VERSION,
		.size = layout().size,
		.sockets = SOCKETS,
		.arrivals = ARRIVALS,
		.receive = RECEIVE,
		.send = SEND,
		.listener_count = 2,
		.listeners = { { AZ_PROTOCOL_UDP, 7, 0 },
		    { AZ_PROTOCOL_TCP, 80, 0 } },
	};
}

/* A peer's segment, as short as can be, or with one byte. */
static void say(uint16_t port, uint8_t flags, uint8_t sequence, bool full)
{
	uint8_t bytes[] = { STEP_FIXES * (WIRE_SUMS | WIRE_FOLLOW), 2, 0, 0, 0,
		0, 15, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 40, 0, 1, 0, 0, 64,
		6, 0, 0, 10, 0, 2, 2, 10, 0, 2, 15, (uint8_t)(port >> 8),
		(uint8_t)port, 0, 80, 0, 0, 0, sequence, 0, 0, 0, 0, 0x50,
		flags, 16, 0, 0, 0, 0, 0, 0 };

	step(bytes, sizeof(bytes) - !full);
}

/* The peer's address, which it says by asking for the stack's. */
static void meet_peer(void)
{
	static const uint8_t bytes[] = { 0, 2, 0, 0, 0, 0, 15, 2, 0, 0, 0, 0, 2,
		8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 2, 10, 0, 2, 2, 0,
		0, 0, 0, 0, 0, 10, 0, 2, 15 };

	step(bytes, sizeof(bytes));
}

static void keep(int number)
{
	states[number].kept = world_keep();
	states[number].wire = wire;
}

/* So many frames wait for what comes before them that few are left. */
static void crowd(void)
{
	uint8_t at = 0;

	say(CROWD_PORT, 2, 0, false);
	say(CROWD_PORT, 16, 0, false);
	while (!net_crowded) {
		at += 2;
		if (at > GAPS_MAX)
			__builtin_trap();
		say(CROWD_PORT, 16, at, true);
	}
}

/* As if the stack had died while its client was served. */
static void leave_connection(void)
{
	socket_of(1)->client = (struct az_socket_client){
		.round = 1,
		.want = AZ_WANT_OPEN,
	};
	socket_of(1)->stack = (struct az_socket_stack){
		.round = 1,
		.state = AZ_SOCKET_OPEN,
		.listener = 1,
	};
	legacy_init();
	legacy()->lease = (struct legacy_lease){
		.address = PP_HTONL(0x0a00020f),
		.mask = PP_HTONL(0xffffff00),
		.gateway = PP_HTONL(0x0a000202),
		.limit = 60,
	};
	legacy()->flows[0] = (struct legacy_flow){
		.used = true,
		.half = true,
		.peer = { 4, 0, PEER_PORT, { 10, 0, 2, 2 } },
		.local = { 4, 0, 80, { 10, 0, 2, 15 } },
	};
}

static void make_states(void)
{
	static const char still[] =
	    "lan=10.0.2.15/24 gateway=10.0.2.2 dns=10.0.2.3";

	share_sockets();
	keep(STATE_OFF);
	boot(still, BOOT_MS);
	meet_peer();
	keep(STATE_STILL);
	say(PEER_PORT, 2, 0, false);
	say(PEER_PORT, 16, 0, false);
	set_want(1, AZ_WANT_OPEN);
	(void)turn(netif_default, true);
	if (socket_of(1)->stack.state != AZ_SOCKET_OPEN)
		__builtin_trap();
	keep(STATE_CONNECTED);
	world_restore(states[STATE_OFF].kept);
	wire = states[STATE_OFF].wire;
	boot("lan=dhcp", BOOT_MS);
	keep(STATE_LEASING);
	world_restore(states[STATE_OFF].kept);
	leave_connection();
	boot("lan=dhcp", REBORN_MS);
	keep(STATE_REBORN);
	world_watch();
}

static void run(const uint8_t *bytes, size_t length, bool express)
{
	static const uint8_t mark[] = { 0xab, 0xba };
	uint32_t state = bytes[0] & INPUT_STATE;

	trace = liars = 0;
	patience = length % PATIENT == 0 ? UINT64_MAX : HASTE_MS;
	world_restore(states[state].kept);
	wire = states[state].wire;
	world.express = express;
	if (bytes[0] & INPUT_CROWD &&
	    (state == STATE_STILL || state == STATE_CONNECTED))
		crowd();
	for (size_t i = 1, n = 0; i < length && n < STEPS_MAX; n++) {
		const uint8_t *end = memmem(bytes + i, length - i, mark, 2);
		size_t next = end != NULL ? (size_t)(end - bytes) : length;

		step(bytes + i, (uint32_t)(next - i));
		i = next + 2;
	}
	if (bytes[0] & INPUT_DRAIN)
		drain(states[state].kept);
}

/* What lwIP knows of its connections, in any order, and what their clients may
 * read. */
static uint64_t see_all(void)
{
	const size_t from = offsetof(struct tcp_pcb, remote_port);
	const size_t end = offsetof(struct tcp_pcb, unsent);
	uint64_t seen = trace;

	for (struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
		express_land(p);
	for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
		seen += hash_of((const uint8_t *)p + from, end - from) +
			hash_of(&p->persist_cnt, 4) + p->state;
	for (uint32_t i = 0; i < SOCKETS; i++) {
		const struct az_socket *s = socket_of(i);

		for (uint32_t at = s->client.taken;
		     is_open(s) && at != s->stack.received; at++)
			seen = seen * 5 + receive_buffer(i)[at % RECEIVE];
	}
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint64_t seen;

	if (states[0].kept == NULL)
		make_states();
	if (length == 0)
		return 0;
	traced = (bytes[0] & INPUT_TWICE) != 0;
	no_two_like = false;
	run(bytes, length, true);
	if (!traced || no_two_like || world.crowded)
		return 0;
	seen = see_all();
	run(bytes, length, false);
	if (see_all() != seen && !world.crowded)
		__builtin_trap();
	return 0;
}
