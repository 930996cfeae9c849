#include "manifest_right.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_value.h"
#include "mem.h"

/* Those that end in a mark go on with a name. */
static const char *const WORDS[] = {
	[RIGHT_LOG] = "log",
	[RIGHT_CLOCK] = "clock",
	[RIGHT_RANDOM] = "random",
	[RIGHT_STDIN] = "stdin",
	[RIGHT_OBSERVE] = "observe",
	[RIGHT_FILES] = "files/",
	[RIGHT_REBOOT] = "power/reboot",
	[RIGHT_HALT] = "power/halt",
	[RIGHT_RESET] = "power/reset:",
	[RIGHT_CHANNEL] = "channel/",
	[RIGHT_MODULE] = "module/",
	[RIGHT_DEVICE] = "device/",
	[RIGHT_NETWORK] = "network/",
	[RIGHT_SECRET] = "secret/",
	[RIGHT_LISTEN] = "listen ",
	[RIGHT_CONNECT] = "connect ",
};
static const char *const LATER[] = { "volume/", "config" };

enum { COUNT = RIGHT_LISTEN /* that assertions may name */ };

static bool takes_name(const char *word)
{
	char last = word[strlen(word) - 1];

	return last == '/' || last == ':';
}

bool right_parse(
    const char *text, enum manifest_right_kind *kind, const char **name)
{
	for (int i = 0; i < COUNT; i++) {
		size_t len = strlen(WORDS[i]);
		bool named = takes_name(WORDS[i]);

		if (strncmp(text, WORDS[i], len) != 0 ||
		    (named ? !name_valid(text + len) : text[len] != '\0'))
			continue;
		*kind = i;
		*name = named ? text + len : NULL;
		return true;
	}
	return false;
}

bool right_find(const struct manifest *m, enum manifest_right_kind kind,
    const char *name, size_t *index)
{
	const struct {
		const void *at;
		size_t count, size;
	} all[COUNT] = {
		[RIGHT_FILES] = { m->files, m->file_count, sizeof(*m->files) },
		[RIGHT_CHANNEL] = { m->channels, m->channel_count,
		    sizeof(*m->channels) },
		[RIGHT_DEVICE] = { m->devices, m->device_count,
		    sizeof(*m->devices) },
		[RIGHT_NETWORK] = { m->networks, m->network_count,
		    sizeof(*m->networks) },
		[RIGHT_SECRET] = { m->secrets, m->secret_count,
		    sizeof(*m->secrets) },
	};

	/* Each of these records begins with its name. */
	for (*index = 0; *index < all[kind].count; (*index)++) {
		const struct manifest_string *s =
		    (const void *)((const char *)all[kind].at +
				   *index * all[kind].size);

		if (strcmp(s->text, name) == 0)
			return true;
	}
	return false;
}

const char *right_word(enum manifest_right_kind kind)
{
	return WORDS[kind];
}

bool right_is_later(const char *text)
{
	for (size_t i = 0; i < sizeof(LATER) / sizeof(LATER[0]); i++)
		if (strncmp(text, LATER[i], strlen(LATER[i])) == 0)
			return true;
	return false;
}

char *right_words(void)
{
	struct buf b = { 0 };

	for (int i = 0; i < COUNT; i++)
		buf_printf(&b, "%s`%s%s`",
		    i == 0           ? ""
		    : i == COUNT - 1 ? " or "
				     : ", ",
		    WORDS[i], takes_name(WORDS[i]) ? "NAME" : "");
	return buf_take(&b);
}

char *right_guess(const char *text)
{
	size_t stem = strcspn(text, "/");
	char *word =
	    xasprintf("%.*s%s", (int)stem, text, text[stem] == '/' ? "/" : "");
	const char *near = diag_nearest(text, WORDS, COUNT);
	char *guess = NULL;

	if (near == NULL || takes_name(near))
		near = diag_nearest(word, WORDS, COUNT);
	if (near != NULL && !takes_name(near))
		guess = xstrdup(near);
	else if (near != NULL && text[stem] == '/' &&
		 name_valid(text + stem + 1))
		guess = xasprintf("%s%s", near, text + stem + 1);
	free(word);
	return guess;
}
