/* config: what the manifest's `networks` entry says, as arguments of this
 * module: NAME=dhcp or NAME=IP/BITS, then gateway=IP, dns=IP, mac=XX:... */
#ifndef NET_CONFIG_H
#define NET_CONFIG_H

#include <lwip/ip_addr.h>
#include <stdbool.h>

struct config {
	const char *name;
	bool dhcp;
	ip4_addr_t address, mask, gateway;
	ip_addr_t dns;
	bool has_dns, has_mac;
	uint8_t mac[6];
};

/* False, after saying why on stderr: an argument is none of these. */
bool config_parse(struct config *c, int argc, char **argv);

#endif
