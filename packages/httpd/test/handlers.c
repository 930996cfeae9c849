#include "handlers.h"

#include <string.h>

AZ_HTTP_PASS(passed); /* gate.c */

static int32_t echo(
    const struct az_http_request *request, struct az_http_response *response)
{
	memcpy(response->body, request->body.at, request->body.length);
	response->length = request->body.length;
	return 0;
}

/* The status that the query says. */
static int32_t fail(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)response;
	return request->query.length == 1 ? '0' - request->query.at[0] : 1;
}

static int32_t stream(
    const struct az_http_request *request, struct az_http_response *response)
{
	response->again = request->turn < 2 ? 100 : 0;
	if (request->turn != 1) {
		memcpy(response->body, "part", 4);
		response->length = 4;
	}
	return 0;
}

/* An event now, and one for each /wake. */
static int32_t events(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	response->type = "text/event-stream";
	response->again = 3600000;
	memcpy(response->body, "data: 1\n\n", 9);
	response->length = 9;
	return 0;
}

static int32_t wake(
    const struct az_http_request *request, struct az_http_response *response)
{
	(void)request;
	(void)response;
	az_http_wake();
	return 0;
}

const struct az_http_route handlers[HANDLERS] = {
	{ "/echo", echo },
	{ "/fail", fail },
	{ "/stream", stream },
	{ "/events", events },
	{ "/wake", wake },
	{ "/passed", pass_passed },
};
