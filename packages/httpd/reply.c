#include "reply.h"

#include "azoth_http.h"
#include "file.h"

#include <string.h>
#include <time.h>

enum { YEAR_2024 = 1704067200, STATUS_OK = 200 };

static char date[48];
static uint32_t date_length;
uint64_t reply_changes;
static struct reply good; /* how every response of status 200 starts */

static void put_bytes(struct reply *r, const char *bytes, uint32_t length)
{
	if (length > REPLY_SIZE - r->length) {
		r->full = true;
		return;
	}
	memcpy(r->bytes + r->length, bytes, length);
	r->length += length;
}

static void put(struct reply *r, const char *text)
{
	put_bytes(r, text, (uint32_t)strlen(text));
}

static void put_number(struct reply *r, uint64_t value, uint32_t base)
{
	char digits[24], *at = digits + sizeof(digits);

	do {
		*--at = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	put_bytes(r, at, (uint32_t)(digits + sizeof(digits) - at));
}

static const char *reason_of(uint32_t status)
{
	static const struct {
		uint32_t status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 204, "No Content" },
		{ 301, "Moved Permanently" },
		{ 302, "Found" },
		{ 303, "See Other" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 501, "Not Implemented" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (uint32_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Other";
}

static void put_line(struct reply *r, uint32_t status)
{
	put(r, "HTTP/1.1 ");
	put_number(r, status, 10);
	put(r, " ");
	put(r, reason_of(status));
	put(r, "\r\n");
	put_bytes(r, date, date_length);
}

void reply_set_date(uint64_t now)
{
	static uint64_t next;
	time_t t;
	struct tm tm;

	if (now < next)
		return;
	next = now + 1000;
	t = time(NULL);
	/* A machine that does not know the time says none. */
	if (t < YEAR_2024 || gmtime_r(&t, &tm) == NULL)
		date_length = 0;
	else
		date_length = (uint32_t)strftime(date, sizeof(date),
		    "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	reply_changes++;
	good.length = 0;
	put_line(&good, STATUS_OK);
}

static void put_start(
    struct reply *r, uint32_t status, struct reply_manner manner)
{
	r->length = 0;
	r->full = false;
	if (status == STATUS_OK && good.length > 0)
		put_bytes(r, good.bytes, good.length);
	else
		put_line(r, status);
	if (manner.close)
		put(r, "Connection: close\r\n");
	else if (manner.is_http10)
		put(r, "Connection: keep-alive\r\n");
}

void reply_file(struct reply *r, uint32_t status, const struct file *f,
    struct reply_manner manner)
{
	put_start(r, status, manner);
	if (status == 304) {
		put(r, "ETag: ");
		put(r, f->etag);
		put(r, "\r\n");
	} else {
		put_bytes(r, f->fields, f->fields_length);
	}
	put(r, "\r\n");
}

/* What a handler says cannot begin another line. */
static bool is_line(const char *text)
{
	while (*text != 0 && *text != '\r' && *text != '\n')
		text++;
	return *text == 0;
}

static void put_field(struct reply *r, const char *name, const char *value)
{
	if (value == NULL || !is_line(value))
		return;
	put(r, name);
	put(r, value);
	put(r, "\r\n");
}

void reply_handler(struct reply *r, const struct az_http_response *response,
    struct reply_manner manner)
{
	bool body = response->status != 204 && response->status != 304;

	put_start(r, response->status, manner);
	put_field(r, "Location: ", response->location);
	if (body) {
		put_field(r, "Content-Type: ", response->type);
		if (manner.chunked) {
			put(r, "Transfer-Encoding: chunked\r\n");
		} else if (response->again == 0) {
			put(r, "Content-Length: ");
			put_number(r, response->length, 10);
			put(r, "\r\n");
		}
	}
	put(r, "Cache-Control: no-store\r\n\r\n");
}

void reply_status(
    struct reply *r, uint32_t status, bool body, struct reply_manner manner)
{
	const char *reason = reason_of(status);

	put_start(r, status, manner);
	if (status == 405)
		put(r, "Allow: GET, HEAD\r\n");
	if (status == 503)
		put(r, "Retry-After: 1\r\n");
	put(r, "Content-Type: text/plain; charset=utf-8\r\nContent-Length: ");
	put_number(r, strlen(reason) + 1, 10);
	put(r, "\r\n\r\n");
	if (body) {
		put(r, reason);
		put(r, "\n");
	}
}

void reply_chunk(struct reply *r, uint32_t size)
{
	put_number(r, size, 16);
	put(r, "\r\n");
}
