/* config: what the arguments of tls say:
 *
 *	--key=NAME		the secret that holds the private key, and the
 *				certificates as well without --chain; `tls`
 *	--chain=PATH|NAME	the certificates, the server's own first: a file,
 *				or another secret
 *	--connections=N		at most so many at a time; 48. More than 3/4 of
 *				the `sockets.count` behind only wait there
 *	--handshake=SECONDS	for the whole handshake; 10
 *	--alpn=NAME		what is spoken inside; `http/1.1`
 */
#ifndef TLS_CONFIG_H
#define TLS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

enum { CONNECTIONS_MAX = 1024, HANDSHAKE_MAX_S = 600 };

struct config {
	const char *key, *chain; /* chain NULL: where the key is */
	const char *alpn;
	uint32_t connections;
	uint32_t handshake; /* seconds */
};

/* Read once, before anything is served. */
extern struct config config;

/* False when an argument is not understood; stderr says which. */
bool config_parse(int argc, char **argv);

#endif
