/* azoth_handler: a module that answers what a web server passes to it, by a
 * call channel of the interface azoth/handler.wit (azoth_http.h, AZ_HTTP_PASS).
 *
 *	#define HANDLER_ARENA shop	// the channel's name, with _ for -
 *	#include <azoth_handler.h>
 *
 *	int32_t az_http_handle(const struct az_http_request *request,
 *	    struct az_http_response *response)
 *	{
 *		...
 *	}
 *
 * is all of it, but for `build/shop.wasm: build/handler.server.h` of its
 * Makefile: the same function as one that is linked with httpd. What it gives
 * is 0, an enum az_status of a call that it made itself, or above 0 for an
 * error of its own.
 *
 * Invariant: a request is a copy that nobody changes, and its parts lie in it;
 * the body of a response lies where the web server sees it. Memory: for the
 * time of the call. To be included once in a module.
 */
#ifndef AZOTH_HANDLER_H
#define AZOTH_HANDLER_H

#include "azoth_http.h"

#define HANDLER_ARENA_SIZE AZ_HTTP_ARENA
#include "handler.server.h"

#include <string.h>

_Static_assert((int)HANDLER_METHOD_OPTIONS == (int)AZ_HTTP_OPTIONS, "methods");
enum {
	HANDLER_ANSWER_MAX = sizeof(struct handler_answer) + AZ_HTTP_BODY_MAX +
			     AZ_HTTP_TEXTS_MAX,
};

/* Answer a request: as a handler of azoth_http.h. */
int32_t az_http_handle(
    const struct az_http_request *request, struct az_http_response *response);

/* The first bytes of *rest, which then begins behind them. */
static inline bool az_handler_cut(
    struct az_http_text *out, uint32_t length, struct az_http_text *rest)
{
	if (length > rest->length)
		return false;
	*out = (struct az_http_text){ rest->at, length };
	rest->at += length;
	rest->length -= length;
	return true;
}

static inline bool az_handler_read_fields(
    struct az_http_field *fields, uint32_t *count, struct az_http_text lines)
{
	const char *end, *colon;

	for (*count = 0; lines.length > 0; ++*count) {
		struct az_http_field *f = &fields[*count];

		end = memchr(lines.at, '\n', lines.length);
		if (end == NULL || *count == AZ_HTTP_FIELDS_MAX)
			return false;
		colon = memchr(lines.at, ':', (size_t)(end - lines.at));
		if (colon == NULL || end - colon < 2)
			return false;
		f->name = (struct az_http_text){ lines.at,
			(uint32_t)(colon - lines.at) };
		f->value = (struct az_http_text){ colon + 2,
			(uint32_t)(end - colon - 2) };
		lines.length -= (uint32_t)(end + 1 - lines.at);
		lines.at = end + 1;
	}
	return true;
}

static inline bool az_handler_read(struct az_http_request *out,
    struct az_http_field *fields, const uint8_t *bytes, uint32_t length)
{
	struct az_http_text rest, lines;
	struct handler_request head;

	if (length < sizeof(head))
		return false;
	memcpy(&head, bytes, sizeof(head));
	rest.at = (const char *)bytes + sizeof(head);
	rest.length = length - (uint32_t)sizeof(head);
	out->method = (enum az_http_method)head.method;
	out->turn = head.turn;
	out->fields = fields;
	if (head.method > HANDLER_METHOD_OPTIONS ||
	    !az_handler_cut(&out->path, head.path, &rest) ||
	    !az_handler_cut(&out->query, head.query, &rest) ||
	    !az_handler_cut(&lines, head.fields, &rest))
		return false;
	out->body = rest;
	return az_handler_read_fields(fields, &out->field_count, lines);
}

/* The body is there; put what goes before it and behind. False: that is too
 * much. */
static inline bool az_handler_write(
    uint8_t *result, uint32_t *length, const struct az_http_response *r)
{
	const char *type = r->type != NULL ? r->type : "";
	const char *location = r->location != NULL ? r->location : "";
	struct handler_answer head = {
		.code = r->status,
		.again = r->again,
		.body = r->length,
		.content_type = (uint32_t)strlen(type),
		.location = (uint32_t)strlen(location),
	};
	uint8_t *to = result + sizeof(head) + r->length;

	if (r->length > r->size)
		__builtin_trap(); /* wrote past its room */
	if (head.content_type > AZ_HTTP_TEXTS_MAX ||
	    head.location > AZ_HTTP_TEXTS_MAX - head.content_type)
		return false;
	memcpy(to, type, head.content_type);
	memcpy(to + head.content_type, location, head.location);
	memcpy(result, &head, sizeof(head));
	*length = (uint32_t)sizeof(head) + head.body + head.content_type +
		  head.location;
	return true;
}

int32_t handler_handle(const uint8_t *bytes, uint32_t length, uint8_t *result,
    uint32_t result_max, uint32_t *result_length)
{
	static struct az_http_field fields[AZ_HTTP_FIELDS_MAX];
	struct az_http_request request;
	struct az_http_response response = {
		.status = 200,
		.type = "text/plain; charset=utf-8",
		.body = (char *)result + sizeof(struct handler_answer),
		.size = AZ_HTTP_BODY_MAX,
	};
	int32_t status;

	if (result_max < HANDLER_ANSWER_MAX ||
	    !az_handler_read(&request, fields, bytes, length))
		return AZ_BAD_ARGUMENT;
	status = az_http_handle(&request, &response);
	if (status == 0 && !az_handler_write(result, result_length, &response))
		return AZ_FAIL(0);
	return status;
}

int32_t handler_handle_once(const uint8_t *bytes, uint32_t length,
    uint8_t *result, uint32_t result_max, uint32_t *result_length)
{
	return handler_handle(bytes, length, result, result_max, result_length);
}

#endif
