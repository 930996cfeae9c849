/* sup/tree: the signed tree of supervision as sup/policy wants it.
 * Memory: mm/map runs that stay for as long as the machine runs. */
#ifndef AZ_SUP_TREE_H
#define AZ_SUP_TREE_H

#include "base/err.h"

struct bundle;
struct policy;

/* From the nodes of b, which have been checked. Every module is ready as it
 * starts, until its node's `waits` is set. */
az_err tree_make(struct policy *out, const struct bundle *b);

#endif
