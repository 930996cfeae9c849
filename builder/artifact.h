/* artifact: a product that may come from anywhere, opened for reading.
 *
 * An ISO gives its kernel, bundle and boot command line; a kernel file gives
 * its trust page, and the bundle beside it; a bundle is itself. Nothing here
 * is trusted: what the parts hold is checked by verify/.
 */
#ifndef BUILDER_ARTIFACT_H
#define BUILDER_ARTIFACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/fault.h"
#include "judge.h"
#include "mem.h"

struct az_trust_page;
struct bundle;

enum artifact_kind {
	ARTIFACT_UNKNOWN,
	ARTIFACT_ISO,
	ARTIFACT_KERNEL,
	ARTIFACT_BUNDLE,
	ARTIFACT_WASM,
};

struct artifact {
	enum artifact_kind kind;
	struct buf file;                   /* as it is on disk */
	struct buf kernel, bundle;         /* empty: there is none */
	const struct az_trust_page *trust; /* in kernel, or NULL */
	char *cmdline;                     /* in the ISO's boot file, or NULL */
	size_t stored_kernel;              /* bytes in the ISO, compressed */
};

/* Why an artifact is refused. */
struct artifact_verdict {
	const char *why; /* static, or the text below */
	char text[JUDGE_WHY_SIZE];
};

/* Read the file; its kind comes from its first bytes, else from its name.
 * False when it cannot be read (errno). */
bool artifact_open(struct artifact *out, const char *path);
void artifact_close(struct artifact *a);

/* Everything that the kernel checks before it starts a module, and that the
 * key, when not NULL, is one that signed. */
enum az_refusal artifact_verify(const struct artifact *a,
    const struct az_trust_page *trust, struct bundle *out,
    struct artifact_verdict *verdict);

/* The index of a bundle whose signature nobody vouches for, for showing. */
enum az_refusal artifact_index(
    const struct artifact *a, struct bundle *out, const char **why);

/* "index-signature" and so on. */
const char *artifact_refusal_name(enum az_refusal refusal);

#endif
