#include "server.h"

#include "answer.h"
#include "azoth_http.h"
#include "azoth_socket.h"
#include "config.h"
#include "conn.h"
#include "file.h"
#include "metrics.h"
#include "pool.h"
#include "port.h"
#include "reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	EVENTS_MAX = 256,
	FDS = 16384,
	CROWD = 16,
	CROWDED_MS = 10,      /* look again who gives way */
	SLOW_HEAD_MS = 20,    /* who may have to */
	SLOW_OTHERS_MS = 500, /* ... while it sends or receives */
	MS = 1000000,
};

static struct conn *conns;
static uint16_t conn_of[FDS]; /* by descriptor: its place, from 1 */
static int32_t listeners[LISTENERS_MAX];
static uint32_t listener_count;
static bool arrivals; /* a listener may have more */
static uint64_t due;  /* a deadline may be over then */
static uint16_t queue[CONNECTIONS_MAX], free_places[CONNECTIONS_MAX];
static uint32_t queue_length, free_count;

/* --- Who gives way ---------------------------------------------------------- */

/* In which order connections give way; 0: this one does not yet. */
static uint32_t rank_of(const struct conn *c)
{
	uint64_t age = conn_now - c->since;

	switch (c->state) {
	case CONN_HEAD:
		if (age < SLOW_HEAD_MS)
			return 0;
		return c->head_length == 0 && (c->have > 0 || c->probed) ? 4
									 : 3;
	case CONN_LINGER:
		return age < SLOW_HEAD_MS ? 0 : 2;
	case CONN_BODY:
	case CONN_SEND:
		return age < SLOW_OTHERS_MS ? 0 : 1;
	default:
		return 0;
	}
}

/* The one that gives way before others, of all or of those with a buffer. */
static struct conn *find_slowest(const struct conn *except, bool buffers)
{
	struct conn *slowest = NULL;
	uint32_t rank = 0;

	for (uint32_t i = 0; i < config.connections; i++) {
		struct conn *c = &conns[i];
		uint32_t r;

		if (c->fd < 0 || c == except ||
		    (buffers && c->body == NULL && c->answer == NULL))
			continue;
		r = rank_of(c);
		if (r > rank ||
		    (r > 0 && r == rank && c->since < slowest->since)) {
			slowest = c;
			rank = r;
		}
	}
	return slowest;
}

char *server_take_buffer(const struct conn *c)
{
	char *buffer = pool_take();
	struct conn *slowest;

	if (buffer != NULL)
		return buffer;
	slowest = find_slowest(c, true);
	if (slowest == NULL)
		return NULL;
	metrics.crowded++;
	conn_close(slowest);
	return pool_take();
}

static void note_deadline(uint64_t deadline)
{
	if (deadline < due)
		due = deadline;
}

void az_http_wake(void)
{
	for (uint32_t i = 0; i < config.connections; i++)
		if (conns[i].fd >= 0 && conns[i].state == CONN_WAIT)
			conns[i].deadline = due = 0;
}

/* Keep some places free. */
static void make_room(void)
{
	uint32_t most =
	    config.connections - (config.connections + CROWD - 1) / CROWD;

	while (metrics.open > most) {
		struct conn *c = find_slowest(NULL, false);

		if (c == NULL) {
			note_deadline(conn_now + CROWDED_MS);
			return;
		}
		metrics.crowded++;
		conn_close(c);
	}
}

/* --- The loop --------------------------------------------------------------- */

void server_forget(int32_t fd)
{
	free_places[free_count++] = conn_of[fd] - 1;
	conn_of[fd] = 0;
}

/* After conn_run or conn_expire. */
static void settle(struct conn *c, bool more)
{
	if (c->fd < 0)
		return;
	note_deadline(c->deadline);
	if (more && !c->queued) {
		c->queued = true;
		queue[queue_length++] = (uint16_t)(c - conns);
	}
}

static void run_queue(void)
{
	static uint16_t now[CONNECTIONS_MAX];
	uint32_t count = queue_length;

	memcpy(now, queue, count * sizeof(now[0]));
	queue_length = 0;
	for (uint32_t i = 0; i < count; i++) {
		struct conn *c = &conns[now[i]];

		c->queued = false;
		if (c->fd >= 0)
			settle(c, conn_run(c));
	}
}

static void accept_from(int32_t listener)
{
	while (free_count > 0) {
		int32_t fd = port_accept(listener);
		struct conn *c;

		if (fd < 0)
			return;
		if (fd >= FDS) {
			port_close(fd);
			continue;
		}
		c = &conns[free_places[--free_count]];
		conn_of[fd] = (uint16_t)(c - conns + 1);
		conn_begin(c, fd);
		make_room();
		settle(c, conn_run(c));
	}
	arrivals = true;
}

static void accept_all(void)
{
	arrivals = false;
	for (uint32_t i = 0; i < listener_count; i++)
		accept_from(listeners[i]);
	if (arrivals)
		note_deadline(conn_now + CROWDED_MS);
}

static void expire_all(void)
{
	due = UINT64_MAX;
	make_room();
	for (uint32_t i = 0; i < config.connections; i++) {
		struct conn *c = &conns[i];

		if (c->fd < 0)
			continue;
		if (c->deadline <= conn_now)
			settle(c, conn_expire(c));
		else
			note_deadline(c->deadline);
	}
	if (arrivals)
		accept_all();
}

static void take_event(const struct az_socket_ready *e)
{
	struct conn *c;

	if (e->events & AZ_SOCKET_ARRIVAL)
		arrivals = true;
	if (e->fd < 0 || e->fd >= FDS || conn_of[e->fd] == 0)
		return;
	c = &conns[conn_of[e->fd] - 1];
	c->readable |= (e->events & AZ_SOCKET_READABLE) != 0;
	c->writable |= (e->events & AZ_SOCKET_WRITABLE) != 0;
	settle(c, conn_run(c));
}

void server_turn(int64_t most_ns)
{
	static struct az_socket_ready list[EVENTS_MAX];
	int64_t ns = INT64_MAX;
	uint32_t count;

	if (due != UINT64_MAX)
		ns = due <= conn_now ? 0 : (int64_t)(due - conn_now) * MS;
	if (queue_length > 0)
		ns = 0;
	count = port_events(list, EVENTS_MAX, ns < most_ns ? ns : most_ns);
	conn_now = port_now();
	reply_set_date(conn_now);
	for (uint32_t i = 0; i < count; i++)
		take_event(&list[i]);
	run_queue();
	if (arrivals)
		accept_all();
	if (due <= conn_now)
		expire_all();
}

int server_begin(uint32_t route_count)
{
	listener_count = port_listeners(listeners);
	conns = calloc(config.connections, sizeof(*conns));
	if (conns == NULL || listener_count == 0) {
		(void)fprintf(stderr, "%s\n",
		    conns == NULL ? "no memory for the connections"
				  : "no listener: grants: { listen: [ ... ] }");
		return 1;
	}
	if (!file_begin(config.root) && route_count == 0)
		(void)fprintf(stderr, "no folder %s\n", config.root);
	for (uint32_t i = config.connections; i > 0; i--) {
		conns[i - 1].fd = -1;
		free_places[free_count++] = (uint16_t)(i - 1);
	}
	due = UINT64_MAX;
	arrivals = true;
	conn_now = port_now();
	return 0;
}

int az_http_serve(
    int argc, char **argv, const struct az_http_route *routes, uint32_t count)
{
	int error;

	if (!config_parse(argc, argv))
		return 2;
	answer_begin(routes, count);
	error = server_begin(count);
	if (error == 0)
		port_ready();
	while (error == 0)
		server_turn(INT64_MAX);
	return error;
}
