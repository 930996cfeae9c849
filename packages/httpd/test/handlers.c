#include "handlers.h"

#include <string.h>

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

const struct az_http_route handlers[HANDLERS] = {
	{ "/echo", echo },
	{ "/fail", fail },
	{ "/stream", stream },
};
