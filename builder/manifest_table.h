/* manifest_table: every key of the manifest, in one table.
 *
 * The loader's checks and defaults, `azoth explain`, the JSON Schema, the
 * table in manifests/README.md and the completion words all come from it.
 */
#ifndef BUILDER_MANIFEST_TABLE_H
#define BUILDER_MANIFEST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_MAP,      /* the keys of `children` */
	FIELD_NAMED,    /* names of the user's, each with children[0] */
	FIELD_LIST,     /* items, each as children[0] */
	FIELD_PROFILE,  /* what the top level holds, as a change to it */
	FIELD_TEXT,     /* any scalar, at most max bytes */
	FIELD_NAME,     /* see name_valid in manifest_value */
	FIELD_PATH,     /* of a file or folder, from the manifest's folder */
	FIELD_MOUNT,    /* an absolute path in a module's world */
	FIELD_SIZE,     /* bytes, min to max, a multiple of granule */
	FIELD_DURATION, /* nanoseconds, min to max */
	FIELD_INTEGER,  /* min to max */
	FIELD_BOOL,
	FIELD_WORD,    /* one of `words` */
	FIELD_CPU,     /* BUDGET/PERIOD, two durations */
	FIELD_STDIN,   /* `console`, or a path */
	FIELD_EXPECT,  /* `trap`, or `exit N` */
	FIELD_DIGEST,  /* sha256:HEX */
	FIELD_PACKAGE, /* NAME@MAJOR */
	FIELD_FORMAT,  /* the version of the manifest format: 1 */
	FIELD_LATER,   /* of the format, but not of this version */
};

/* Which names the user may give. */
enum field_names {
	NAMES_OURS,  /* see name_valid in manifest_value */
	NAMES_ENV,   /* environment variables */
	NAMES_IMPORT /* modules, as others import from them */
};

struct field {
	const char *name; /* of the key; "*" for items and the user's names */
	enum field_type type;
	bool required;
	const char *fallback; /* the default, as text; NULL: absent */
	const char *example;  /* a good value, as one writes it */
	uint64_t min, max, granule;
	const char *const *words; /* ends with NULL */
	const char *const *later; /* words of the format for later versions */
	const struct field *children; /* ends with name NULL */
	enum field_names names;       /* FIELD_NAMED */
	const char *help;
};

/* The top level: a FIELD_MAP. */
const struct field *field_root(void);

/* The key of this name in a FIELD_MAP; NULL. */
const struct field *field_child(const struct field *map, const char *name);

/* The field at a path such as modules.*.grants.log, in which a user's name
 * may stand for `*`; NULL. */
const struct field *field_find(const char *path);

/* "a size", "one of error, warn": what to call the type in a sentence. */
const char *field_type_name(const struct field *f);

/* Call visit for each field below f, parents first, with its whole path. */
void field_walk(const struct field *f, const char *prefix,
    void (*visit)(const struct field *f, const char *path, void *arg),
    void *arg);

#endif
