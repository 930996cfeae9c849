#include "manifest_merge.h"

#include <string.h>

#include "manifest_shape.h"
#include "mem.h"
#include "yaml_tree.h"

/* Larger maps exceed a bound of the table and have been reported; merging
 * them would take time for nothing. */
enum { MERGE_MAX = 8192 };

static void map_put(struct arena *a, struct yaml_node *map,
    struct yaml_node *key, struct yaml_node *value)
{
	map->pairs =
	    arena_push(a, map->pairs, &map->count, sizeof(map->pairs[0]));
	map->pairs[map->count - 1] = (struct yaml_pair){ key, value };
}

struct yaml_node *map_copy(struct arena *a, const struct yaml_node *map)
{
	struct yaml_node *copy = arena_alloc(a, sizeof(*copy));
	size_t i;

	*copy = *map;
	copy->pairs = NULL;
	copy->count = 0;
	for (i = 0; i < map->count; i++)
		map_put(a, copy, map->pairs[i].key, map->pairs[i].value);
	return copy;
}

static bool can_merge(
    const struct yaml_node *left, const struct yaml_node *right)
{
	return left->kind == YAML_MAP && right->kind == YAML_MAP &&
	       left->count <= MERGE_MAX && right->count <= MERGE_MAX;
}

/* `modules`, `files` and the like: entries of both, each defined once. */
static void merge_section(struct arena *a, struct yaml_pair *into,
    const struct yaml_pair *from, struct diags *list)
{
	struct yaml_node *merged;
	const struct yaml_pair *p, *old;
	char *place;
	size_t i;

	if (!can_merge(into->value, from->value)) {
		shape_duplicate(list, "the manifest", into->key, from->key);
		return;
	}
	merged = map_copy(a, into->value);
	place = arena_printf(a, "`%s`", into->key->text);
	for (i = 0; i < from->value->count; i++) {
		p = &from->value->pairs[i];
		old = yaml_find(into->value, p->key->text);
		if (old != NULL)
			shape_duplicate(list, place, old->key, p->key);
		else
			map_put(a, merged, p->key, p->value);
	}
	into->value = merged;
}

void merge_include(struct arena *a, struct yaml_node *root,
    const struct yaml_node *from, struct diags *list)
{
	struct yaml_pair *p, *old;
	size_t i;

	if (!can_merge(root, from))
		return;
	for (i = 0; i < from->count; i++) {
		p = &from->pairs[i];
		old = yaml_find(root, p->key->text);
		if (strcmp(p->key->text, "include") == 0 ||
		    (old != NULL && strcmp(p->key->text, "azoth") == 0))
			continue;
		if (old == NULL)
			map_put(a, root, p->key, p->value);
		else
			merge_section(a, old, p, list);
	}
}

struct yaml_node *merge_profile(struct arena *a, const struct yaml_node *root,
    const struct yaml_node *profile)
{
	struct yaml_node *merged = map_copy(a, root);
	const struct yaml_pair *p;
	struct yaml_pair *old;
	size_t i;

	for (i = 0; i < profile->count; i++) {
		p = &profile->pairs[i];
		old = yaml_find(merged, p->key->text);
		if (old == NULL) {
			map_put(a, merged, p->key, p->value);
			continue;
		}
		old->key = p->key;
		if (can_merge(old->value, p->value))
			old->value = merge_profile(a, old->value, p->value);
		else
			old->value = p->value;
	}
	return merged;
}

static void refuse_in_profile(struct diags *list, const char *profile,
    const struct yaml_pair *pair, const char *what)
{
	struct diag *d;

	if (pair == NULL)
		return;
	d = diag_add(list, "AZ0306", pair->key->at,
	    "profile `%s` may not set `%s`", profile, what);
	diag_label(d, "authority belongs to the manifest itself");
	diag_help(
	    d, "move it to the top level, or rename the profile to `dev`");
}

/* The entries of a map of the profile, of which each may hold one of keys. */
static void refuse_in_entries(struct diags *list,
    const struct yaml_pair *profile, const char *map, const char *const *keys)
{
	const struct yaml_node *entries = yaml_get(profile->value, map);

	if (entries == NULL || entries->kind != YAML_MAP)
		return;
	for (size_t i = 0; i < entries->count; i++)
		for (const char *const *key = keys; *key != NULL; key++)
			refuse_in_profile(list, profile->key->text,
			    yaml_find(entries->pairs[i].value, *key), *key);
}

static void check_one(const struct yaml_pair *profile, struct diags *list)
{
	static const char *const grants[] = { "grants", NULL };
	static const char *const stack[] = { "stack", NULL };
	static const char *const ends[] = { "type", "server", "clients",
		"writer", "readers", "leases", NULL };
	const struct yaml_node *signing = yaml_get(profile->value, "signing");
	const char *name = profile->key->text;

	if (strcmp(name, "dev") == 0)
		return;
	refuse_in_entries(list, profile, "modules", grants);
	refuse_in_entries(list, profile, "channels", ends);
	refuse_in_entries(list, profile, "networks", stack);
	refuse_in_profile(
	    list, name, yaml_find(profile->value, "devices"), "devices");
	refuse_in_profile(
	    list, name, yaml_find(profile->value, "assert"), "assert");
	refuse_in_profile(
	    list, name, yaml_find(signing, "trust"), "signing.trust");
}

void check_profiles(const struct yaml_node *root, struct diags *list)
{
	const struct yaml_node *profiles = yaml_get(root, "profiles");
	size_t i;

	if (profiles == NULL || profiles->kind != YAML_MAP)
		return;
	for (i = 0; i < profiles->count; i++)
		check_one(&profiles->pairs[i], list);
}
