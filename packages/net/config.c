/* config: config.h. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_mac(uint8_t mac[6], const char *text)
{
	for (int i = 0; i < 6; i++) {
		char *end;
		unsigned long byte = strtoul(text, &end, 16);

		if (end != text + 2 || byte > 255 || *end != (i < 5 ? ':' : 0))
			return false;
		mac[i] = (uint8_t)byte;
		text = end + 1;
	}
	return (mac[0] & 1) == 0;
}

static bool parse_network(struct config *c, const char *value)
{
	char ip[16];
	const char *slash = strchr(value, '/');
	unsigned long bits;
	char *end;

	c->dhcp = strcmp(value, "dhcp") == 0;
	if (c->dhcp)
		return true;
	if (slash == NULL || (size_t)(slash - value) >= sizeof(ip))
		return false;
	memcpy(ip, value, (size_t)(slash - value));
	ip[slash - value] = 0;
	bits = strtoul(slash + 1, &end, 10);
	if (end == slash + 1 || *end != 0 || bits < 1 || bits > 32)
		return false;
	ip4_addr_set_u32(&c->mask, lwip_htonl(UINT32_MAX << (32 - bits)));
	return ip4addr_aton(ip, &c->address) != 0;
}

static bool parse_one(struct config *c, char *name, const char *value)
{
	if (strcmp(name, "gateway") == 0)
		return ip4addr_aton(value, &c->gateway) != 0;
	if (strcmp(name, "dns") == 0)
		return c->has_dns = ipaddr_aton(value, &c->dns) != 0;
	if (strcmp(name, "mac") == 0)
		return c->has_mac = parse_mac(c->mac, value);
	c->name = name;
	return parse_network(c, value);
}

bool config_parse(struct config *c, int argc, char **argv)
{
	*c = (struct config){ 0 };
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value == NULL)
			value = argv[i] + strlen(argv[i]);
		else
			*value++ = 0;
		if (!parse_one(c, argv[i], value)) {
			(void)fprintf(stderr, "no such argument: %s=%s\n",
			    argv[i], value);
			return false;
		}
	}
	if (c->name == NULL)
		(void)fprintf(stderr, "which network? give NAME=dhcp\n");
	return c->name != NULL;
}
