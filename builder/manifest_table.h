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

struct yaml_node;

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
	FIELD_BITS,     /* min to max, decimal or 0x... */
	FIELD_BOOL,
	FIELD_WORD,    /* one of `words` */
	FIELD_CPU,     /* BUDGET/PERIOD, two durations */
	FIELD_STDIN,   /* `console`, or a path */
	FIELD_EXPECT,  /* `trap`, or `exit N` */
	FIELD_DIGEST,  /* sha256:HEX */
	FIELD_PACKAGE, /* NAME@MAJOR */
	FIELD_FORMAT,  /* the version of the manifest format: 1 */
	FIELD_STATE,   /* `v` and a whole number from 1 to max */
	FIELD_RATE,    /* `N in DURATION`, N from 1 to max */
	FIELD_RANGE,   /* MIN..MAX, two durations */
	FIELD_POWER,   /* `reboot`, `halt` or `reset:MODULE` */
	FIELD_PLACE,   /* where to listen or connect, see verify/sockets */
	FIELD_ADDRESS, /* `dhcp`, or IP/BITS */
	FIELD_IP,      /* of IPv4; FIELD_HOST: or of IPv6 */
	FIELD_HOST,
	FIELD_MAC,
	FIELD_RIGHT, /* an authority in a word, see manifest_right.c */
	FIELD_CHILD, /* a name, or a group: one name and what field_group has */
	FIELD_LATER, /* of the format, but not of this version */
};

/* Which names the user may give. */
enum field_names {
	NAMES_OURS,   /* see name_valid in manifest_value */
	NAMES_ENV,    /* environment variables */
	NAMES_IMPORT, /* modules, as others import from them */
	NAMES_CHANNEL /* ours, which no import of the system has */
};

struct field {
	const char *name; /* of the key; "*" for items and the user's names */
	enum field_type type;
	bool required;
	const char *fallback;   /* the default, as text; NULL: absent */
	const char *supervised; /* the default where `supervision` is
				 * written, if that is another one */
	const char *example;    /* a good value, as one writes it */
	uint64_t min, max, granule;
	bool power_of_two;
	uint32_t types; /* of the words of the key `type` beside it, those with
			 * which this key can stand (1: the first); 0: all */
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

/* The default of a key, in a manifest with or without `supervision`; NULL. */
const char *field_fallback(const struct field *f, bool supervised);

/* The keys of a group of the supervision tree: a FIELD_MAP. */
const struct field *field_group(void);

/* The type of map that a node has by its key `type`, as in struct field's
 * types; 0 when there is none or it is wrong. */
uint32_t field_variant(const struct field *map, const struct yaml_node *node);

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
