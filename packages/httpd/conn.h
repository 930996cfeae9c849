/* conn: one connection, from its first byte to its end: a state machine that
 * goes on as far as it can, and then waits for its socket or its deadline.
 *
 *	HEAD -> (BODY ->) SEND -> HEAD ...	the next request
 *	        SEND -> WAIT -> SEND ...	an answer in several parts
 *	        SEND -> LINGER			after a refusal: it reads on
 *
 * One request at a time: what a client sends ahead stays in `in`. Every
 * refusal ends the connection, which then lingers: a client that still sends
 * would lose the response otherwise.
 *
 * Invariants: fd >= 0 while it lives; `in` holds the request that is being
 * answered, then what came behind it; body and answer are the pool's. Memory:
 * the table's (server.c). Context: the loop of server.c.
 */
#ifndef HTTPD_CONN_H
#define HTTPD_CONN_H

#include "head.h"
#include "reply.h"

struct az_http_route;
struct file;

enum conn_state {
	CONN_HEAD,
	CONN_BODY,
	CONN_SEND,
	CONN_WAIT,
	CONN_LINGER,
};

enum { CONN_IN = HEAD_SIZE_MAX + 4096, CONN_PIECES = 3, CONN_SAME = 1024 };

struct conn {
	int32_t fd; /* -1: this place is free */
	enum conn_state state;
	bool readable, writable; /* as far as is known */
	bool ended;              /* the client sends no more */
	bool close;              /* after this response */
	bool unread;             /* it may still send what nobody reads */
	bool probed;             /* whether it ended while idle */
	bool skipped;            /* an empty line before the request */
	bool queued;             /* to be run again at once: server.c */
	bool streaming;          /* its answer has several parts */
	uint64_t since;          /* when this state, or request, began */
	uint64_t deadline;
	uint64_t limit; /* of all of a body, or of a response */

	uint32_t have;        /* bytes in `in` */
	uint32_t scanned;     /* of these looked at by lines_find_end */
	uint32_t head_length; /* of the request that is being answered */
	uint32_t same_length; /* of `same`, 0: none */
	/* How that was answered, if in the same way again: answer.c. */
	struct file *kept; /* with the reply that is there; NULL: it was not */
	uint64_t kept_at;  /* file_changes and reply_changes */

	/* What is still to be sent: pieces, then what is left of the file. */
	struct {
		const char *at;
		uint32_t left;
	} out[CONN_PIECES];
	struct file *file;
	uint64_t file_at, file_left;
	uint32_t file_step; /* bytes to read at once: what goes out, twice */
	const struct az_http_route *route; /* of an answer in parts */
	uint32_t again;                    /* ms until its next part */
	char *body, *answer;               /* pool.h */

	struct head head;
	/* The request that head was read from, where one of the same bytes can
	 * be answered without reading it again. */
	char same[CONN_SAME];
	struct reply reply;
	char in[CONN_IN];
};

/* The time of this turn of the loop: port_now. */
extern uint64_t conn_now;

/* A connection has come. */
void conn_begin(struct conn *c, int32_t fd);
/* Go on. True: it could, but others have waited long enough. Afterwards fd may
 * be -1. */
bool conn_run(struct conn *c);
/* Its deadline is over. */
bool conn_expire(struct conn *c);
/* At once, whatever is under way. */
void conn_close(struct conn *c);

/* For answer.c: begin to send what lies in out and file. */
void conn_send(struct conn *c);

#endif
