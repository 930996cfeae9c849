#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi/trust.h"
#include "artifact.h"
#include "cli.h"
#include "exit.h"
#include "json_text.h"
#include "kernel_elf.h"
#include "keys.h"
#include "verify/bundle.h"

/* The page of a kernel that trusts the wanted key alone. */
static int read_key(struct az_trust_page *page, const char *path)
{
	struct key_public key;
	struct key_error why;
	char *dev = path == NULL ? key_dev_public_path() : NULL;
	int code = EXIT_INPUT;

	why.code = NULL;
	if (path != NULL || dev != NULL)
		code = key_read_public(&key, path ? path : dev, &why);
	if (code != EXIT_DONE)
		cli_error(why.code, "name the signer's public key with --key",
		    "%s", why.code ? why.text : "there is no development key");
	free(dev);
	if (code != EXIT_DONE)
		return code;
	trust_page_init(page);
	(void)trust_page_add(page, &key, path ? "given" : "development", 0);
	return EXIT_DONE;
}

static void print_good(const struct cli *cli, const struct artifact *a,
    const struct bundle *b, const char *path)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];
	bool dev = b->system->flags & AZ_SYSTEM_DEV;
	json_t *out;

	key_fingerprint(fingerprint, b->head->key_id);
	if (!cli->json) {
		printf("%s: good\n", path);
		printf("signed by %s%s\n", fingerprint,
		    dev ? ", a development key" : "");
		printf("checked   signature, %u modules, %u blobs%s\n",
		    b->module_count, b->blob_count,
		    a->kind == ARTIFACT_BUNDLE ? ""
					       : ", the kernel's trust page");
		return;
	}
	out = json_pack("{s:s, s:b, s:s, s:b, s:i, s:i}", "schema",
	    "azoth.verify/1", "ok", 1, "fingerprint", fingerprint,
	    "development", dev, "modules", (int)b->module_count, "blobs",
	    (int)b->blob_count);
	json_text_print(stdout, out);
}

static void print_refused(const struct cli *cli, enum az_refusal refusal,
    const char *path, const char *why)
{
	const char *reason = artifact_refusal_name(refusal);
	json_t *out;

	cli_error("AZ0602", NULL, "%s: refused reason=%s: %s", path, reason,
	    why ? why : "");
	if (!cli->json)
		return;
	out = json_pack("{s:s, s:b, s:s, s:s}", "schema", "azoth.verify/1",
	    "ok", 0, "reason", reason, "why", why ? why : "");
	json_text_print(stdout, out);
}

static int verify(const struct cli *cli, const struct artifact *a,
    const struct az_trust_page *trust)
{
	const char *path = cli->args[0];
	struct artifact_verdict verdict = { 0 };
	enum az_refusal refusal;
	struct bundle b;

	if (a->kind == ARTIFACT_UNKNOWN || a->kind == ARTIFACT_WASM) {
		cli_error(NULL, "azoth verify X.iso, X.bundle or X.elf",
		    "`%s` is no image", path);
		return EXIT_INPUT;
	}
	refusal = artifact_verify(a, trust, &b, &verdict);
	if (refusal != AZ_REFUSE_NONE) {
		print_refused(cli, refusal, path, verdict.why);
		return EXIT_TRUST;
	}
	print_good(cli, a, &b, path);
	return EXIT_DONE;
}

int verb_verify(const struct cli *cli)
{
	struct az_trust_page *page = xcalloc(1, sizeof(*page));
	struct artifact a;
	int code = read_key(page, cli_value(cli, "key"));

	if (code == EXIT_DONE && !artifact_open(&a, cli->args[0])) {
		cli_error("AZ0205", NULL, "cannot read `%s`: %s", cli->args[0],
		    strerror(errno));
		code = EXIT_INPUT;
	} else if (code == EXIT_DONE) {
		code = verify(cli, &a, page);
		artifact_close(&a);
	}
	free(page);
	return code;
}
