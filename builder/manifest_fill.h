/* manifest_fill: a merged tree to the structures of manifest.h, with every
 * default of the table. A value that has been reported as wrong counts as
 * absent here, so that the other checks can go on. */
#ifndef BUILDER_MANIFEST_FILL_H
#define BUILDER_MANIFEST_FILL_H

#include "diag.h"

struct manifest;
struct yaml_node;

void manifest_fill(
    struct manifest *m, const struct yaml_node *root, struct diags *list);

#endif
