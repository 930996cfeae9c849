/* yaml_fix: mechanical fixes of lists and maps, as one replacement of text on
 * one line. Where the text is not written so that this is possible, there is
 * no fix.
 */
#ifndef BUILDER_YAML_FIX_H
#define BUILDER_YAML_FIX_H

#include <stddef.h>

#include "diag.h"
#include "yaml_tree.h"

/* One more item behind the last one; NULL for list: nothing. */
void fix_append(struct diag *d, const struct yaml_node *list, const char *item);
/* One item less; the only one stays. */
void fix_remove(struct diag *d, const struct yaml_node *list, size_t item);
/* Item `late` in front of item `early`. */
void fix_move(
    struct diag *d, const struct yaml_node *list, size_t early, size_t late);
/* One more pair, such as "queue: 4", in front of the first one. */
void fix_add(struct diag *d, const struct yaml_node *map, const char *pair);
/* One pair less; the only one stays. */
void fix_delete(
    struct diag *d, const struct yaml_node *map, const struct yaml_pair *pair);

#endif
