/* authority: who may do what in a system, directly and through chains of
 * channels.
 *
 * A module holds what it is granted and its ends of channels. It may also do
 * whatever a module holds that it can make act: a client acts through its
 * server, the writer of a ring or signal through its readers, a driver through
 * those who share its device's memory, who has sockets through the network
 * stack. A reply is not a request, so a server does nothing through its clients.
 * Chains are the shortest there are, and the same each time.
 * Memory: borrows the manifest; everything else dies with it.
 */
#ifndef BUILDER_AUTHORITY_H
#define BUILDER_AUTHORITY_H

#include <stdbool.h>
#include <stddef.h>

#include "manifest.h"

struct buf;

/* What a module holds itself. */
struct authority_hold {
	struct manifest_right right; /* text: its word; at: what gives it */
	const char *value; /* how far it goes, such as "info", or "" */
	size_t id; /* the same in all holds that say the same: of a channel
		    * whatever the role, else with the same value */
};

/* The module `from` can make `to` act. */
struct authority_link {
	size_t from, to;
	const struct manifest_channel *channel;
	const struct manifest_end *end; /* the client's or reader's */
};

struct authority {
	const struct manifest *m;
	struct arena *arena;
	struct authority_hold *holds; /* by module */
	size_t *first_hold;           /* of each module, then the end */
	size_t id_count;              /* of holds */
	struct authority_link *links; /* by `from`, in order of channels */
	size_t *first_link;           /* of each module, then the end */
	const char **places; /* words of RIGHT_LISTEN, _CONNECT, sorted */
	size_t place_count;
};

void authority_init(struct authority *a, const struct manifest *m);
void authority_fini(struct authority *a);

/* How a module comes to something. */
enum authority_way {
	WAY_NONE,
	WAY_SELF,    /* module/NAME: it is that module */
	WAY_HOLDS,   /* directly */
	WAY_THROUGH, /* by the first link of a chain */
};
struct authority_reach {
	enum authority_way way;
	const struct authority_link *link; /* WAY_THROUGH */
};

/* Who may use a right: out has an element for each module. */
void authority_who(const struct authority *a,
    const struct manifest_right *right, struct authority_reach *out);
/* The hold of a right that a module has itself, or NULL. */
const struct authority_hold *authority_find(const struct authority *a,
    size_t module, const struct manifest_right *right);
/* Whom a module can make act: *order, of as many elements as there are
 * modules, gets their numbers, nearest first; in `last` stands for each the
 * last link of a chain to it. Returns how many. */
size_t authority_from(const struct authority *a, size_t module, size_t *order,
    const struct authority_link **last);

/* Is it something outside of all modules? */
bool authority_is_outward(const struct manifest_right *right);

/* "web -> query -> store -> files/docs", of what authority_who found. */
void authority_chain(struct buf *out, const struct authority *a,
    const struct authority_reach *reach, size_t module,
    const struct manifest_right *right);
/* "query -> store", of what authority_from found; of more links than `most`
 * the middle is left out. */
void authority_path(struct buf *out, const struct authority *a,
    const struct authority_link *const *last, size_t to, size_t most);

#endif
