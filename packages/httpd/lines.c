#include "lines.h"

#include <string.h>

enum { STATUS_BAD = 400, STATUS_TARGET = 414, STATUS_FIELDS = 431 };
enum { STATUS_METHOD = 501, STATUS_VERSION = 505 };

bool lines_is_token(char c)
{
	/* By code: letters, digits and !#$%&'*+-.^_`|~ */
	static const uint32_t tokens[8] = { 0, 0x03ff6cfa, 0xc7fffffe,
		0x57ffffff };
	unsigned char code = (unsigned char)c;

	return (tokens[code / 32] >> code % 32 & 1) != 0;
}

/* Inside a line: anything that can be seen, spaces, and what is not ASCII. */
static bool is_text(char c)
{
	return ((unsigned char)c >= ' ' && c != 0x7f) || c == '\t';
}

/* Which of eight bytes are below a space or 0x7f, by their highest bits; above
 * the first such byte there may be others. */
static uint64_t find_controls(uint64_t bytes)
{
	const uint64_t each = 0x0101010101010101;
	uint64_t deletes = bytes ^ each * 0x7f;

	return (((bytes - each * ' ') & ~bytes) |
		   ((deletes - each) & ~deletes)) &
	       each << 7;
}

/* The first byte from i on that is no text; length: there is none. */
static uint32_t skip_text(const char *bytes, uint32_t i, uint32_t length)
{
	while (length - i >= 8) {
		uint64_t eight, controls;

		memcpy(&eight, bytes + i, 8);
		controls = find_controls(eight);
		if (controls == 0) {
			i += 8;
			continue;
		}
		i += (uint32_t)__builtin_ctzll(controls) / 8;
		if (bytes[i] != '\t')
			return i;
		i++;
	}
	while (i < length && is_text(bytes[i]))
		i++;
	return i;
}

uint32_t lines_find_end(
    const char *bytes, uint32_t length, uint32_t *scanned, uint32_t *status)
{
	uint32_t i = *scanned;

	while ((i = skip_text(bytes, i, length)) < length) {
		if (bytes[i] == '\r' && i + 1 == length)
			break;
		if (bytes[i] != '\r' || bytes[i + 1] != '\n') {
			*status = STATUS_BAD;
			return 0;
		}
		i += 2;
		if (i >= 4 && bytes[i - 3] == '\n')
			return i;
	}
	*scanned = i;
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
