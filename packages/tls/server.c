#include "server.h"

#include "behind.h"
#include "azoth_socket.h"
#include "config.h"
#include "credentials.h"
#include "httpd/port.h"
#include "session.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	EVENTS_MAX = 256,
	FDS = 16384,
	/* How old a session is that may have to give way. */
	SLOW_LINGER_MS = 20,
	SLOW_SHAKE_MS = 1000,
	SILENT_MS = 5000,
	NS_PER_MS = 1000000,
};

static struct session *sessions;
static uint16_t session_of[FDS]; /* the place that a descriptor had last */
static int32_t listeners[LISTENERS_MAX];
static uint32_t listener_count;
static bool arrivals; /* a listener may have more */

/* --- Accepting --------------------------------------------------------------- */

/* In which order sessions give way to a connection that waits; 0: this one
 * does not. */
static uint32_t rank_of(const struct session *s)
{
	uint64_t age = session_now - s->since;

	switch (s->state) {
	case SESSION_LINGER:
		return age >= SLOW_LINGER_MS ? 3 : 0;
	case SESSION_SHAKE:
		return age >= SLOW_SHAKE_MS ? 2 : 0;
	case SESSION_OPEN:
		return age >= SILENT_MS ? 1 : 0;
	default:
		return 0;
	}
}

/* A free place, or that of the one who gives way first; NULL: none. */
static struct session *find_place(void)
{
	struct session *first = NULL;
	uint32_t rank = 0;

	for (uint32_t i = 0; i < config.connections; i++) {
		struct session *s = &sessions[i];
		uint32_t r = rank_of(s);

		if (s->state == SESSION_FREE)
			return s;
		if (r > rank ||
		    (r > 0 && r == rank && s->since < first->since)) {
			first = s;
			rank = r;
		}
	}
	if (first != NULL)
		session_end(first, AZ_SOCKET_TIMED_OUT);
	return first;
}

/* Who is to have what has come as fd. */
static struct client *find_client(int32_t fd, uint16_t *listener)
{
	static bool said;
	struct az_socket_address local = { 0 };
	struct client *client;

	(void)az_sock_address(fd, 1, &local);
	client = behind_find(local.port, listener);
	if (client == NULL && !said) {
		(void)fprintf(stderr,
		    "no module listens behind port %u: no connection to it is "
		    "taken\n",
		    local.port);
		said = true;
	}
	return client;
}

static void begin(struct session *s, int32_t fd)
{
	const struct identity *id = credentials_get(session_now);
	struct client *client = NULL;
	uint16_t listener = 0;

	if (id != NULL && fd < FDS)
		client = find_client(fd, &listener);
	if (client == NULL)
		port_close(fd);
	else if (session_begin(s, fd, id, client, listener))
		session_of[fd] = (uint16_t)(s - sessions);
}

static void accept_from(int32_t listener)
{
	struct session *s;

	while ((s = find_place()) != NULL) {
		int32_t fd = port_accept(listener);

		if (fd < 0)
			return;
		begin(s, fd);
	}
	arrivals = true; /* perhaps: there was no place to find out */
}

/* --- The loop ---------------------------------------------------------------- */

/* False: there is none. */
static bool take_events(void)
{
	static struct az_socket_ready list[EVENTS_MAX];
	uint32_t count = port_events(list, EVENTS_MAX, 0);

	for (uint32_t i = 0; i < count; i++) {
		const struct az_socket_ready *e = &list[i];
		struct session *s;

		arrivals |= (e->events & AZ_SOCKET_ARRIVAL) != 0;
		if (e->fd < 0 || e->fd >= FDS)
			continue;
		s = &sessions[session_of[e->fd]];
		if (s->state == SESSION_FREE || s->fd != e->fd)
			continue;
		s->readable |= (e->events & AZ_SOCKET_READABLE) != 0;
		s->writable |= (e->events & AZ_SOCKET_WRITABLE) != 0;
		s->pending = true;
	}
	return count > 0;
}

/* Run one, and end it at its time; gives when it wants to go on. */
static uint64_t run(struct session *s)
{
	if (s->state == SESSION_WAIT || s->pending)
		session_run(s);
	if (s->state != SESSION_FREE && s->deadline <= session_now)
		session_end(s, AZ_SOCKET_TIMED_OUT);
	if (s->state == SESSION_FREE)
		return UINT64_MAX;
	return s->pending ? 0 : s->deadline;
}

int64_t server_turn(void)
{
	uint64_t next = UINT64_MAX;

	session_now = port_now();
	(void)take_events();
	behind_poll();
	if (arrivals) {
		arrivals = false;
		for (uint32_t i = 0; i < listener_count; i++)
			accept_from(listeners[i]);
	}
	for (uint32_t i = 0; i < config.connections; i++) {
		uint64_t when = UINT64_MAX;

		if (sessions[i].state != SESSION_FREE)
			when = run(&sessions[i]);
		if (when < next)
			next = when;
	}
	behind_wake();
	/* Who closes a descriptor may see what has come at it only then. */
	if (take_events())
		return 0;
	if (arrivals && session_now + SLOW_LINGER_MS < next)
		next = session_now + SLOW_LINGER_MS;
	if (next == UINT64_MAX)
		return INT64_MAX;
	return next <= session_now ? 0
				   : (int64_t)(next - session_now) * NS_PER_MS;
}

int server_begin(void)
{
	listener_count = port_listeners(listeners);
	sessions = calloc(config.connections, sizeof(*sessions));
	if (sessions == NULL) {
		(void)fprintf(stderr, "no memory for the connections\n");
		return 1;
	}
	if (listener_count == 0) {
		(void)fprintf(
		    stderr, "no listener: grants: { listen: [ ... ] }\n");
		return 1;
	}
	if (!behind_open()) {
		(void)fprintf(stderr,
		    "nobody behind: networks: { NAME: { stack: ... } }, and a "
		    "module that listens there\n");
		return 1;
	}
	session_now = port_now();
	(void)credentials_get(session_now);
	arrivals = true;
	return 0;
}
