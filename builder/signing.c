#include "signing.h"

#include <stdlib.h>
#include <string.h>

#include "check_impl.h"
#include "exit.h"
#include "manifest.h"

static void report_key(struct diags *list, const struct manifest_string *at,
    const struct key_error *why)
{
	struct diag *d =
	    diag_add(list, why->code, at->at, "`%s` %s", at->text, why->brief);

	diag_label(d, "cannot be used");
	if (why->help[0] != '\0')
		diag_help(d, "%s", why->help);
}

static void read_own(struct signing *s, const struct manifest *m, bool passed,
    struct diags *list)
{
	const struct manifest_string *name = &m->signing_key;
	bool is_passed = strncmp(name->text, "fd:", 3) == 0;
	struct key_error why;
	char *path;

	if (is_passed && !passed)
		return;
	if (!is_passed && !check_file(m, list, "the signing key", name))
		return;
	path =
	    is_passed ? xstrdup(name->text) : manifest_resolve(m, name->text);
	s->has_key = key_read_private(&s->key, path, &why) == EXIT_DONE;
	if (!s->has_key)
		report_key(list, name, &why);
	free(path);
}

static void read_trusted(
    struct signing *s, const struct manifest *m, size_t i, struct diags *list)
{
	const struct manifest_string *name = &m->trust[i].key;
	struct key_error why;
	char *path;

	if (name->text == NULL || !check_file(m, list, "the trusted key", name))
		return;
	path = manifest_resolve(m, name->text);
	if (key_read_public(&s->trusted[i], path, &why) != EXIT_DONE)
		report_key(list, name, &why);
	free(path);
}

/* What dev builds may do must not come with a key that releases bear. */
static void check_dev(const struct signing *s, const struct manifest *m,
    const struct manifest_trust *trust, const struct key_public *key,
    struct diags *list)
{
	bool dev = m->profile != NULL && strcmp(m->profile, "dev") == 0;
	struct diag *d;

	if (!dev || !s->has_key ||
	    memcmp(key, &s->key.public, sizeof(*key)) != 0)
		return;
	if (m->signing_key.text == NULL) {
		d = diag_add(list, "AZ0605", trust->key.at,
		    "the development key is trusted as `%s`, and would sign "
		    "the profile `dev`",
		    trust->name.text);
		diag_label(d, "not a key for releases");
		diag_help(d, "azoth keygen release.key");
		return;
	}
	d = diag_add(list, "AZ0605", m->signing_key.at,
	    "the profile `dev` would be signed by the release key `%s`",
	    trust->name.text);
	diag_label(d, "signs releases");
	diag_also(d, trust->key.at, "trusted here");
	diag_help(d, "give the profile `dev` a `signing.image.key` of its own");
}

bool signing_read(struct signing *s, const struct manifest *m, bool passed,
    struct diags *list)
{
	size_t before = diags_errors(list);

	s->trusted = xcalloc(m->trust_count, sizeof(*s->trusted));
	if (m->signing_key.text != NULL)
		read_own(s, m, passed, list);
	for (size_t i = 0; i < m->trust_count; i++) {
		read_trusted(s, m, i, list);
		check_dev(s, m, &m->trust[i], &s->trusted[i], list);
	}
	return diags_errors(list) == before;
}

void signing_fini(struct signing *s)
{
	key_wipe(&s->key);
	free(s->trusted);
	*s = (struct signing){ 0 };
}
