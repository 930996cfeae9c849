/* answer: what a request gets: a handler's response, a file, or an error. */
#ifndef HTTPD_ANSWER_H
#define HTTPD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

struct az_http_route;
struct conn;
struct head;

/* The routes of the project, borrowed for ever. */
void answer_begin(const struct az_http_route *routes, uint32_t count);

/* Whether there is somebody to have the body of this request. */
bool answer_takes_body(const struct head *h);

/* Answer the request of c, which is whole: c is to be sent afterwards. */
void answer_request(struct conn *c);
/* The same, of one that is the same as the last one of c. */
void answer_again(struct conn *c);
/* The next part of its answer; false: there is none, and no good end. */
bool answer_more(struct conn *c);
/* No more parts. */
void answer_end_stream(struct conn *c);

/* Answer with a status alone. */
void answer_status(struct conn *c, uint32_t status);

#endif
