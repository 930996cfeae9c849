/* manifest_right: authorities as words, as assertions write them: `log`,
 * `files/NAME`, `power/reset:MODULE`. */
#ifndef BUILDER_MANIFEST_RIGHT_H
#define BUILDER_MANIFEST_RIGHT_H

#include <stdbool.h>

#include "manifest.h"

/* *name: what stands behind the word, in text; NULL for one alone. */
bool right_parse(
    const char *text, enum manifest_right_kind *kind, const char **name);
/* The number of what is called so, of a kind that takes a name and is neither
 * a module nor to do with one. False: there is none. */
bool right_find(const struct manifest *m, enum manifest_right_kind kind,
    const char *name, size_t *index);
/* The word of a kind, up to the name. */
const char *right_word(enum manifest_right_kind kind);
/* Of the format, but not of this version. */
bool right_is_later(const char *text);
/* All of them in a sentence; what the writer of a wrong one meant, or NULL.
 * The caller frees them. */
char *right_words(void);
char *right_guess(const char *text);

#endif
