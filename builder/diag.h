/* diag: mistakes found in the user's input, collected, sorted and printed.
 *
 * Every stage adds to one list, so that one run shows all mistakes of a
 * file. A code (AZ0101 ...) is a row of the catalogue in diag.c, which also
 * gives its severity, title and the text of `azoth explain`.
 * Memory: lists own their strings; a source must outlive the list, which
 * diags_own makes certain.
 */
#ifndef BUILDER_DIAG_H
#define BUILDER_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* One input file, whole, as read. */
struct source {
	char *path; /* as the user wrote it */
	char *text; /* len bytes, then NUL */
	size_t len;
	size_t *lines; /* byte offset of each line's start */
	size_t line_count;
};

enum { SOURCE_MAX = 1 << 20 }; /* bytes of a text that we read whole */

/* Read a whole file, without a leading byte order mark. Returns 0, or an
 * errno (EFBIG: over max bytes). source_fini frees what it holds. */
int source_load(struct source *out, const char *path, size_t max);
void source_from_bytes(
    struct source *out, const char *path, const void *bytes, size_t len);
void source_fini(struct source *src);

/* A place: line and column count from 1, columns and len in characters. A
 * zero line means the file as a whole. */
struct span {
	const struct source *src;
	uint32_t line, col, len;
};

enum severity { SEV_ERROR, SEV_WARNING };

/* A row of the catalogue. */
struct diag_kind {
	const char *code; /* "AZ0101" */
	enum severity severity;
	const char *title; /* one line, lower case */
	const char *text;  /* what `azoth explain` prints */
};

struct diag;
struct diags; /* the list */

struct diags *diags_new(void);
void diags_free(struct diags *list);
/* Hand a source (allocated by malloc, as is what it holds) to the list, which
 * frees it at its own end. */
void diags_own(struct diags *list, struct source *src);

/* Start a mistake; the message follows style: lower case, no full stop,
 * backticks round the user's words. The result is borrowed until the list
 * goes. code must be in the catalogue. */
struct diag *diag_add(struct diags *list, const char *code, struct span at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Does the line before a place hold the comment `azoth: allow CODE`? */
bool diag_allowed(struct span at, const char *code);
/* The words under the span's carets. */
void diag_label(struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* What to do about it: a command, not advice. */
void diag_help(struct diag *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A second place that explains the first, with its own words. */
void diag_also(struct diag *d, struct span at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A mechanical fix: replace the text at `at` by `text` (azoth check --fix
 * and the fixture tests apply it). An empty text deletes the whole line. */
void diag_fix(struct diag *d, struct span at, const char *text);

/* What applying the fix of a mistake needs; mistakes count from 0, in order
 * of addition. Returns false when it has none. */
bool diag_fix_of(
    const struct diags *list, size_t diag, struct span *at, const char **text);
size_t diags_count(const struct diags *list);

size_t diags_errors(const struct diags *list);
size_t diags_warnings(const struct diags *list);
/* EXIT_DONE without errors, EXIT_TRUST when all are matters of trust (AZ06xx),
 * else EXIT_INPUT. */
int diags_exit_code(const struct diags *list);

enum diag_format { DIAG_HUMAN, DIAG_GCC, DIAG_GITHUB, DIAG_SARIF, DIAG_JSON };
/* Print all, in order of place. color only matters for DIAG_HUMAN. JSON and
 * SARIF are whole documents, also when the list is empty. */
void diags_print(
    const struct diags *list, FILE *to, enum diag_format format, bool color);
/* "PATH: 2 errors, 1 warning"; with the time unless ms is negative. */
void diags_print_summary(
    const struct diags *list, FILE *to, const char *path, double ms);

/* The catalogue row of a code, or NULL; and the whole table. */
const struct diag_kind *diag_kind_find(const char *code);
const struct diag_kind *diag_kind_table(size_t *count);

/* The candidate nearest to word (edit distance, transpositions count one), or
 * NULL when none is near enough to offer, or there are hundreds. */
const char *diag_nearest(
    const char *word, const char *const *candidates, size_t count);

#endif
