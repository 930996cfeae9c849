#include "target.h"

#include "azoth_http.h"

#include <string.h>
#include <strings.h>

static int32_t hex_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that %XX stands for, or -1. */
static int32_t decode(const char *at, const char *end)
{
	int32_t high, low, c;

	if (end - at < 3)
		return -1;
	high = hex_of(at[1]);
	low = hex_of(at[2]);
	c = high * 16 + low;
	if (high < 0 || low < 0 || c < ' ' || c == 0x7f || c == '/' ||
	    c == '\\')
		return -1;
	return c;
}

/* No segment that is `.` or `..`. */
static bool segments_are_names(const char *path, uint32_t length)
{
	uint32_t dots = 0, others = 0;

	for (uint32_t i = 0; i <= length; i++) {
		if (i == length || path[i] == '/') {
			if (others == 0 && (dots == 1 || dots == 2))
				return false;
			dots = others = 0;
		} else if (path[i] == '.') {
			dots++;
		} else {
			others++;
		}
	}
	return true;
}

static bool decode_path(struct az_http_text *path)
{
	const char *from = path->at, *end = path->at + path->length;
	char *to = (char *)(uintptr_t)path->at;

	while (from < end) {
		bool encoded = *from == '%';
		int32_t c = encoded ? decode(from, end) : *from;

		if (c < 0 || c == '#' || c == '\\')
			return false;
		if (encoded || to < from) /* "/" is no memory of a request's */
			*to = (char)c;
		to++;
		from += encoded ? 3 : 1;
	}
	path->length = (uint32_t)(to - path->at);
	return segments_are_names(path->at, path->length);
}

/* Leave of an absolute target what stands behind its host, which the field
 * Host has to say too. */
static bool strip_host(struct az_http_text *target, struct az_http_text host)
{
	static const char scheme[] = "http://";
	uint32_t prefix = sizeof(scheme) - 1 + host.length;

	if (host.length == 0 || target->length < prefix ||
	    strncasecmp(target->at, scheme, sizeof(scheme) - 1) != 0 ||
	    strncasecmp(
		target->at + sizeof(scheme) - 1, host.at, host.length) != 0)
		return false;
	target->at += prefix;
	target->length -= prefix;
	if (target->length == 0)
		*target = (struct az_http_text){ "/", 1 };
	return true;
}

bool target_parse(struct az_http_text *path, struct az_http_text *query,
    struct az_http_text target, struct az_http_text host)
{
	const char *mark;

	*query = (struct az_http_text){ "", 0 };
	*path = target;
	if (target.length == 1 && target.at[0] == '*')
		return true;
	if (target.at[0] != '/' && !strip_host(&target, host))
		return false;
	if (target.at[0] != '/')
		return false;
	*path = target;
	mark = memchr(target.at, '?', target.length);
	if (mark != NULL) {
		path->length = (uint32_t)(mark - target.at);
		query->at = mark + 1;
		query->length = target.length - path->length - 1;
		if (memchr(query->at, '#', query->length) != NULL)
			return false;
	}
	return decode_path(path);
}
