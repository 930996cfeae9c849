/* head: one request, from its bytes: the door of httpd.
 *
 * lines.c looks at the bytes, llhttp reads them, and fields.c gives the fields
 * their meaning: how long the body is, above all. Where llhttp does not agree
 * with that the request is refused. Every refusal ends the connection.
 *
 * Invariant: request and fields point into the bytes that were given to
 * head_parse, which stay where they are until the request is answered.
 */
#ifndef HTTPD_HEAD_H
#define HTTPD_HEAD_H

#include "azoth_http.h"
#include "chunk.h"

#include <llhttp.h>
#include <stdbool.h>

enum { HEAD_SIZE_MAX = 8192, HEAD_FIELDS_MAX = AZ_HTTP_FIELDS_MAX };

struct head {
	struct az_http_request request;
	struct az_http_field fields[HEAD_FIELDS_MAX];
	struct az_http_text target, host, if_none_match;
	uint64_t content_length;
	uint32_t status;     /* to refuse it with; 0: none */
	uint32_t body_space; /* of request.body, bytes */
	bool is_http10;
	bool has_length, is_chunked, has_host;
	bool close;            /* asked for, or by its version */
	bool keep;             /* asked for */
	bool expects_continue; /* before it sends the body */
	bool complete;         /* llhttp has seen the end */
	struct chunk chunk;
	uint64_t body_left; /* of content_length */
	llhttp_t parser;
};

/* Of a whole head (lines_find_end): 0, or the status to refuse it with. The
 * path is decoded in place. */
uint32_t head_parse(struct head *h, char *bytes, uint32_t length);

/* Whether the same bytes at the same place need not be read again: they were
 * all of the request, and stand there as they came. */
bool head_is_lasting(const struct head *h);
/* They have come again. */
void head_repeat(struct head *h);

bool head_has_body(const struct head *h);
/* Where the body goes: at most size bytes. */
void head_set_body(struct head *h, char *buffer, uint32_t size);
/* Read on in the body: how many of the bytes were its own. *status: 413 or
 * 400, to refuse it with, or as it was. */
uint32_t head_read_body(
    struct head *h, const char *bytes, uint32_t length, uint32_t *status);
/* All of the request is there. */
bool head_is_whole(const struct head *h);

#endif
