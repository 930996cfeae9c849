/* wasm_link: the modules of a link group made into one.
 *
 * The result means what the specification says of instantiating the members
 * in their order. An import is resolved against the last earlier member of
 * its name; its type must match, limits by what the provider declares: how
 * far something has grown is known when it runs. Host functions stay imports.
 * What a member does when it is instantiated (its active segments, its start
 * function) becomes an `init` function; a start function calls them all.
 * Several memories become regions of one (wasm_region.h).
 * Memory: members are only read; the result points nowhere.
 */
#ifndef BUILDER_WASM_LINK_H
#define BUILDER_WASM_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct wasm_module;

struct link_member {
	const char *name;  /* by which others import from it; NULL: none do */
	const char *label; /* before its names in what comes out, without a
			    * dot; NULL: as its name, or none */
	const struct wasm_module *module; /* any that wasm_parse accepts */
	/* Memories and tables that it imports may be below its minimum as
	 * declared, if they can have grown to it: its init looks, and is
	 * unreachable where they have not. */
	bool grown;
};

struct link_options {
	/* Modules whose functions stay imports, unless a member has the name;
	 * a list that ends in NULL, or NULL for none. Other imports that no
	 * member satisfies are unknown. */
	const char *const *host;
	/* Pages that all memories share when there are several, and what they
	 * start with at least; 0: that, and some to grow. */
	uint32_t pages;
	/* Export `LABEL.NAME` of every member, not just the last one's NAME. */
	bool export_all;
	/* No start function: each member's init is exported as `init LABEL`,
	 * to be called once each, in order. */
	bool export_inits;
};

enum link_fault {
	LINK_OK,
	LINK_UNKNOWN,      /* "unknown import ..." */
	LINK_INCOMPATIBLE, /* "incompatible import type ..." */
	LINK_HOST_MEMORY,  /* host functions see only the first region */
	LINK_LIMIT         /* the result would be too large */
};

struct link_error {
	enum link_fault fault;
	size_t member;   /* index of who wants it */
	uint32_t import; /* its import; UINT32_MAX: none in particular */
	char text[320];  /* what is wanted and what is there */
};

/* Append the linked module to *out. Returns 0, or -1 with *error filled and
 * *out as it was. A group of one keeps its segments and its start function
 * unless export_inits. */
int wasm_link(struct buf *out, const struct link_member *members, size_t count,
    const struct link_options *options, struct link_error *error);

#endif
