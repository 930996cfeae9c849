#include "base/cmdline.h"

#include <stdint.h>

#include "base/mem.h"

enum { SERIAL = 1, SCREEN = 2 };
enum key { CONSOLE = 1, LOG = 2 };

/* All words that there are, and what they set: outputs, or a level. */
static const struct word {
	const char *text;
	enum key key;
	uint32_t value;
} words[] = {
	{ "console=serial", CONSOLE, SERIAL },
	{ "console=screen", CONSOLE, SCREEN },
	{ "console=serial,screen", CONSOLE, SERIAL | SCREEN },
	{ "console=screen,serial", CONSOLE, SERIAL | SCREEN },
	{ "log=error", LOG, AZ_LEVEL_ERROR },
	{ "log=warn", LOG, AZ_LEVEL_WARN },
	{ "log=info", LOG, AZ_LEVEL_INFO },
};
enum { WORDS = sizeof(words) / sizeof(words[0]) };

static const struct word *find(const char *text, size_t len)
{
	for (const struct word *w = words; w < words + WORDS; w++)
		if (strlen(w->text) == len && memcmp(w->text, text, len) == 0)
			return w;
	return NULL;
}

az_err cmdline_parse(struct cmdline *out, const char *text, size_t len)
{
	struct cmdline result = CMDLINE_DEFAULT;
	uint32_t seen = 0;

	*out = result;
	for (size_t end, at = 0; len > 0 && at <= len; at = end + 1) {
		const struct word *w;

		for (end = at; end < len && text[end] != ' ';)
			end++;
		w = find(text + at, end - at);
		if (w == NULL || seen & w->key)
			return AZ_EINVAL;
		seen |= w->key;
		if (w->key == LOG) {
			result.log = (enum az_level)w->value;
			continue;
		}
		result.serial = w->value & SERIAL;
		result.screen = w->value & SCREEN;
	}
	*out = result;
	return AZ_OK;
}
