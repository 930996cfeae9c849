/* diff: what differs between two systems, authority first.
 *
 * Each system becomes a sorted list of facts; facts that only one kind of
 * source can know, a manifest or an image, are left out when the other is of
 * the other kind.
 * Memory: a diff owns its texts; the systems may go.
 */
#ifndef BUILDER_DIFF_H
#define BUILDER_DIFF_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct system;

/* In the order in which they are shown. */
enum diff_section {
	DIFF_AUTHORITY,
	DIFF_PATH, /* who reaches what, however: the value is a chain */
	DIFF_MODULES,
	DIFF_CHANNELS,
	DIFF_SUPERVISION,
	DIFF_SYSTEM,
	DIFF_SECTIONS,
};

enum diff_source { DIFF_BOTH, DIFF_MANIFEST, DIFF_IMAGE };

struct diff_fact {
	enum diff_section section;
	enum diff_source source; /* who can know it */
	const char *subject;     /* a module, say; "": the system */
	const char *key;         /* "": that there is such a subject */
	const char *value;
};

struct diff_facts {
	struct arena *arena;
	struct diff_fact *at; /* sorted by section, subject, key */
	size_t count;
	bool image;
};

/* facts_fini ends it. */
void diff_facts_init(struct diff_facts *out, const struct system *s);
void diff_facts_fini(struct diff_facts *f);

/* A difference. NULL: there is no such fact on that side. */
struct diff_change {
	const struct diff_fact *before, *after;
};

/* In the order of the facts, to be freed; values of paths do not count. */
struct diff_change *diff_compare(
    size_t *count, const struct diff_facts *a, const struct diff_facts *b);

#endif
