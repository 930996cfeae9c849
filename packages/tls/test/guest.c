/* guest: the web server of tools/boot-tls: what a client sends to /echo comes
 * back, and whoever asks for /reset?NAME resets that module. */
#include "azoth.h"
#include "azoth_http.h"

#include <string.h>

static int32_t echo(
    const struct az_http_request *request, struct az_http_response *response)
{
	if (request->body.length > response->size)
		return 1;
	memcpy(response->body, request->body.at, request->body.length);
	response->length = request->body.length;
	return 0;
}

static int32_t reset(
    const struct az_http_request *request, struct az_http_response *response)
{
	response->status = 204;
	return az_reset(request->query.at, request->query.length);
}

int main(int argc, char **argv)
{
	static const struct az_http_route routes[] = { { "/echo", echo },
		{ "/reset", reset } };

	return az_http_serve(argc, argv, routes, 2);
}
