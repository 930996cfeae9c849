#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "exit.h"
#include "json_text.h"
#include "keys.h"
#include "mem.h"

static int fail(const struct key_error *why, int code)
{
	cli_error(why->code, why->help[0] ? why->help : NULL, "%s", why->text);
	return code;
}

/* NAME.key gives NAME.pub; any other name gets .pub behind it. */
static char *public_name(const char *path)
{
	size_t len = strlen(path);

	if (len > 4 && strcmp(path + len - 4, ".key") == 0)
		return xasprintf("%.*s.pub", (int)(len - 4), path);
	return xasprintf("%s.pub", path);
}

static void print_key(const struct cli *cli, const struct key_public *key,
    const char *private_path, const char *public_path)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];
	uint8_t id[16];
	json_t *out;

	key_id(id, key);
	key_fingerprint(fingerprint, id);
	if (!cli->json) {
		printf("private %s\npublic  %s\nkey     %s\n", private_path,
		    public_path, fingerprint);
		return;
	}
	out = json_pack("{s:s, s:s, s:s, s:s}", "schema", "azoth.keygen/1",
	    "private", private_path, "public", public_path, "fingerprint",
	    fingerprint);
	json_text_print(stdout, out);
}

int verb_keygen(const struct cli *cli)
{
	bool named = cli->arg_count > 0;
	char *path = named ? xstrdup(cli->args[0]) : key_dev_path();
	char *public_path = path != NULL ? public_name(path) : NULL;
	struct key_private key;
	struct key_error why;
	int code;

	if (path == NULL) {
		cli_error(NULL, "name a file, or set HOME",
		    "no place for the development key");
		return EXIT_HOST;
	}
	if (!named)
		code = key_make_dev_folder(&why);
	else
		code = EXIT_DONE;
	if (code == EXIT_DONE)
		code = key_generate(&key, &why);
	if (code == EXIT_DONE)
		code = key_write_pair(&key, path, public_path,
		    cli_value(cli, "yes") != NULL, &why);
	if (code == EXIT_DONE)
		print_key(cli, &key.public, path, public_path);
	else
		code = fail(&why, code);
	key_wipe(&key);
	free(path);
	free(public_path);
	return code;
}
