/* web: /query, for whoever comes: GET /query?sql=TEXT reads, POST /query with
 * the text as its body may change the database. */
#include <azoth_http.h>
#include <string.h>

#include "database.client.h"

enum { HALF = 65536, TEXT_MAX = 60 << 10 };
AZ_WINDOW(database, 131072); /* what is asked, then what is answered */

static uint8_t *const asked = AZ_WINDOW_AT(database);
static uint8_t *const answered = AZ_WINDOW_AT(database) + HALF;

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode the value of sql=VALUE in a query; false: there is none. */
static bool decode(struct az_http_text query, uint32_t *len)
{
	static const char key[] = "sql=";
	const char *at = query.at, *end = query.at + query.length;

	while (at != NULL && (size_t)(end - at) >= sizeof(key) - 1 &&
	       memcmp(at, key, sizeof(key) - 1) != 0) {
		at = memchr(at, '&', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	if (at == NULL || (size_t)(end - at) < sizeof(key) - 1)
		return false;
	*len = 0;
	for (at += sizeof(key) - 1; at < end && *at != '&'; at++) {
		int byte = *at == '+' ? ' ' : (uint8_t)*at;

		if (*at == '%') {
			if (end - at < 3 || digit(at[1]) < 0 ||
			    digit(at[2]) < 0)
				return false;
			byte = digit(at[1]) << 4 | digit(at[2]);
			at += 2;
		}
		if (*len == TEXT_MAX)
			return false;
		asked[(*len)++] = (uint8_t)byte;
	}
	return *len > 0;
}

/* A status, and {"error": WHY}. WHY needs no escapes, or has them. */
static int32_t refuse(
    struct az_http_response *response, uint32_t status, const char *why)
{
	static const char before[] = "{\"error\":\"", after[] = "\"}\n";
	uint32_t len = (uint32_t)strlen(why), at = sizeof(before) - 1;

	response->status = status;
	memcpy(response->body, before, at);
	memcpy(response->body + at, why, len);
	memcpy(response->body + at + len, after, sizeof(after) - 1);
	response->length = at + len + sizeof(after) - 1;
	return 0;
}

static int32_t explain(struct az_http_response *response)
{
	static char why[4096];
	uint32_t len = 0;
	int32_t status = database_why((uint8_t *)why, sizeof(why) - 1, &len);

	if (status != 0)
		return status;
	why[len] = 0;
	return refuse(response, 400, why);
}

/* What the database says, as HTTP has it; its own failure is httpd's to
 * report. */
static int32_t answer(
    struct az_http_response *response, int32_t status, uint32_t len)
{
	switch (status) {
	case 0:
		memcpy(response->body, answered, len);
		response->length = len;
		return 0;
	case AZ_FAIL(DATABASE_TROUBLE_WRONG):
		return explain(response);
	case AZ_FAIL(DATABASE_TROUBLE_CHANGES):
		return refuse(
		    response, 405, "what changes something is POSTed");
	case AZ_FAIL(DATABASE_TROUBLE_TOO_LONG):
		return refuse(response, 413, "longer than 60 KiB");
	case AZ_FAIL(DATABASE_TROUBLE_TOO_SLOW):
		return refuse(response, 503, "more than 2 million steps");
	case AZ_FAIL(DATABASE_TROUBLE_FULL):
		return refuse(response, 507, "the database is full");
	default:
		return status;
	}
}

static int32_t query(
    const struct az_http_request *request, struct az_http_response *response)
{
	uint32_t len = request->body.length, got = 0;
	int32_t status;

	response->type = "application/json";
	switch (request->method) {
	case AZ_HTTP_GET:
	case AZ_HTTP_HEAD:
		if (!decode(request->query, &len))
			return refuse(response, 400, "give ?sql=TEXT");
		status = database_ask(asked, len, answered, TEXT_MAX, &got);
		break;
	case AZ_HTTP_POST:
		if (len == 0 || len > TEXT_MAX)
			return refuse(response, len == 0 ? 400 : 413,
			    "give 1 to 61440 bytes of SQL");
		memcpy(asked, request->body.at, len);
		status = database_run(asked, len, answered, TEXT_MAX, &got);
		break;
	default:
		return refuse(response, 405, "GET or POST");
	}
	return answer(response, status, got);
}

static const struct az_http_route routes[] = { { "/query", query } };

int main(int argc, char **argv)
{
	return az_http_serve(argc, argv, routes, 1);
}
