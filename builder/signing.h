/* signing: the keys that a manifest names, read and judged.
 *
 * check reads them to find every mistake at its place, build to sign with
 * them. Whoever reads ends it by signing_fini, which wipes the private key.
 */
#ifndef BUILDER_SIGNING_H
#define BUILDER_SIGNING_H

#include <stdbool.h>

#include "keys.h"

struct diags;
struct manifest;

struct signing {
	struct key_private key; /* signing.image.key, when has_key */
	bool has_key;
	struct key_public *trusted; /* of each entry of signing.trust */
};

/* Read the keys; mistakes go to list, and false is returned when there were
 * any. A key that comes through a descriptor (fd:N) can be read once only: it
 * is left alone unless passed. When the manifest names no signing key, the
 * caller may have set key and has_key to the one that signs instead. */
bool signing_read(struct signing *s, const struct manifest *m, bool passed,
    struct diags *list);
void signing_fini(struct signing *s);

#endif
