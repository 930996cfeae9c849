/* index_read: the manifest that the index of a bundle amounts to, so that
 * what shows or compares systems need not know where they come from.
 *
 * Has modules, files, channels, devices, networks that are used, secrets and
 * the tree with all that authority depends on. Has no places in a text, no paths (that of `files` or `stdin` is in no
 * image), no assertions and nothing of `signing`.
 */
#ifndef BUILDER_INDEX_READ_H
#define BUILDER_INDEX_READ_H

struct bundle;
struct manifest;

/* b: an index that was checked. manifest_free ends it. */
struct manifest *index_read(const struct bundle *b);

#endif
