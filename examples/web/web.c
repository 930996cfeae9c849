/* web: httpd with handlers: /visits is passed to the module visits, /echo gives
 * a body back. */
#include <azoth_http.h>
#include <string.h>

AZ_HTTP_PASS(visits);

static int32_t echo(
    const struct az_http_request *request, struct az_http_response *response)
{
	memcpy(response->body, request->body.at, request->body.length);
	response->length = request->body.length;
	return 0;
}

static const struct az_http_route routes[] = {
	{ "/visits", pass_visits },
	{ "/echo", echo },
};

int main(int argc, char **argv)
{
	return az_http_serve(
	    argc, argv, routes, sizeof(routes) / sizeof(routes[0]));
}
