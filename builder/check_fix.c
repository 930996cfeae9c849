#include "check_fix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli.h"
#include "diag.h"
#include "diag_impl.h"
#include "exit.h"
#include "fileio.h"
#include "mem.h"

/* A replacement of bytes [from, to) of a source. */
struct edit {
	const struct source *src;
	size_t from, to;
	const char *text;
};

static struct edit edit_of(struct span at, const char *text)
{
	struct edit e = { .src = at.src, .text = text };
	uint32_t next = at.line + 1;

	if (*text == '\0') {
		e.from = source_offset(at.src, at.line, 1);
		e.to = next <= at.src->line_count ? at.src->lines[next - 1]
						  : at.src->len;
	} else {
		e.from = source_offset(at.src, at.line, at.col);
		e.to = source_offset(at.src, at.line, at.col + at.len);
	}
	return e;
}

static int compare_edits(const void *left, const void *right)
{
	const struct edit *a = left, *b = right;

	if (a->src != b->src)
		return strcmp(a->src->path, b->src->path);
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return a->to < b->to ? -1 : a->to > b->to;
}

/* Apply the edits of one source, which are sorted. */
static int apply(const struct edit *edits, size_t count, size_t *fixed)
{
	const struct source *src = edits[0].src;
	struct buf out = { 0 };
	struct stat st;
	size_t i, at = 0;
	int code = EXIT_DONE;

	for (i = 0; i < count; i++) {
		if (edits[i].from < at)
			continue;
		buf_add(&out, src->text + at, edits[i].from - at);
		buf_puts(&out, edits[i].text);
		at = edits[i].to;
		(*fixed)++;
	}
	buf_add(&out, src->text + at, src->len - at);
	if (stat(src->path, &st) != 0 ||
	    !file_write(src->path, out.at, out.len, st.st_mode & 0777)) {
		cli_error(NULL, NULL, "cannot write `%s`: %s", src->path,
		    strerror(errno));
		code = EXIT_HOST;
	}
	buf_fini(&out);
	return code;
}

int check_fix(const struct diags *list, size_t *fixed)
{
	size_t i, from, count = 0, all = diags_count(list);
	struct edit *edits = xcalloc(all, sizeof(*edits));
	const char *text;
	struct span at;
	int code = EXIT_DONE;

	*fixed = 0;
	for (i = 0; i < all; i++)
		if (diag_fix_of(list, i, &at, &text))
			edits[count++] = edit_of(at, text);
	qsort(edits, count, sizeof(*edits), compare_edits);
	for (from = 0; from < count && code == EXIT_DONE; from = i) {
		i = from;
		while (i < count && edits[i].src == edits[from].src)
			i++;
		code = apply(edits + from, i - from, fixed);
	}
	free(edits);
	return code;
}
