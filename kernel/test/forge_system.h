/* test/forge_system: whole systems from compact descriptions, for tests of
 * what modules do together.
 *
 *	static const struct forge_module modules[] = {
 *		{ .name = "db", .faces = db, .face_count = 2 },
 *		{ .name = "web", .faces = web, .face_count = 2 },
 *	};
 *	static const struct forge_channel channels[] = {
 *		{ .name = "store", .like.type = AZ_CHANNEL_CALL,
 *		    .ends = { { 0 }, { 1, AZ_RIGHT_CALL } }, .end_count = 2,
 *		    .methods = { { .name = "get", .type = "i:i" } },
 *		    .method_count = 1 },
 *	};
 *
 * Texts are NUL-terminated. Of the `like` records everything is kept but
 * texts, runs, blobs and a channel's owner, which is the module of its first
 * end. Nothing is checked: what is wrong here is wrong in the bundle.
 * Memory: results come from malloc and are the caller's.
 */
#ifndef AZ_TEST_FORGE_SYSTEM_H
#define AZ_TEST_FORGE_SYSTEM_H

#include <stddef.h>
#include <stdint.h>

#include "abi/image.h"
#include "abi/index.h"
#include "abi/rights.h"

enum { FORGE_LIST = 8 }; /* ends and methods of a channel */

/* What an image shows to others. */
struct forge_face {
	enum forge_face_kind {
		FORGE_EXPORT, /* a function of its own */
		FORGE_IMPORT, /* a method of `channel` */
		FORGE_CALL,   /* host call `value`, of its type */
		FORGE_WINDOW, /* a global of that value */
	} kind;
	const char *name, *type; /* "params:results" */
	const char *channel;
	uint32_t value;
};

struct forge_module {
	const char *name;
	struct az_module like; /* stack 0: 64 KiB */
	/* Its image: bytes, or one of those faces whose functions only
	 * return. Neither: forge_image. */
	const uint8_t *image;
	size_t image_size;
	const struct forge_face *faces;
	uint32_t face_count;
	const struct az_grant *grants; /* without texts */
	uint32_t grant_count;
};

struct forge_method {
	const char *name, *type;
	struct az_method like;
};

struct forge_channel {
	const char *name;
	struct az_channel like;
	struct az_peer ends[FORGE_LIST];
	uint32_t end_count;
	struct forge_method methods[FORGE_LIST];
	uint32_t method_count;
};

struct forge_node {
	const char *name; /* NULL: of a module */
	struct az_node like;
};

struct forge_system {
	const struct forge_module *modules;
	uint32_t module_count;
	const struct forge_channel *channels;
	uint32_t channel_count;
	const struct forge_node *nodes; /* none: one group of all modules */
	uint32_t node_count;
};

/* A bundle named "forged", signed with test key 0, command line empty. */
uint8_t *forge_system(const struct forge_system *system, size_t *size);

/* An image with those faces: one wasm page of memory, functions that only
 * return. */
uint8_t *forge_faces(
    const struct forge_face *faces, uint32_t count, size_t *size);

#endif
