#include "check_impl.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "exit.h"
#include "fileio.h"
#include "validate.h"
#include "wasm.h"

/* The note of a module whose types are good: its key is made from the
 * module's hash and this text, to be raised when other tools judge. */
#define GOOD_TYPES "valid-1 "

/* Returns as validate_module does. */
static int judge(struct wasm_error *error, const struct cache *cache,
    const struct checked_file *file)
{
	char text[sizeof(GOOD_TYPES) + 2 * sizeof(file->sha256)] = GOOD_TYPES;
	uint8_t key[32];
	int code = EXIT_DONE;
	char *note;
	bool known;

	file_hex(text + strlen(text), file->sha256, sizeof(file->sha256));
	file_sha256(key, text, strlen(text));
	note = cache_get_note(cache, key);
	known = note != NULL && strcmp(note, text) == 0;
	free(note);
	if (!known)
		code = validate_module(
		    error, (const uint8_t *)file->bytes.at, file->bytes.len);
	if (!known && code == EXIT_DONE)
		cache_put_note(cache, key, text);
	return code;
}

bool check_types(struct wasm_error *error, struct checked *c,
    const struct cache *cache, struct checked_file *file)
{
	int code;

	if (file->types_good || c->types != EXIT_DONE)
		return true;
	code = judge(error, cache, file);
	file->types_good = code == EXIT_DONE;
	if (code == EXIT_DONE || code == EXIT_INPUT)
		return code == EXIT_DONE;
	c->types = code;
	c->untyped = file;
	return true;
}
