#include "config.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct config config = {
	.key = "tls",
	.alpn = "http/1.1",
	.connections = 48,
	.handshake = 10,
};

static bool parse_number(uint32_t *out, const char *text, uint32_t most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*out = (uint32_t)value;
	return *text >= '1' && *text <= '9' && *end == 0 && value <= most;
}

/* The value of the argument, when it is the one called name. */
static const char *value_of(const char *argument, const char *name)
{
	size_t length = strlen(name);

	return strncmp(argument, name, length) == 0 && argument[length] == '='
		   ? argument + length + 1
		   : NULL;
}

static bool parse_option(const char *argument)
{
	static const struct {
		const char *name, **text;
		uint32_t *number, most;
	} options[] = {
		{ "--key", &config.key, NULL, 0 },
		{ "--chain", &config.chain, NULL, 0 },
		{ "--alpn", &config.alpn, NULL, 0 },
		{ "--connections", NULL, &config.connections, CONNECTIONS_MAX },
		{ "--handshake", NULL, &config.handshake, HANDSHAKE_MAX_S },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		const char *value = value_of(argument, options[i].name);

		if (value == NULL)
			continue;
		if (options[i].number != NULL)
			return parse_number(
			    options[i].number, value, options[i].most);
		*options[i].text = value;
		return *value != 0;
	}
	return false;
}

/* What a manifest says of a network's addresses: nothing to this stack. */
static bool is_setting(const char *argument)
{
	return argument[0] != '-' && strchr(argument, '=') != NULL;
}

bool config_parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!is_setting(argv[i]) && !parse_option(argv[i])) {
			(void)fprintf(stderr, "not an argument: %s\n", argv[i]);
			return false;
		}
	return true;
}
