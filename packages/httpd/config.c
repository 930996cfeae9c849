#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIME_MAX_MS = 86400000 };

struct config config = {
	.root = "/",
	.connections = 64,
	.header = 10000,
	.body = 10000,
	.request = 30000,
	.send = 10000,
	.idle = 15000,
};

/* A number of at most `most`; *unit is what stands behind it. */
static bool parse_number(
    uint32_t *out, const char *text, char **unit, uint32_t most)
{
	unsigned long value = strtoul(text, unit, 10);

	*out = (uint32_t)value;
	return *text >= '1' && *text <= '9' && value <= most;
}

static bool parse_time(uint32_t *out, const char *text)
{
	char *unit;

	if (!parse_number(out, text, &unit, TIME_MAX_MS))
		return false;
	if (strcmp(unit, "ms") == 0)
		return true;
	if (strcmp(unit, "s") != 0 || *out > TIME_MAX_MS / 1000)
		return false;
	*out *= 1000;
	return true;
}

static bool parse_option(const char *name, size_t length, const char *value)
{
	static const struct {
		const char *name;
		uint32_t *time;
	} times[] = {
		{ "--header", &config.header },
		{ "--body", &config.body },
		{ "--request", &config.request },
		{ "--send", &config.send },
		{ "--idle", &config.idle },
	};
	char *end;

	for (uint32_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (strlen(times[i].name) == length &&
		    memcmp(name, times[i].name, length) == 0)
			return parse_time(times[i].time, value);
	if (length == 6 && memcmp(name, "--root", length) == 0) {
		config.root = value;
		return true;
	}
	return length == 13 && memcmp(name, "--connections", length) == 0 &&
	       parse_number(
		   &config.connections, value, &end, CONNECTIONS_MAX) &&
	       *end == 0;
}

bool config_parse(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *equals = strchr(argv[i], '=');

		if (equals == NULL ||
		    !parse_option(
			argv[i], (size_t)(equals - argv[i]), equals + 1)) {
			(void)fprintf(stderr, "not an argument: %s\n", argv[i]);
			return false;
		}
	}
	return true;
}
