/* visits: how many have come by. */
#define HANDLER_ARENA visits
#include <azoth_handler.h>
#include <stdio.h>

static uint32_t visits;

int32_t az_http_handle(
    const struct az_http_request *request, struct az_http_response *response)
{
	if (request->path.length > sizeof("/visits") - 1) {
		response->status = 404;
		return 0;
	}
	if (request->method != AZ_HTTP_GET) {
		response->status = 405;
		return 0;
	}
	response->length = (uint32_t)snprintf(response->body, response->size,
	    "You are visitor number %u.\n", ++visits);
	return 0;
}
