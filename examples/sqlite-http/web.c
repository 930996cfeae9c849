/* web: passes /query to the database, for whoever comes. */
#include <azoth_http.h>

AZ_HTTP_PASS(database);

static const struct az_http_route routes[] = { { "/query", pass_database } };

int main(int argc, char **argv)
{
	return az_http_serve(argc, argv, routes, 1);
}
