/* diag_impl: the inside of a list of mistakes, for diag*.c alone. */
#ifndef BUILDER_DIAG_IMPL_H
#define BUILDER_DIAG_IMPL_H

#include "diag.h"

struct diag_note {
	struct span at;
	char *text;
};

struct diag {
	const struct diag_kind *kind;
	struct span at;
	size_t order; /* of addition: breaks ties of place */
	char *message;
	char *label, *help; /* NULL: none */
	struct diag_note *notes;
	size_t note_count;
	bool has_fix;
	struct diag_note fix;
};

struct diags {
	struct diag **items;
	size_t count;
	const struct source **sources; /* in order of first mention */
	size_t source_count;
	struct source **owned;
	size_t owned_count;
};

/* All mistakes in order of place; the caller frees the array. */
const struct diag **diags_sorted(const struct diags *list);

const char *severity_name(enum severity s);

/* A run of a source's text. */
struct text_run {
	const char *at;
	size_t len;
};

/* Line `line` (from 1) without its end; empty past the last one. */
struct text_run source_line(const struct source *src, uint32_t line);
/* The byte offset of a place in its source. */
size_t source_offset(const struct source *src, uint32_t line, uint32_t col);
/* Bytes of the UTF-8 character at p: 1 for a broken one. */
size_t text_step(const char *p, size_t left);

void diags_print_json(const struct diags *list, FILE *to);
void diags_print_sarif(const struct diags *list, FILE *to);
void diag_print_human(const struct diag *d, FILE *to, bool color);

#endif
