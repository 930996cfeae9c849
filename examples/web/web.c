/* web: httpd with handlers: /visits asks the module counter, /echo gives a body
 * back. */
#include <azoth_http.h>
#include <stdio.h>
#include <string.h>

#include "counter.client.h"

static int32_t show_visits(
    const struct az_http_request *request, struct az_http_response *response)
{
	uint32_t visits;
	int32_t status;

	if (request->method != AZ_HTTP_GET) {
		response->status = 405;
		return 0;
	}
	status = counter_visit(&visits);
	if (status != 0)
		return status;
	response->length = (uint32_t)snprintf(response->body, response->size,
	    "You are visitor number %u.\n", visits);
	return 0;
}

static int32_t echo(
    const struct az_http_request *request, struct az_http_response *response)
{
	memcpy(response->body, request->body.at, request->body.length);
	response->length = request->body.length;
	return 0;
}

static const struct az_http_route routes[] = {
	{ "/visits", show_visits },
	{ "/echo", echo },
};

int main(int argc, char **argv)
{
	return az_http_serve(
	    argc, argv, routes, sizeof(routes) / sizeof(routes[0]));
}
