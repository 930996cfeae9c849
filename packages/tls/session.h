/* session: one connection from outside, from its first byte to its end: what
 * is encrypted goes through a descriptor, what is plain through a socket of
 * the module behind.
 *
 *	SHAKE -> WAIT -> OPEN		the handshake, a free socket, bytes
 *	OPEN -> CLOSING -> LINGER	the client has closed: all that it sent
 *					goes out, and close_notify behind it
 *	any -> LINGER			an alert has gone out: the peer may read
 *					it before the connection is reset
 *
 * Back-pressure: no byte is taken from either side for which the other has no
 * room; so a session holds one record each way, and not more.
 * A peer that ends without close_notify was cut off: the client sees a reset.
 *
 * Memory: the table's (server.c), wiped at the end. Context: its loop.
 */
#ifndef TLS_SESSION_H
#define TLS_SESSION_H

#include <bearssl.h>
#include <stdbool.h>
#include <stdint.h>

struct client;
struct identity;

enum session_state {
	SESSION_FREE,
	SESSION_SHAKE,
	SESSION_WAIT,
	SESSION_OPEN,
	SESSION_CLOSING,
	SESSION_LINGER,
};

enum {
	/* Peers may send records of 16 KiB; ours are of 4 KiB. */
	SESSION_IN = BR_SSL_BUFSIZE_INPUT,
	SESSION_OUT = 4096 + 85,
	SESSION_NO_SOCKET = -1,
};

struct session {
	enum session_state state;
	int32_t fd;
	bool readable, writable; /* as far as is known */
	bool ended;              /* the peer sends no more */
	bool shut;               /* close_notify is on its way */
	bool pending;            /* there may be something to do */
	uint16_t listener;
	struct client *client;
	int32_t number;    /* of its socket, or SESSION_NO_SOCKET */
	uint64_t since;    /* this state, OPEN: this silence, ms */
	uint64_t deadline; /* UINT64_MAX: none */
	br_ssl_server_context tls;
	unsigned char in[SESSION_IN], out[SESSION_OUT];
};

/* The time of this turn of the loop: port_now. */
extern uint64_t session_now;

/* A connection has come, for a listener of a client. False: it could not
 * begin, and is closed. */
bool session_begin(struct session *s, int32_t fd, const struct identity *id,
    struct client *client, uint16_t listener);
/* Go on as far as others may wait: `pending` says whether there is more. */
void session_run(struct session *s);
/* Its client has changed its half of the socket. */
void session_attend(struct session *s);
/* At once, whatever is under way; its place is free, and wiped. */
void session_end(struct session *s, uint32_t error);

#endif
