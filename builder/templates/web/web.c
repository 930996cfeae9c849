/* web: httpd with a handler; what no handler takes is a file of site/. */
#include <azoth_http.h>
#include <stdio.h>

static int32_t greet(
    const struct az_http_request *request, struct az_http_response *response)
{
	struct az_http_text who = request->query;

	if (request->method != AZ_HTTP_GET) {
		response->status = 405;
		return 0;
	}
	if (who.length == 0)
		who = (struct az_http_text){ "stranger", 8 };
	if (who.length > 100) {
		response->status = 414;
		return 0;
	}
	response->length = (uint32_t)snprintf(response->body, response->size,
	    "Hello, %.*s!\n", (int)who.length, who.at);
	return 0;
}

static const struct az_http_route routes[] = { { "/greet", greet } };

int main(int argc, char **argv)
{
	return az_http_serve(argc, argv, routes, 1);
}
