/* reply: the head of a response. */
#ifndef HTTPD_REPLY_H
#define HTTPD_REPLY_H

#include <stdbool.h>
#include <stdint.h>

struct az_http_response;
struct file;

enum { REPLY_SIZE = 768 };

/* Bytes that grow; what finds no room is not there, and full is set. */
struct reply {
	uint32_t length;
	bool full;
	char bytes[REPLY_SIZE];
};

/* How a response goes with its connection. */
struct reply_manner {
	bool is_http10, close;
	bool chunked; /* its body */
};

/* A head for a file; for 304 without what describes a body. */
void reply_file(struct reply *r, uint32_t status, const struct file *f,
    struct reply_manner manner);
/* One for what a handler has answered. */
void reply_handler(struct reply *r, const struct az_http_response *response,
    struct reply_manner manner);
/* A whole response that has only its status to say; no body: for HEAD. */
void reply_status(
    struct reply *r, uint32_t status, bool body, struct reply_manner manner);

/* The line before a chunk of so many bytes. */
void reply_chunk(struct reply *r, uint32_t size);

/* How often the time of day has: then no head is as it was. */
extern uint64_t reply_changes;

/* The time of day for the field Date: once a second. now: port_now's. */
void reply_set_date(uint64_t now);

#endif
