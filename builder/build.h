/* build: from a manifest to its products: check, compile, index, sign, pack,
 * report.
 *
 * Products appear under their names only when they are whole; what is the
 * same already is left alone, so a build with nothing changed writes nothing.
 * Everything in between lives in a private folder that goes away at the end,
 * also when the build is interrupted.
 */
#ifndef BUILDER_BUILD_H
#define BUILDER_BUILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/trust.h"
#include "cache.h"
#include "check.h"
#include "files.h"
#include "progress.h"
#include "signing.h"

struct build;
struct cli;
struct batch_item;
struct diags;
struct manifest;

struct build_options {
	const char *path;    /* of the manifest */
	const char *profile; /* or NULL */
	const char *out_dir; /* NULL: out/ beside the manifest */
	const char *formats; /* "iso", "pvh", "iso,pvh"; NULL: the manifest's */
	int jobs;            /* 0: as many as there are processors */
	bool keep_c, explain, times;
	/* Called when keys are read and items are known, before they are
	 * compiled: may change both. Returns an exit code; NULL: nothing. */
	int (*change)(void *ctx, struct build *b);
	void *change_ctx;
};

/* A build while it runs, and what it made. */
struct build {
	const struct build_options *options;
	const struct cli *cli; /* how to talk */
	struct progress progress;

	struct manifest *manifest;
	struct diags *list; /* of check; owns the sources */
	struct diags *late; /* of what packing finds, printed by itself */
	struct checked checked;
	struct cache cache;
	char *out_dir, *work_dir, *title;
	bool iso, pvh; /* formats wanted */
	uint64_t epoch;

	struct signing signing;
	struct az_trust_page trust;

	struct batch_item *items;     /* of each module */
	struct file_tree *trees;      /* of each files: entry */
	struct cached *tree_contents; /* packed */
	struct cached *stdins;        /* of each module that reads a file */
	struct buf bundle, kernel;
	size_t trust_off;

	char *iso_path, *elf_path, *bundle_path; /* NULL: not wanted */
	char iso_sha256[65], bundle_sha256[65], kernel_sha256[65];
	bool changed; /* some product is new */
};

/* Build. Returns an exit code; everything has been said. *b is to be ended by
 * build_fini either way. */
int build_run(
    struct build *b, const struct cli *cli, const struct build_options *o);
void build_fini(struct build *b);

/* Read and pack what modules read: folders and stdin files (build_parts.c).
 * Mistakes go to b->late. */
bool build_read_parts(struct build *b);

/* The steps that make products (build_products.c). Each returns an exit code;
 * what failed has been said. */
int build_read_kernel(struct build *b);
int build_write_pvh(struct build *b);
int build_write_iso(struct build *b);

/* SOURCE_DATE_EPOCH, else the time of the git commit that holds the
 * manifest, else 0. False when the variable is no number. */
bool build_find_epoch(uint64_t *epoch, const char *dir);

#endif
