/* wit_impl: the tokens of an interface, for wit*.c alone.
 *
 * A token's place is exact in characters; the doc comment before it is kept.
 * At the end of the text every further token is WIT_END. */
#ifndef BUILDER_WIT_IMPL_H
#define BUILDER_WIT_IMPL_H

#include "mem.h"
#include "wit.h"

/* Punctuation is its own character. */
enum wit_token_kind { WIT_END = 256, WIT_NAME, WIT_ARROW, WIT_BAD };

struct wit_token {
	int kind;
	const char *name; /* WIT_NAME, without its % */
	bool escaped;     /* WIT_NAME: written with a % */
	const char *doc;  /* NULL without */
	struct span at;
};

struct wit_reader {
	struct arena *a;
	const struct source *src;
	struct diags *list;
	size_t pos; /* of the next character */
	uint32_t line;
	size_t line_start;
	struct buf doc;
	struct wit_token now; /* the current token */
};

void wit_lex_init(struct wit_reader *r, struct arena *a,
    const struct source *src, struct diags *list);
void wit_lex_fini(struct wit_reader *r);
/* Go to the next token. */
void wit_next(struct wit_reader *r);
/* Pass over a version, which is no token: right after an @. */
void wit_skip_version(struct wit_reader *r);

/* Report that the current token should be something else. */
struct diag *wit_expected(struct wit_reader *r, const char *what);

/* Look up the types of what was read, and report what does not fit: names
 * that are unknown or given twice, members of the wrong type. */
void wit_resolve(struct wit *w, struct diags *list);

/* The width of a scalar or enum in memory, and its letter in a type. */
uint32_t wit_scalar_size(enum wit_kind kind);
char wit_letter(enum wit_kind kind);
/* The scalar of this name, or WIT_NOTHING. */
enum wit_kind wit_scalar_find(const char *name);
const char *wit_scalar_name(enum wit_kind kind);
/* name with _ for -. */
char *wit_snake(struct arena *a, const char *name);

#endif
