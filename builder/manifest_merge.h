/* manifest_merge: several trees to one, for includes and profiles. */
#ifndef BUILDER_MANIFEST_MERGE_H
#define BUILDER_MANIFEST_MERGE_H

#include "diag.h"

struct arena;
struct yaml_node;

/* A map with the same pairs that may be added to. */
struct yaml_node *map_copy(struct arena *a, const struct yaml_node *map);

/* Add what an included file defines to a copied root; what both define is
 * reported. */
void merge_include(struct arena *a, struct yaml_node *root,
    const struct yaml_node *from, struct diags *list);

/* root as the profile changes it: maps merge, the rest is replaced. */
struct yaml_node *merge_profile(struct arena *a, const struct yaml_node *root,
    const struct yaml_node *profile);

/* Report authority that a profile other than dev adds. */
void check_profiles(const struct yaml_node *root, struct diags *list);

#endif
