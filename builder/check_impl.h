/* check_impl: the parts of check, for check*.c alone. */
#ifndef BUILDER_CHECK_IMPL_H
#define BUILDER_CHECK_IMPL_H

#include "check.h"
#include "diag.h"
#include "wasm.h"

struct cache;
struct manifest_channel;
struct manifest_module;
struct manifest_string;
struct yaml_pair;

/* What a check of one module looks at. */
struct subject {
	const struct manifest *m;
	const struct manifest_module *module;
	struct diags *list;
	const struct cache *cache;
	const struct wasm_module *wasm;
	const char *what; /* the file: "the source of module `web`" */
	const char *path; /* as the manifest names it */
	struct span at;   /* of that */
};

/* The key of a module as written, such as "grants"; NULL when absent. */
const struct yaml_pair *subject_key(const struct subject *s, const char *key);

/* The file at a path, read, parsed and judged unless another module's was the
 * same; takes the path. NULL after reporting that it cannot be read. */
const struct checked_file *check_open(
    struct checked *c, const struct subject *s, char *path);

/* A module and what it links to as one module (check_link.c); file: its own.
 * NULL after reporting why not. */
const struct checked_file *check_link(struct checked *c,
    const struct subject *s, const struct checked_file *file);

/* Imports against the ABI and the grants (check_imports.c). */
void check_imports(const struct subject *s);

/* For messages; the caller frees them. A name in a module, which may be long;
 * "ii:i", as abi/call writes types, with `r` and `x` for references; and
 * "(i32 i64) -> i32" from that. */
char *bytes_text(struct wasm_bytes bytes);
char *type_text(const struct wasm_type *type);
char *type_words(const char *type);

/* The channel that an import names, whose handle may come with each call;
 * NULL. (check_channels.c) */
const struct manifest_channel *channel_of(
    const struct manifest *m, const struct wasm_import *import, bool *handle);
/* The channel whose name is nearest; NULL. */
const char *near_channel(const struct manifest *m, const char *name);
/* The first call channel that a module serves; NULL. */
const struct manifest_channel *channel_served(
    const struct manifest *m, const struct manifest_module *module);

/* The checked file of module number `module`, NULL when it is no good; an
 * export of w that is a function, or NULL. (check_channels.c) */
const struct wasm_module *wasm_of(const struct checked *c, size_t module);
const struct wasm_export *find_function(
    const struct wasm_module *w, struct wasm_bytes name);

/* Find the methods of channels with an interface, before check_channels; their
 * servers must have them (check_interfaces.c). */
void check_interfaces(
    const struct checked *c, struct manifest *m, struct diags *list);
/* Channels against what their modules import and export; finds the methods of
 * those without an interface. (check_channels.c) */
void check_channels(
    const struct checked *c, struct manifest *m, struct diags *list);
/* The folder of what ships with azoth, beside the executable; to be freed.
 * (check.c) */
char *check_package_dir(void);
/* The file of an interface, to be freed: azoth/NAME.wit ships with azoth.
 * (check.c) */
char *check_interface_path(const struct manifest *m, const char *path);
/* The memory that modules reserve for rings and arenas (check_windows.c). */
void check_windows(
    const struct checked *c, const struct manifest *m, struct diags *list);
/* Who calls whom, against the order of start (check_order.c). */
void check_order(const struct manifest *m, struct diags *list);

/* The assertions (check_claims.c). */
void check_claims(const struct manifest *m, struct diags *list);

/* The types of a file's code, judged by a tool once and remembered in the
 * cache (check_types.c). False: they are bad, which *error tells. When no tool
 * can judge them, *c says so. */
bool check_types(struct wasm_error *error, struct checked *c,
    const struct cache *cache, struct checked_file *file);

/* Priorities, restarts and expected ends (check_life.c). */
void check_life(const struct manifest *m, struct diags *list);
/* Sums over all modules (check_sums.c). */
void check_sums(const struct manifest *m, struct diags *list);

/* Report a file that is not there, with near names (check_paths.c). what: the
 * words before it, such as "the source of `web`". */
struct diag *report_absent(struct diags *list, const char *what,
    const char *path, const char *full, struct span at, int error);
/* Is there a file? Says what is wrong when not. */
bool check_file(const struct manifest *m, struct diags *list, const char *what,
    const struct manifest_string *path);
/* The folders and files that the manifest names, but for modules and keys. */
void check_paths(const struct manifest *m, struct diags *list);

#endif
