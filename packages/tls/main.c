/* tls: TLS 1.2 in front of modules that know nothing of it. It listens on one
 * network, and is itself the stack of another, on which they listen. */
#include "azoth.h"
#include "config.h"
#include "httpd/port.h"
#include "server.h"

int main(int argc, char **argv)
{
	int error;

	if (!config_parse(argc, argv))
		return 2;
	error = server_begin();
	if (error == 0)
		port_ready();
	while (error == 0) {
		int64_t ns = server_turn();

		if (ns > 0)
			(void)az_signal_any(ns);
	}
	return error;
}
