/* config: what the arguments of httpd say (azoth_http.h lists them). */
#ifndef HTTPD_CONFIG_H
#define HTTPD_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum { CONNECTIONS_MAX = 4096 };

struct config {
	const char *root;
	uint32_t connections;
	uint32_t header, body, request, send, idle; /* ms */
};

/* Read once, before anything is served. */
extern struct config config;

/* False when an argument is not understood; stderr says which. */
bool config_parse(int argc, char **argv);

#endif
