/* system: what verbs that only read take, a manifest or what was built of
 * one.
 *
 * Nobody vouches for an image here: `azoth verify` does. Its index has passed
 * the checks of verify/.
 */
#ifndef BUILDER_SYSTEM_H
#define BUILDER_SYSTEM_H

#include <stdbool.h>

#include "artifact.h"
#include "verify/bundle.h"

struct cli;
struct diags;
struct manifest;

struct system {
	const char *path; /* borrowed */
	struct manifest *m;
	bool image;           /* m is what its index amounts to */
	struct artifact file; /* when it is one */
	struct bundle bundle; /* in that */
	struct diags *list;   /* else: of the manifest */
};

/* False after saying why not. system_close ends it either way. */
bool system_open(struct system *out, const struct cli *cli, const char *path);
/* Read what describes the devices of a manifest, which system_open leaves
 * alone. Returns false after saying why. */
bool system_drivers(struct system *s, const struct cli *cli);
void system_close(struct system *s);

#endif
