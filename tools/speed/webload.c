/* webload: web clients at the other end of a virtual machine's network cable.
 *
 * webload SOCKET [COUNTS]: QEMU connects to the socket with its frames (-netdev
 * stream), and sees a host 10.0.2.2 with as many connections as are wanted to
 * 10.0.2.15:8080. Nothing lies between the guest's card and this program, so
 * what is measured is the guest. A line on standard input
 *
 *	CONNECTIONS REQUESTS PATH [FRESH SLOW]
 *
 * has that many requests made, the next one on a connection when all of the
 * answer to the last one is there, or where FRESH is 1 on a new connection; *
 * in the path is another number for each. Beside them SLOW others send heads
 * that never end: each in its turn, one for every SLOW_EVERY answers, sends a
 * byte, or connects again if it was thrown out. Answered by
 *
 *	REQUESTS SECONDS BYTES BAD MEDIAN P99 COUNTED_MEDIAN COUNTED_P99 HELD
 *
 * SECONDS from the first request on all of whose connections stand, and once
 * each slow one has had its turn twice; bad are responses other than 200, and
 * frames with a wrong checksum. MEDIAN and P99 are microseconds from a request,
 * or a fresh connection's first segment, to the end of the answer; COUNTED the
 * guest's instructions in that time, where COUNTS is the file that count-insns.c
 * keeps them in; HELD how many slow connections stand at the end. TCP as it must
 * be where what the guest sends is never lost, but what it is sent may be: a card
 * that has no room drops it. What is out of order is asked for again.
 */
#include "cable.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS_MAX = 256,
	SLOW_MAX = 4096,
	SLOW_EVERY = 32,
	SLOW_STEP = 64,
	TIMES_MAX = 1 << 20,
	PORTS = 1 << 16,
	NUMBERS = 1 << 16, /* of a connection */
	FIRST_PORT = 20000,
	SERVER_PORT = 8080,
	IP = 20,
	PROTOCOL = 6,
	TCP = 20,
	SEGMENT = 1460,
	SCALE = 7,
	WINDOW = 1 << 20,
	AGAIN_MS = 5,    /* a SYN that nobody answered, before all begins */
	LOST_MS = 1000,  /* and later */
	REPEAT_MS = 200, /* a request that was not acknowledged */
	OWED_MAX = 2,    /* segments to acknowledge (RFC 1122, 4.2.3.2) */
	SETTLE_MS = 200,
	HEAD_MAX = 2048,
	FIN = 1,
	SYN = 2,
	RST = 4,
	PSH = 8,
	ACK = 16,
};

enum state { CLOSED, OPENING, READY, BUSY, ENDING };

struct moment {
	double at;
	uint64_t count;
};

static struct connection {
	enum state state;
	uint16_t port;
	bool scaled, slow;
	uint32_t owed;           /* segments that we have not acknowledged */
	uint32_t turns;          /* of a slow one: bytes sent */
	struct moment since;     /* the request was, or the connection */
	uint32_t sent, received; /* next sequence numbers */
	uint32_t acknowledged;   /* of what was sent, by the guest */
	uint64_t request;        /* its number */
	double asked;            /* when it was sent last */
	uint32_t head_length;    /* of what is in head; whole: its end is */
	bool whole;
	uint64_t left; /* bytes of the body */
	char head[HEAD_MAX];
} connections[CONNECTIONS_MAX + SLOW_MAX];
static struct connection *const slow = connections + CONNECTIONS_MAX;
static struct connection *by_port[PORTS];

static char request[512], path[256];
static uint32_t wanted, request_length, fresh, slow_count;
static uint64_t slow_turns;
static const char *counts_name;
static const uint64_t *counts; /* of the guest's instructions so far */
static size_t count_length;
static uint64_t took[2][TIMES_MAX]; /* microseconds, and counted */
static uint16_t next_port = FIRST_PORT;
static uint32_t next_number;
static uint64_t to_start, to_end, requests, bytes, bad;
static double started, last_try, last_slow, last_look;
static bool running;

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct moment instant(void)
{
	struct moment m = { .at = now() };

	for (size_t i = 0; i < count_length; i++)
		m.count += counts[i];
	return m;
}

static uint64_t pseudo_sum(const uint8_t *ip, size_t length)
{
	return cable_sum(ip + 12, 8, 6 + length);
}

static void send_segment(
    struct connection *c, uint32_t flags, const void *payload, uint32_t length)
{
	static const uint8_t options[8] = { 2, 4, SEGMENT >> 8, SEGMENT & 255,
		1, 3, 3, SCALE };
	uint32_t more = flags & SYN ? sizeof(options) : 0;
	uint32_t tcp_length = TCP + more + length;
	uint8_t *ip = cable_packet(IP + tcp_length);
	uint8_t *tcp = ip + IP;

	ip[0] = 0x45;
	cable_put16(ip + 2, IP + tcp_length);
	ip[8] = 64;
	ip[9] = PROTOCOL;
	memcpy(ip + 12, cable_own_ip, 4);
	memcpy(ip + 16, cable_guest_ip, 4);
	cable_put16(ip + 10, cable_fold(cable_sum(ip, IP, 0)));
	cable_put16(tcp, c->port);
	cable_put16(tcp + 2, SERVER_PORT);
	cable_put32(tcp + 4, c->sent);
	cable_put32(tcp + 8, c->received);
	tcp[12] = (uint8_t)((TCP + more) / 4 << 4);
	tcp[13] = (uint8_t)flags;
	cable_put16(tcp + 14, c->scaled ? WINDOW >> SCALE : 65535);
	memcpy(tcp + TCP, options, more);
	memcpy(tcp + TCP + more, payload, length);
	cable_put16(tcp + 16,
	    cable_fold(cable_sum(tcp, tcp_length, pseudo_sum(ip, tcp_length))));
	c->sent += length + ((flags & (SYN | FIN)) != 0);
	c->owed = 0;
}

/* --- Connections ------------------------------------------------------------ */

/* Send the first segment, the first time or again. */
static void open_connection(struct connection *c)
{
	if (c->state == CLOSED) {
		memset(c, 0, sizeof(*c));
		while (by_port[next_port] != NULL || next_port < FIRST_PORT)
			next_port++;
		c->slow = c >= slow;
		c->port = next_port++;
		c->sent = next_number += NUMBERS;
		c->since = instant();
		by_port[c->port] = c;
	}
	c->state = OPENING;
	send_segment(c, SYN, "", 0);
	c->sent--;
}

/* The next slow connection has its turn. */
static void be_slow(void)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
	struct connection *c = &slow[slow_turns++ % slow_count];

	last_slow = now();
	if (c->state != READY)
		open_connection(c);
	else if (c->turns++ == 0)
		send_segment(c, PSH | ACK, head, sizeof(head) - 1);
	else
		send_segment(c, PSH | ACK, "a", 1);
}

static void write_request(uint64_t which)
{
	const char *star = strchr(path, '*');
	int before = star == NULL ? (int)strlen(path) : (int)(star - path);
	char number[24] = "";

	if (star != NULL)
		(void)snprintf(number, sizeof(number), "%lu",
		    1000000 + (unsigned long)which);
	request_length = (uint32_t)snprintf(request, sizeof(request),
	    "GET %.*s%s HTTP/1.1\r\nHost: 10.0.2.15:8080\r\n"
	    "User-Agent: webload\r\nAccept: */*\r\n%s\r\n",
	    before, path, number, fresh ? "Connection: close\r\n" : "");
}

static void send_request(struct connection *c)
{
	write_request(c->request);
	c->asked = now();
	send_segment(c, PSH | ACK, request, request_length);
}

static void ask(struct connection *c)
{
	if (c->state != READY || c->slow || to_start == 0)
		return;
	c->request = to_start--;
	c->state = BUSY;
	c->head_length = 0;
	c->whole = false;
	if (!fresh)
		c->since = instant();
	send_request(c);
}

/* A connection that needs it: acknowledge, or ask again. late: it is time to,
 * however little it is. */
static void attend(struct connection *c, bool late)
{
	if (c->state == CLOSED)
		return;
	if (c->owed >= OWED_MAX || (late && c->owed > 0))
		send_segment(c, ACK, "", 0);
	if (late && c->state == BUSY && c->acknowledged != c->sent &&
	    now() - c->asked > REPEAT_MS / 1e3) {
		c->sent = c->acknowledged;
		send_request(c);
	}
}

static void finish(struct connection *c)
{
	struct moment end = instant();

	if (requests < TIMES_MAX) {
		took[0][requests] = (uint64_t)((end.at - c->since.at) * 1e6);
		took[1][requests] = end.count - c->since.count;
	}
	requests++;
	if (slow_count > 0 && requests % SLOW_EVERY == 0)
		be_slow();
	c->state = fresh ? ENDING : READY;
	ask(c);
}

/* The head is whole: how long is the body? */
static void read_head(struct connection *c)
{
	const char *length = strstr(c->head, "Content-Length: ");

	c->whole = true;
	bad += strncmp(c->head, "HTTP/1.1 200", 12) != 0;
	c->left = length == NULL ? 0 : strtoull(length + 16, NULL, 10);
}

static void take(struct connection *c, const uint8_t *at, uint32_t length)
{
	if (c->slow)
		return;
	bytes += length;
	while (!c->whole && length > 0 && c->head_length < HEAD_MAX - 1) {
		c->head[c->head_length++] = (char)*at++;
		c->head[c->head_length] = 0;
		length--;
		if (c->head_length >= 4 &&
		    strcmp(c->head + c->head_length - 4, "\r\n\r\n") == 0)
			read_head(c);
	}
	c->left -= length < c->left ? length : c->left;
	if (c->whole && c->left == 0 && c->state == BUSY)
		finish(c);
}

static void established(struct connection *c, const uint8_t *tcp)
{
	const uint8_t *option = tcp + TCP, *end = tcp + (tcp[12] >> 4) * 4;

	while (option < end && *option != 0 && !c->scaled) {
		c->scaled = *option == 3;
		option += *option == 1 ? 1 : option[1];
	}
	c->acknowledged = ++c->sent;
	c->received = cable_get32(tcp + 4) + 1;
	c->state = READY;
	send_segment(c, ACK, "", 0);
	if (running && fresh)
		ask(c);
}

/* The other end has ended it. */
static void lose(struct connection *c, bool reset)
{
	bool again =
	    running && fresh && c < connections + wanted && to_start > 0;

	bad += c->state == BUSY || (again && c->state == OPENING);
	requests += c->state == BUSY;
	c->received++;
	if (!reset)
		send_segment(c, (c->state == ENDING ? FIN : RST) | ACK, "", 0);
	by_port[c->port] = NULL;
	c->state = CLOSED;
	if (again)
		open_connection(c);
}

/* A segment of a connection that was forgotten. */
static void refuse(const uint8_t *tcp, uint32_t size)
{
	struct connection c = {
		.port = cable_get16(tcp + 2),
		.sent = cable_get32(tcp + 8),
		.received = cable_get32(tcp + 4) + size +
			    ((tcp[13] & (SYN | FIN)) != 0),
	};

	if (!(tcp[13] & RST) && c.received != cable_get32(tcp + 4))
		send_segment(&c, RST | ACK, "", 0);
}

static void on_segment(
    struct connection *c, const uint8_t *tcp, uint32_t head, uint32_t size)
{
	if (tcp[13] & RST) {
		lose(c, true);
		return;
	}
	if (c->state == OPENING) {
		if ((tcp[13] & (SYN | ACK)) == (SYN | ACK))
			established(c, tcp);
		return;
	}
	c->acknowledged = cable_get32(tcp + 8);
	if (cable_get32(tcp + 4) != c->received) {
		c->owed = OWED_MAX;
		return;
	}
	c->received += size;
	/* Who pushes has no more to say for now. */
	if (size > 0)
		c->owed += tcp[13] & PSH ? OWED_MAX : 1;
	take(c, tcp + head, size);
	if (tcp[13] & FIN)
		lose(c, false);
}

static void on_packet(const uint8_t *ip, uint32_t length)
{
	const uint8_t *tcp = ip + (ip[0] & 15) * 4;
	uint32_t total = cable_get16(ip + 2);
	uint32_t size = total - (uint32_t)(tcp - ip), head;
	struct connection *c;

	if (ip[9] != PROTOCOL || total < IP + TCP || total > length)
		return;
	if (cable_fold(cable_sum(tcp, size, pseudo_sum(ip, size))) != 0)
		bad++;
	c = by_port[cable_get16(tcp + 2)];
	head = (uint32_t)(tcp[12] >> 4) * 4;
	if (c == NULL)
		refuse(tcp, size - head);
	else
		on_segment(c, tcp, head, size - head);
}

/* --- What is asked for ------------------------------------------------------- */

/* Open what does not stand; how many do. */
static uint32_t open_all(void)
{
	bool late = now() - last_try > (running ? LOST_MS : AGAIN_MS) / 1e3;
	uint32_t ready = 0;

	for (uint32_t i = 0; i < wanted; i++) {
		struct connection *c = &connections[i];

		ready += c->state == READY;
		if (cable_knows_guest() && late &&
		    (c->state == OPENING || (c->state == CLOSED && !running)))
			open_connection(c);
	}
	if (late && !cable_knows_guest())
		cable_ask();
	for (uint32_t i = 0; late && ready == wanted && i < SLOW_STEP &&
			     slow_turns < 2 * (uint64_t)slow_count;
	     i++)
		be_slow();
	if (late)
		last_try = now();
	return ready;
}

/* Begin when all connections stand. */
static void bring_up(void)
{
	if (open_all() < wanted || slow_turns < 2 * (uint64_t)slow_count ||
	    now() - last_slow < SETTLE_MS / 1e3)
		return;
	running = true;
	started = now();
	for (uint32_t i = 0; i < wanted; i++)
		ask(&connections[i]);
}

/* QEMU has begun to count by now. */
static void read_counts(void)
{
	int fd = open(counts_name, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0)
		exit(1);
	counts = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (counts == MAP_FAILED)
		exit(1);
	count_length = (size_t)st.st_size / sizeof(*counts);
}

static void read_order(void)
{
	unsigned long count;
	char line[512];

	fresh = slow_count = 0;
	if (fgets(line, sizeof(line), stdin) == NULL ||
	    sscanf(line, "%u %lu %255s %u %u", &wanted, &count, path, &fresh,
		&slow_count) < 3 ||
	    wanted > CONNECTIONS_MAX || slow_count > SLOW_MAX)
		exit(0);
	if (counts_name != NULL && counts == NULL && requests > 0)
		read_counts();
	to_start = to_end = count;
	requests = bytes = bad = slow_turns = 0;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void report(void)
{
	uint64_t n = requests < TIMES_MAX ? requests : TIMES_MAX, held = 0;

	for (uint32_t i = 0; i < slow_count; i++)
		held += slow[i].state == READY;
	printf("%lu %.6f %lu %lu", (unsigned long)requests, now() - started,
	    (unsigned long)bytes, (unsigned long)bad);
	for (uint32_t i = 0; i < 2; i++) {
		qsort(took[i], n, sizeof(uint64_t), compare);
		printf(" %lu %lu", (unsigned long)took[i][n / 2],
		    (unsigned long)took[i][n * 99 / 100]);
	}
	printf(" %lu\n", (unsigned long)held);
	(void)fflush(stdout);
}

static void go_on(void)
{
	bool late = now() - last_look > AGAIN_MS / 1e3;

	if (to_end > 0 && !running)
		bring_up();
	else if (to_end > 0 && fresh)
		(void)open_all();
	for (uint32_t i = 0; i < CONNECTIONS_MAX + slow_count; i++)
		attend(&connections[i], late);
	if (late)
		last_look = now();
	cable_flush();
	if (!running || requests < to_end)
		return;
	report();
	running = false;
	to_end = 0;
}

int main(int argc, char **argv)
{
	int cable;

	if (argc != 2 && argc != 3)
		return 2;
	setvbuf(stdin, NULL, _IONBF, 0);
	cable = cable_plug_in(argv[1]);
	counts_name = argc == 3 ? argv[2] : NULL;
	for (;;) {
		struct pollfd on[] = { { .fd = cable, .events = POLLIN },
			{ .fd = STDIN_FILENO, .events = POLLIN } };

		(void)poll(on, 2, to_end > 0 ? AGAIN_MS : -1);
		if (on[1].revents != 0)
			read_order();
		if (on[0].revents != 0)
			cable_read(on_packet);
		go_on();
	}
}
