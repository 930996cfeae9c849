/* yaml_tree: the strict subset of YAML that manifests are written in, as a tree
 * with the place of every node.
 *
 * One UTF-8 document of at most SOURCE_MAX bytes and YAML_DEPTH_MAX levels;
 * no anchors, aliases, tags, merge keys or directives. Duplicate keys are
 * kept: the caller knows what to call the map they stand in.
 * Memory: everything lives in the caller's arena; texts hold no NUL.
 */
#ifndef BUILDER_YAML_TREE_H
#define BUILDER_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"

struct arena;

enum { YAML_DEPTH_MAX = 32 };

/* YAML_BAD stands where a mistake was already reported. */
enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP, YAML_BAD };

struct yaml_pair {
	struct yaml_node *key; /* a YAML_SCALAR */
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_kind kind;
	bool quoted;        /* YAML_SCALAR: not written plainly */
	bool flow;          /* a list or map in brackets */
	struct span at;     /* lists and maps: their first character */
	uint32_t last_line; /* of scalars, and of what stands in brackets */
	const char *text;   /* YAML_SCALAR */
	struct yaml_node **items; /* YAML_LIST */
	struct yaml_pair *pairs;  /* YAML_MAP, in the order of the file */
	size_t count;             /* of items or pairs */
};

/* The root of the document, or NULL after reporting why there is none. */
struct yaml_node *yaml_parse(
    struct arena *a, const struct source *src, struct diags *list);

/* The value of the first key of this name in a map; NULL without. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
struct yaml_pair *yaml_find(const struct yaml_node *map, const char *key);

/* Whether deleting the line of a pair's key deletes that pair alone and leaves
 * others in the map. */
bool yaml_has_line(const struct yaml_node *map, const struct yaml_pair *pair);

/* True for `key:` with nothing after it, `~` and `null`. */
bool yaml_is_null(const struct yaml_node *node);

/* Call found(first, again, arg) for each key that the map holds already. */
void yaml_duplicates(const struct yaml_node *map,
    void (*found)(const struct yaml_pair *first, const struct yaml_pair *again,
	void *arg),
    void *arg);

#endif
