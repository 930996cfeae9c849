#include "wit_impl.h"

#include <stdlib.h>
#include <string.h>

void wit_lex_init(struct wit_reader *r, struct arena *a,
    const struct source *src, struct diags *list)
{
	*r = (struct wit_reader){ .a = a, .src = src, .list = list, .line = 1 };
	wit_next(r);
}

void wit_lex_fini(struct wit_reader *r)
{
	buf_fini(&r->doc);
}

static char peek(const struct wit_reader *r, size_t ahead)
{
	return r->pos + ahead < r->src->len ? r->src->text[r->pos + ahead]
					    : '\0';
}

static bool at_end(const struct wit_reader *r)
{
	return r->pos >= r->src->len;
}

static void step(struct wit_reader *r)
{
	if (r->src->text[r->pos++] == '\n') {
		r->line++;
		r->line_start = r->pos;
	}
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The characters of [from, to): bytes that continue none. */
static uint32_t characters(const struct wit_reader *r, size_t from, size_t to)
{
	uint32_t n = 0;

	for (; from < to; from++)
		n += !continues(r->src->text[from]);
	return n;
}

static struct span span_from(const struct wit_reader *r, size_t start)
{
	struct span at = { r->src, r->line, 1, 1 };

	at.col += characters(r, r->line_start, start);
	if (r->pos > start)
		at.len = characters(r, start, r->pos);
	return at;
}

/* A line of a comment, kept: no control characters, nothing that would end
 * or begin a comment of C. */
static void keep_line(struct wit_reader *r, const char *at, size_t len)
{
	while (len > 0 && (*at == ' ' || *at == '*')) {
		at++;
		len--;
	}
	while (len > 0 && (unsigned char)at[len - 1] <= ' ')
		len--;
	for (size_t i = 0; i < len; i++) {
		char last = i > 0 ? at[i - 1] : '\0';

		if ((last == '*' && at[i] == '/') ||
		    (last == '/' && at[i] == '*'))
			buf_putc(&r->doc, ' ');
		buf_putc(&r->doc, (unsigned char)at[i] < ' ' ? ' ' : at[i]);
	}
	buf_putc(&r->doc, '\n');
}

static void skip_line_comment(struct wit_reader *r)
{
	bool doc = peek(r, 2) == '/' && peek(r, 3) != '/';
	size_t start = r->pos + 3;

	while (!at_end(r) && peek(r, 0) != '\n')
		step(r);
	if (doc)
		keep_line(r, r->src->text + start, r->pos - start);
}

/* Comments nest, and the lines of one that starts as a doc are kept. */
static void skip_block_comment(struct wit_reader *r)
{
	bool doc = peek(r, 2) == '*' && peek(r, 3) != '/';
	size_t start = r->pos, line = r->pos + 3;
	struct span at;
	int depth = 0;

	r->pos += 2;
	at = span_from(r, start);
	for (depth = 1; depth > 0 && !at_end(r);) {
		if (peek(r, 0) == '*' && peek(r, 1) == '/') {
			depth--;
			if (depth == 0 && doc && r->pos >= line)
				keep_line(
				    r, r->src->text + line, r->pos - line);
			r->pos += 2;
		} else if (peek(r, 0) == '/' && peek(r, 1) == '*') {
			depth++;
			r->pos += 2;
		} else if (peek(r, 0) == '\n') {
			if (doc && r->pos > line)
				keep_line(
				    r, r->src->text + line, r->pos - line);
			step(r);
			line = r->pos;
		} else {
			step(r);
		}
	}
	if (depth > 0)
		diag_help(diag_add(r->list, "AZ0120", at,
			      "a comment is never closed"),
		    "end it with `*/`");
}

static void skip_space(struct wit_reader *r)
{
	while (!at_end(r)) {
		if (strchr(" \t\r\n", peek(r, 0)) != NULL && peek(r, 0) != '\0')
			step(r);
		else if (peek(r, 0) == '/' && peek(r, 1) == '/')
			skip_line_comment(r);
		else if (peek(r, 0) == '/' && peek(r, 1) == '*')
			skip_block_comment(r);
		else
			break;
	}
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_name(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Words of lower case letters and digits, each after a - but the first. */
static bool well_named(const char *name)
{
	for (size_t i = 0; name[i] != '\0'; i++) {
		bool first = i == 0 || name[i - 1] == '-';
		bool digit = name[i] >= '0' && name[i] <= '9';

		if (first ? !is_lower(name[i])
			  : !is_lower(name[i]) && !digit && name[i] != '-')
			return false;
	}
	return name[0] != '\0' && name[strlen(name) - 1] != '-';
}

static void lex_name(struct wit_reader *r)
{
	size_t start = r->pos;
	char *name;

	r->now.escaped = peek(r, 0) == '%';
	r->pos += r->now.escaped;
	while (is_name(peek(r, 0)) || peek(r, 0) == '_' ||
	       (peek(r, 0) == '-' && peek(r, 1) != '>'))
		r->pos++;
	name = arena_strndup(r->a, r->src->text + start + r->now.escaped,
	    r->pos - start - r->now.escaped);
	r->now.kind = WIT_NAME;
	r->now.name = name;
	r->now.at = span_from(r, start);
	if (strcmp(name, "_") == 0)
		r->now.kind = '_';
	else if (!well_named(name) || strlen(name) > 63)
		diag_help(diag_add(r->list, "AZ0120", r->now.at,
			      "`%s` is not a name", name),
		    "write words of lower case letters and digits with `-` "
		    "between them, at most 63 characters");
}

static void lex_other(struct wit_reader *r)
{
	size_t start = r->pos;
	char c = peek(r, 0);

	r->now.kind = WIT_BAD;
	if (c == '-' && peek(r, 1) == '>') {
		r->pos += 2;
		r->now.kind = WIT_ARROW;
	} else {
		step(r);
		while (!at_end(r) && continues(peek(r, 0)))
			r->pos++;
		if (c != '\0' && strchr("{}()<>:;,=./@*", c) != NULL)
			r->now.kind = c;
	}
	r->now.at = span_from(r, start);
}

void wit_next(struct wit_reader *r)
{
	r->doc.len = 0;
	skip_space(r);
	r->now = (struct wit_token){ .kind = WIT_END };
	if (r->doc.len > 0)
		r->now.doc = arena_strndup(r->a, r->doc.at, r->doc.len);
	if (at_end(r))
		r->now.at = span_from(r, r->pos);
	else if (is_name(peek(r, 0)) || peek(r, 0) == '%' || peek(r, 0) == '_')
		lex_name(r);
	else
		lex_other(r);
}

void wit_skip_version(struct wit_reader *r)
{
	while (is_name(peek(r, 0)) ||
	       (peek(r, 0) != '\0' && strchr(".+-", peek(r, 0)) != NULL))
		r->pos++;
	wit_next(r);
}

struct diag *wit_expected(struct wit_reader *r, const char *what)
{
	const struct wit_token *t = &r->now;
	struct diag *d;

	if (t->kind == WIT_END)
		d = diag_add(r->list, "AZ0120", t->at,
		    "the file ends where %s should stand", what);
	else if (t->kind == WIT_NAME)
		d = diag_add(r->list, "AZ0120", t->at,
		    "`%s` stands where %s should", t->name, what);
	else
		d = diag_add(r->list, "AZ0120", t->at,
		    "something else stands where %s should", what);
	diag_label(d, "expected %s", what);
	return d;
}
