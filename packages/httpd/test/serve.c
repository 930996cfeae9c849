/* serve: httpd with the handlers of the tests, for Linux. */
#include "handlers.h"

int main(int argc, char **argv)
{
	return az_http_serve(argc, argv, handlers, HANDLERS);
}
