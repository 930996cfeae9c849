#include "answer.h"

#include "azoth.h"
#include "config.h"
#include "conn.h"
#include "file.h"
#include "metrics.h"
#include "pool.h"
#include "port.h"
#include "server.h"

#include <string.h>

static const struct az_http_route own_routes[] = {
	{ "/healthz", metrics_health },
	{ "/metrics", az_http_metrics },
};
static const struct az_http_route *project_routes;
static uint32_t project_count, streams;

void answer_begin(const struct az_http_route *routes, uint32_t count)
{
	project_routes = routes;
	project_count = count;
}

static bool route_fits(const char *prefix, struct az_http_text path)
{
	uint32_t length = (uint32_t)strlen(prefix);

	return length > 0 && path.length >= length &&
	       memcmp(path.at, prefix, length) == 0 &&
	       (path.length == length || prefix[length - 1] == '/' ||
		   path.at[length] == '/');
}

static const struct az_http_route *find_route(struct az_http_text path)
{
	for (uint32_t i = 0; i < project_count; i++)
		if (route_fits(project_routes[i].prefix, path))
			return &project_routes[i];
	for (uint32_t i = 0; i < sizeof(own_routes) / sizeof(*own_routes); i++)
		if (route_fits(own_routes[i].prefix, path))
			return &own_routes[i];
	return NULL;
}

bool answer_takes_body(const struct head *h)
{
	return find_route(h->request.path) != NULL;
}

static struct reply_manner manner_of(const struct conn *c)
{
	return (struct reply_manner){
		.is_http10 = c->head.is_http10,
		.close = c->close,
		.chunked = c->again > 0 && !c->head.is_http10,
	};
}

/* Send the reply's head, then a body, then a tail of text. */
static void send(
    struct conn *c, const char *body, uint32_t length, const char *tail)
{
	metrics.responses[c->reply.bytes[9] - '0'] += c->reply.length > 12;
	c->out[0].at = c->reply.bytes;
	c->out[0].left = c->reply.length;
	c->out[1].at = body;
	c->out[1].left = length;
	c->out[2].at = tail;
	c->out[2].left = (uint32_t)strlen(tail);
	conn_send(c);
}

void answer_status(struct conn *c, uint32_t status)
{
	bool body = c->head.request.method != AZ_HTTP_HEAD;

	c->again = 0;
	reply_status(&c->reply, status, body, manner_of(c));
	send(c, "", 0, "");
}

/* --- Files ------------------------------------------------------------------ */

/* Whether a list of tags has that one; weak ones are as good. */
static bool has_tag(struct az_http_text list, const char *tag)
{
	uint32_t length = (uint32_t)strlen(tag);

	if (list.length == 1 && list.at[0] == '*')
		return true;
	for (uint32_t i = 0; i + length <= list.length; i++)
		if (memcmp(list.at + i, tag, length) == 0)
			return true;
	return false;
}

/* Send what is all in memory, and in the same way again. */
static void keep(struct conn *c, struct file *f)
{
	c->kept = f;
	c->kept_at = file_changes + reply_changes;
	send(c, f->bytes, (uint32_t)f->size, "");
}

static void answer_file(struct conn *c)
{
	const struct az_http_request *request = &c->head.request;
	uint32_t status;
	struct file *f;

	if (request->method != AZ_HTTP_GET && request->method != AZ_HTTP_HEAD) {
		answer_status(c, 405);
		return;
	}
	f = file_find(request->path, &status);
	if (f == NULL) {
		answer_status(c, status);
		return;
	}
	status = c->head.if_none_match.length > 0 &&
			 has_tag(c->head.if_none_match, f->etag)
		     ? 304
		     : 200;
	reply_file(&c->reply, status, f, manner_of(c));
	c->file = f;
	c->file_at = c->file_left = 0;
	if (status == 304 || request->method == AZ_HTTP_HEAD)
		send(c, "", 0, "");
	else if (f->bytes != NULL)
		keep(c, f);
	else {
		c->file_left = f->size;
		send(c, "", 0, "");
	}
}

/* --- Handlers --------------------------------------------------------------- */

static uint32_t status_of(int32_t result)
{
	switch (result) {
	case AZ_PEER_BUSY:
		return 503;
	case AZ_PEER_TIMEOUT:
		return 504;
	default:
		return result < 0 ? 502 : 500;
	}
}

/* Ask the handler: 0, or the status of an error. */
static uint32_t ask(struct conn *c, struct az_http_response *r)
{
	int32_t result;

	c->answer = server_take_buffer(c);
	if (c->answer == NULL)
		return 503;
	*r = (struct az_http_response){
		.status = 200,
		.type = "text/plain; charset=utf-8",
		.body = c->answer,
		.size = POOL_SIZE,
	};
	result = c->route->handle(&c->head.request, r);
	conn_now = port_now(); /* it may have taken long */
	if (result != 0)
		return status_of(result);
	if (r->length > r->size || r->status < 200 || r->status > 599)
		return 500;
	return 0;
}

/* An answer in parts begins; false: there are too many. */
static bool begin_stream(struct conn *c, uint32_t again)
{
	if (again == 0)
		return true;
	if (streams >= (config.connections + 1) / 2)
		return false;
	streams++;
	c->streaming = true;
	c->close |= c->head.is_http10;
	c->again = again;
	return true;
}

void answer_end_stream(struct conn *c)
{
	streams -= c->streaming;
	c->streaming = false;
	c->again = 0;
}

/* Send a part of a chunked body, and its end if it has one. */
static void send_chunk(struct conn *c, uint32_t length)
{
	bool last = c->again == 0;

	if (c->head.is_http10) {
		send(c, c->answer, length, "");
	} else if (length == 0) {
		send(c, "", 0, last ? "0\r\n\r\n" : "");
	} else {
		reply_chunk(&c->reply, length);
		send(c, c->answer, length, last ? "\r\n0\r\n\r\n" : "\r\n");
	}
}

static void answer_handler(struct conn *c)
{
	bool no_body = c->head.request.method == AZ_HTTP_HEAD;
	struct az_http_response r;
	uint32_t status = ask(c, &r);

	pool_give(&c->body);
	c->head.request.body = (struct az_http_text){ "", 0 };
	if (status == 0 && (r.status == 204 || r.status == 304))
		r.length = r.again = 0;
	if (status == 0 && !no_body && !begin_stream(c, r.again))
		status = 503;
	if (status == 0) {
		reply_handler(&c->reply, &r, manner_of(c));
		if (c->reply.full)
			status = 500;
	}
	if (status != 0) {
		answer_end_stream(c);
		pool_give(&c->answer);
		answer_status(c, status);
	} else if (no_body) {
		send(c, "", 0, "");
	} else if (c->streaming) {
		send_chunk(c, r.length);
	} else {
		send(c, c->answer, r.length, "");
	}
}

bool answer_more(struct conn *c)
{
	struct az_http_response r;

	c->head.request.turn++;
	if (ask(c, &r) != 0)
		return false;
	c->again = r.again;
	c->reply.length = 0;
	send_chunk(c, r.length);
	return true;
}

void answer_request(struct conn *c)
{
	c->again = 0;
	c->kept = NULL;
	c->route = find_route(c->head.request.path);
	if (c->route != NULL)
		answer_handler(c);
	else
		answer_file(c);
}

void answer_again(struct conn *c)
{
	if (c->kept == NULL || c->kept_at != file_changes + reply_changes) {
		answer_request(c);
		return;
	}
	c->file = c->kept;
	c->file->users++;
	send(c, c->file->bytes, (uint32_t)c->file->size, "");
}
