/* manifest_part: the tree beside the table, for manifest_fill*.c alone.
 *
 * What is absent or wrong (which has been reported by then) reads as its
 * default.
 */
#ifndef BUILDER_MANIFEST_PART_H
#define BUILDER_MANIFEST_PART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest.h"
#include "yaml_tree.h"

struct field;

/* A map of the tree beside its description. node may be NULL: absent. */
struct part {
	struct manifest *m;
	struct diags *list;
	const struct yaml_node *node;
	const struct field *field;
};

/* The value of a key. */
struct part part_of(const struct part *whole, const char *key);
/* The scalar as written, else its default; NULL when it has none. *at keeps
 * its line 0 when it is absent. */
const char *part_text(const struct part *p, struct span *at);
/* Items of a list or pairs of a map; 0 when it is absent or wrong. */
size_t part_count(const struct part *p, enum yaml_kind kind);

/* The values of keys: a text, a number in the field's bounds, which of the
 * field's words, which words a list holds (as bits in the table's order). */
struct manifest_string part_string(const struct part *whole, const char *key);
uint64_t part_number(const struct part *whole, const char *key,
    bool (*read)(const char *text, uint64_t *out), struct span *at);
uint32_t part_word(const struct part *whole, const char *key, struct span *at);
uint32_t part_words(const struct part *whole, const char *key, struct span *at);
bool part_true(const struct part *whole, const char *key);

struct manifest_string node_string(const struct yaml_node *node);

/* The module that a scalar names after a prefix of that many bytes. Reports
 * when there is none; who: "channel `query`". False: *out is as it was. */
bool part_module(const struct part *p, const char *who,
    const struct yaml_node *node, size_t prefix, struct manifest_end *out);
/* The module whose name is nearest; NULL. */
const char *part_near_module(const struct manifest *m, const char *name);

/* Report that a grant of a module names nothing of a `what`; near: what might
 * be meant, or NULL; good: then the whole text. */
void part_report_unknown(const struct part *p, const char *module,
    const char *what, struct manifest_string name, const char *near,
    const char *good);
/* The grants of module i. */
struct part part_grants(const struct part *top, size_t i);
/* One more channel, of a device or of sockets: the pointer is good until the
 * next one. */
struct manifest_channel *part_channel(struct manifest *m, uint32_t type,
    struct manifest_string name, size_t subject);

/* Parts of manifest_fill, in manifest_fill_*.c; modules come first. */
void fill_resets(struct part top);
void fill_channels(struct part top);
/* After the channels, to which they add their own. */
void fill_devices(struct part top);
void fill_networks(struct part top);
void fill_secrets(struct part top);
void fill_supervision(struct part top);
void fill_claims(struct part top);

#endif
