#include "lines.h"

#include <string.h>

enum { STATUS_BAD = 400, STATUS_TARGET = 414, STATUS_FIELDS = 431 };
enum { STATUS_METHOD = 501, STATUS_VERSION = 505 };

bool lines_is_token(char c)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != 0 && memchr(others, c, sizeof(others) - 1) != NULL);
}

/* Inside a line: anything that can be seen, spaces, and what is not ASCII. */
static bool is_text(char c)
{
	return ((unsigned char)c >= ' ' && c != 0x7f) || c == '\t';
}

uint32_t lines_find_end(
    const char *bytes, uint32_t length, uint32_t *scanned, uint32_t *status)
{
	for (uint32_t i = *scanned; i < length; i++) {
		char c = bytes[i];
		bool after_cr = i > 0 && bytes[i - 1] == '\r';

		*scanned = i + 1;
		if ((c == '\n') != after_cr ||
		    (c != '\n' && c != '\r' && !is_text(c))) {
			*status = STATUS_BAD;
			return 0;
		}
		if (c == '\n' && i >= 3 && bytes[i - 2] == '\n')
			return i + 1;
	}
	return 0;
}

/* METHOD SP TARGET SP HTTP/1.x: a line without its end. */
static uint32_t check_request(const char *line, uint32_t length)
{
	uint32_t method = 0, target, at;
	const char *version;

	while (method < length && lines_is_token(line[method]))
		method++;
	if (method == 0 || method == length || line[method] != ' ')
		return STATUS_BAD;
	for (at = target = method + 1; at < length && line[at] != ' '; at++)
		if (line[at] < '!' || line[at] > '~')
			return STATUS_BAD;
	if (at == target || length - at != sizeof(" HTTP/1.1") - 1)
		return STATUS_BAD;
	version = line + at + 1;
	if (memcmp(version, "HTTP/", 5) != 0 || version[5] < '0' ||
	    version[5] > '9' || version[6] != '.' || version[7] < '0' ||
	    version[7] > '9')
		return STATUS_BAD;
	if (version[5] != '1' || version[7] > '1')
		return STATUS_VERSION;
	if (at - target > LINES_TARGET_MAX)
		return STATUS_TARGET;
	return method > LINES_METHOD_MAX ? STATUS_METHOD : 0;
}

/* NAME: VALUE, without its end. */
static uint32_t check_field(const char *line, uint32_t length)
{
	uint32_t name = 0;

	while (name < length && lines_is_token(line[name]))
		name++;
	return name == 0 || name == length || line[name] != ':' ? STATUS_BAD
								: 0;
}

uint32_t lines_check(const char *bytes, uint32_t length)
{
	const char *line = bytes, *end = bytes + length - 2;
	const char *cr = memchr(line, '\r', length);
	uint32_t status = check_request(line, (uint32_t)(cr - line));

	for (line = cr + 2; line < end && status == 0; line = cr + 2) {
		cr = memchr(line, '\r', (size_t)(end - line));
		status = check_field(line, (uint32_t)(cr - line));
	}
	return status;
}

uint32_t lines_too_long(const char *bytes, uint32_t length)
{
	return memchr(bytes, '\r', length) == NULL ? STATUS_TARGET
						   : STATUS_FIELDS;
}
