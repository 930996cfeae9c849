#include "credentials.h"

#include "azoth.h"
#include "config.h"
#include "identity.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16, AGAIN_MS = 1000 };

static struct identity identity;
static char text[TEXT_MAX];

/* What comes from the secret called name into text: bytes, or 0. */
static uint32_t read_secret(const char *name, const char **wrong)
{
	int32_t length =
	    az_secret(name, (uint32_t)strlen(name), text, TEXT_MAX);

	if (length == AZ_DENIED)
		*wrong = "is not granted to this module";
	else if (length <= 0)
		*wrong = "was not delivered (azoth run --secret NAME=FILE)";
	else if (length > TEXT_MAX)
		*wrong = "is too long";
	return *wrong == NULL ? (uint32_t)length : 0;
}

static uint32_t read_file(const char *path, const char **wrong)
{
	int fd = open(path, O_RDONLY);
	uint32_t length = 0;
	ssize_t got = 0;

	if (fd >= 0) {
		do {
			got = read(fd, text + length, TEXT_MAX - length);
			length += got > 0 ? (uint32_t)got : 0;
		} while (got > 0);
		(void)close(fd);
	}
	if (fd < 0 || got < 0 || length == 0)
		*wrong = "cannot be read";
	else if (length == TEXT_MAX)
		*wrong = "is too long";
	return *wrong == NULL ? length : 0;
}

static void refuse(const char *name, const char *wrong)
{
	static const char *said;

	if (said != wrong)
		(void)fprintf(stderr, "%s%s %s: no connection is taken\n",
		    name[0] == '/' ? "" : "secret ", name, wrong);
	said = wrong;
}

/* Both texts, one after the other, through the one buffer. */
static bool load(void)
{
	const char *chain = config.chain != NULL ? config.chain : config.key;
	const char *wrong = NULL, *name = config.key;
	uint32_t length = read_secret(name, &wrong);

	if (wrong == NULL)
		wrong = identity_read_key(&identity, text, length);
	if (wrong == NULL && config.chain != NULL) {
		name = chain;
		length = chain[0] == '/' ? read_file(chain, &wrong)
					 : read_secret(chain, &wrong);
	}
	if (wrong == NULL)
		wrong = identity_read_chain(&identity, text, length);
	explicit_bzero(text, sizeof(text));
	if (wrong == NULL) {
		name = config.key;
		wrong = identity_check(&identity);
	}
	if (wrong == NULL)
		return true;
	identity_forget(&identity);
	refuse(name, wrong);
	return false;
}

const struct identity *credentials_get(uint64_t now)
{
	static uint64_t next;

	if (identity.type != 0)
		return &identity;
	if (now < next)
		return NULL;
	next = now + AGAIN_MS;
	return load() ? &identity : NULL;
}
