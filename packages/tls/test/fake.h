/* fake: tls without a machine: a connection whose peer speaks TLS by BearSSL,
 * and a client behind whose half of the sockets is written as the kernel
 * would. Bytes that go from one to the other are counted off, so that each
 * knows which must come next. Time stands still unless a test moves it.
 *
 * What is not as it must be ends in abort().
 */
#ifndef TLS_TEST_FAKE_H
#define TLS_TEST_FAKE_H

#include <stdbool.h>
#include <stdint.h>

enum { FAKE_SOCKETS = 4, FAKE_QUEUE = 1 << 16 };

/* Bytes on their way between peer and server, encrypted. */
struct fake_queue {
	uint32_t from, to; /* modulo FAKE_QUEUE */
	uint8_t bytes[FAKE_QUEUE];
};

struct fake {
	struct fake_queue to_server, to_peer;
	bool arrives;  /* a connection waits at the listener */
	bool open;     /* the server has it */
	bool ended;    /* the peer sends no more behind to_server */
	bool broken;   /* ... and takes nothing either */
	uint32_t most; /* bytes that one read or write moves */
	uint64_t now;  /* ms */
};

extern struct fake fake;

/* Begin, with the secret that $TLS_SECRET names. */
void fake_begin(void);
/* A connection arrives, if there is none. */
void fake_connect(void);
/* The server does what it can; then the peer. */
void fake_turn(void);

/* The peer says so many bytes, or that it says no more. */
void fake_peer_send(uint32_t count);
void fake_peer_close(void);

/* The client behind, at each of its sockets. */
void fake_accept(void);
void fake_client_send(uint32_t count);
void fake_client_take(uint32_t count);
void fake_client_want(uint32_t want); /* enum az_socket_want */

/* Everybody leaves, and time passes: nothing may be left. */
void fake_end(void);

#endif
