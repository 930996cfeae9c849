#include "head.h"

#include "fields.h"
#include "lines.h"
#include "target.h"

#include <string.h>

enum {
	STATUS_BAD = 400,
	STATUS_BODY = 413,
	STATUS_FIELDS = 431,
	STATUS_UNKNOWN = 501,
};

/* --- llhttp ----------------------------------------------------------------- */

/* A field's value, and the target, come in one piece: the head is given to
 * llhttp at once. */
static int on_target(llhttp_t *parser, const char *at, size_t length)
{
	struct head *h = parser->data;

	h->target = (struct az_http_text){ at, (uint32_t)length };
	return 0;
}

static int on_name(llhttp_t *parser, const char *at, size_t length)
{
	struct head *h = parser->data;
	struct az_http_field *f = &h->fields[h->request.field_count];

	if (h->request.field_count == HEAD_FIELDS_MAX) {
		h->status = STATUS_FIELDS;
		return HPE_USER;
	}
	f->name = (struct az_http_text){ at, (uint32_t)length };
	f->value = (struct az_http_text){ at + length, 0 };
	h->request.field_count++;
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t length)
{
	struct head *h = parser->data;
	struct az_http_text *value;

	if (h->request.field_count == 0)
		return HPE_USER;
	value = &h->fields[h->request.field_count - 1].value;
	while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t'))
		length--;
	*value = (struct az_http_text){ at, (uint32_t)length };
	return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t length)
{
	struct head *h = parser->data;

	if (length > h->body_space) {
		h->status = STATUS_BODY;
		return HPE_USER;
	}
	memcpy((char *)(uintptr_t)h->request.body.at + h->request.body.length,
	    at, length);
	h->request.body.length += (uint32_t)length;
	h->body_space -= (uint32_t)length;
	return 0;
}

static int on_complete(llhttp_t *parser)
{
	struct head *h = parser->data;

	h->complete = true;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_url = on_target,
	.on_header_field = on_name,
	.on_header_value = on_value,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

/* Give llhttp what this unit says belongs to the request: it must find the
 * end at the last byte, or none. */
static bool feed(struct head *h, const char *bytes, uint32_t length)
{
	llhttp_errno_t error = llhttp_execute(&h->parser, bytes, length);

	if (error == HPE_OK)
		return true;
	return h->complete &&
	       (error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE) &&
	       llhttp_get_error_pos(&h->parser) == bytes + length;
}

static bool take_method(struct head *h)
{
	static const enum az_http_method methods[] = {
		[HTTP_GET] = AZ_HTTP_GET,
		[HTTP_HEAD] = AZ_HTTP_HEAD,
		[HTTP_POST] = AZ_HTTP_POST,
		[HTTP_PUT] = AZ_HTTP_PUT,
		[HTTP_DELETE] = AZ_HTTP_DELETE,
		[HTTP_PATCH] = AZ_HTTP_PATCH,
		[HTTP_OPTIONS] = AZ_HTTP_OPTIONS,
	};
	uint32_t method = h->parser.method;

	if (method >= sizeof(methods) / sizeof(methods[0]))
		return false;
	h->request.method = methods[method];
	return h->request.method != AZ_HTTP_GET || method == HTTP_GET;
}

/* What both have read. */
static bool readers_agree(const struct head *h)
{
	bool chunked = (h->parser.flags & F_CHUNKED) != 0;
	uint64_t length = chunked ? 0 : h->parser.content_length;

	return h->parser.http_major == 1 &&
	       h->parser.http_minor == (h->is_http10 ? 0 : 1) &&
	       (h->complete ||
		   (chunked == h->is_chunked && length == h->content_length)) &&
	       h->complete == !head_has_body(h);
}

static void begin(struct head *h, const char *bytes, uint32_t length)
{
	const char *cr = memchr(bytes, '\r', length);

	h->request = (struct az_http_request){
		.body = { "", 0 },
		.fields = h->fields,
	};
	h->target = h->host = h->if_none_match = (struct az_http_text){ 0 };
	h->content_length = h->status = h->body_space = 0;
	h->is_http10 = cr[-1] == '0';
	h->has_length = h->is_chunked = h->has_host = false;
	h->close = h->keep = h->expects_continue = h->complete = false;
	chunk_init(&h->chunk);
	llhttp_init(&h->parser, HTTP_REQUEST, &settings);
	h->parser.data = h;
}

/* An error of llhttp: what it says of the method is not a mistake. */
static uint32_t status_of(const struct head *h)
{
	if (h->status != 0)
		return h->status;
	return llhttp_get_errno(&h->parser) == HPE_INVALID_METHOD
		   ? STATUS_UNKNOWN
		   : STATUS_BAD;
}

uint32_t head_parse(struct head *h, char *bytes, uint32_t length)
{
	uint32_t status = lines_check(bytes, length);
	bool fed;

	if (status != 0)
		return status;
	begin(h, bytes, length);
	fed = feed(h, bytes, length);
	status = fields_take(h);
	if (status != 0 || !fed)
		return status != 0 ? status : status_of(h);
	if (!h->has_host && !h->is_http10)
		return STATUS_BAD;
	if (!take_method(h))
		return STATUS_UNKNOWN;
	if (!readers_agree(h))
		return STATUS_BAD;
	h->close |= h->is_http10 && !h->keep;
	h->body_left = h->content_length;
	if (!target_parse(
		&h->request.path, &h->request.query, h->target, h->host))
		return STATUS_BAD;
	return h->request.path.at[0] == '*' &&
		       h->request.method != AZ_HTTP_OPTIONS
		   ? STATUS_BAD
		   : 0;
}

bool head_is_lasting(const struct head *h)
{
	return h->complete && !head_has_body(h) &&
	       memchr(h->target.at, '%', h->target.length) == NULL;
}

void head_repeat(struct head *h)
{
	h->request.body = (struct az_http_text){ "", 0 };
	h->request.turn = 0;
}

/* --- The body --------------------------------------------------------------- */

bool head_has_body(const struct head *h)
{
	return h->is_chunked || h->content_length > 0;
}

bool head_is_whole(const struct head *h)
{
	return h->complete;
}

void head_set_body(struct head *h, char *buffer, uint32_t size)
{
	h->request.body = (struct az_http_text){ buffer, 0 };
	h->body_space = size;
}

uint32_t head_read_body(
    struct head *h, const char *bytes, uint32_t length, uint32_t *status)
{
	bool bad = false, over;

	if (h->is_chunked)
		length = chunk_read(&h->chunk, bytes, length, &bad);
	else if (length > h->body_left)
		length = (uint32_t)h->body_left;
	h->body_left -= h->is_chunked ? 0 : length;
	over = h->is_chunked ? chunk_is_over(&h->chunk) : h->body_left == 0;
	if (bad || (length > 0 && !feed(h, bytes, length)) ||
	    over != h->complete)
		*status = h->status != 0 ? h->status : STATUS_BAD;
	return length;
}
