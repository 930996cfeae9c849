#include "base/cmdline.h"

#include <stdint.h>

#include "base/mem.h"

/* A piece of the line. */
struct word {
	const char *at;
	size_t len;
};

static bool word_is(struct word w, const char *text)
{
	return w.len == strlen(text) && memcmp(w.at, text, w.len) == 0;
}

/* Cut the piece before the first `by` off *rest; all of it when there is
 * none. True when `by` was found. */
static bool cut(struct word *piece, struct word *rest, char by)
{
	*piece = (struct word){ rest->at, 0 };
	while (piece->len < rest->len && rest->at[piece->len] != by)
		piece->len++;
	if (piece->len == rest->len) {
		*rest = (struct word){ rest->at + rest->len, 0 };
		return false;
	}
	rest->at += piece->len + 1;
	rest->len -= piece->len + 1;
	return true;
}

static az_err parse_console(struct cmdline *out, struct word value)
{
	struct word name;
	bool more;

	out->serial = out->screen = false;
	do {
		bool *output;

		more = cut(&name, &value, ',');
		if (word_is(name, "serial"))
			output = &out->serial;
		else if (word_is(name, "screen"))
			output = &out->screen;
		else
			return AZ_EINVAL;
		if (*output)
			return AZ_EINVAL;
		*output = true;
	} while (more);
	return AZ_OK;
}

static az_err parse_log(struct cmdline *out, struct word value)
{
	if (word_is(value, "error"))
		out->log = AZ_LEVEL_ERROR;
	else if (word_is(value, "warn"))
		out->log = AZ_LEVEL_WARN;
	else if (word_is(value, "info"))
		out->log = AZ_LEVEL_INFO;
	else
		return AZ_EINVAL;
	return AZ_OK;
}

static const struct key {
	const char *name;
	az_err (*parse)(struct cmdline *out, struct word value);
} keys[] = {
	{ "console", parse_console },
	{ "log", parse_log },
};
enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static az_err parse_word(struct cmdline *out, struct word w, uint32_t *seen)
{
	struct word key;

	if (!cut(&key, &w, '='))
		return AZ_EINVAL;
	for (uint32_t n = 0; n < KEY_COUNT; n++) {
		if (!word_is(key, keys[n].name))
			continue;
		if (*seen & 1u << n)
			return AZ_EINVAL;
		*seen |= 1u << n;
		return keys[n].parse(out, w);
	}
	return AZ_EINVAL;
}

static az_err parse(struct cmdline *out, struct word line)
{
	struct word w;
	uint32_t seen = 0;
	bool more;

	if (line.len == 0)
		return AZ_OK;
	do {
		more = cut(&w, &line, ' ');
		TRY(parse_word(out, w, &seen));
	} while (more);
	return AZ_OK;
}

az_err cmdline_parse(struct cmdline *out, const char *text, size_t len)
{
	struct cmdline result = CMDLINE_DEFAULT;

	*out = result;
	TRY(parse(&result, (struct word){ text, len }));
	*out = result;
	return AZ_OK;
}
