/* bundle_write: index, signature and blobs to a bundle, checked by the
 * kernel's own reader before anyone sees it.
 */
#ifndef BUILDER_BUNDLE_WRITE_H
#define BUILDER_BUNDLE_WRITE_H

#include <stdbool.h>

#include "mem.h"

struct key_private;
struct system_parts;

/* False when the kernel would refuse the result: *why says in a few words.
 * *out is appended to, and must be empty. */
bool bundle_write(struct buf *out, const struct system_parts *parts,
    const struct key_private *key, const char **why);

#endif
