/* manifest_shape: does a tree have the shape that the table describes?
 *
 * Looks at keys, types, words and bounds of one file's tree; whether required
 * keys are there is asked again of the whole, once files and profiles are
 * merged (shape_required).
 */
#ifndef BUILDER_MANIFEST_SHAPE_H
#define BUILDER_MANIFEST_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

struct field;
struct yaml_node;

/* Where a check is: the keys from the top, for messages. */
struct shape {
	struct diags *list;
	const char *whole; /* NULL: "the manifest" */
	const char *keys[64];
	size_t depth;
};

void shape_check(
    struct shape *s, const struct yaml_node *node, const struct field *f);

/* Report the required keys that are missing below node. */
void shape_required(struct shape *s, const struct yaml_node *node,
    struct span at, const struct field *f);

/* "module `web`", "the grants of `web`", "the manifest": the caller frees
 * it. */
char *shape_place(const struct shape *s);

/* Check one scalar; f has a scalar type (manifest_scalar.c). */
void scalar_check(
    struct shape *s, const struct yaml_node *node, const struct field *f);

/* Whether two values are written the same. */
bool shape_equal(const struct yaml_node *a, const struct yaml_node *b);

/* Report a key of map that is defined twice. */
void shape_duplicate(struct diags *list, const char *place,
    const struct yaml_node *first, const struct yaml_node *again);

#endif
