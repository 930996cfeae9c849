#include "diag_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "verify/text.h"

enum { BREAK_MAX = 3 }; /* bytes of a line break */

static const char BYTE_ORDER_MARK[] = "\xef\xbb\xbf";

/* Bytes of the line break at p, 0 when there is none. The breaks are those
 * of YAML 1.1, so that lines count as libyaml counts them. */
static size_t break_len(const char *p, size_t left)
{
	if (left >= 2 && p[0] == '\r' && p[1] == '\n')
		return 2;
	if (left >= 1 && (p[0] == '\n' || p[0] == '\r'))
		return 1;
	if (left >= 2 && memcmp(p, "\xc2\x85", 2) == 0)
		return 2;
	if (left >= 3 && (memcmp(p, "\xe2\x80\xa8", 3) == 0 ||
			     memcmp(p, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

static void line_add(struct source *src, size_t at)
{
	size_t n = src->line_count++;

	if ((n & (n - 1)) == 0)
		src->lines = xrealloc(
		    src->lines, (n ? n * 2 : 1) * sizeof(src->lines[0]));
	src->lines[n] = at;
}

void source_from_bytes(
    struct source *out, const char *path, const void *bytes, size_t len)
{
	const char *text = bytes;
	size_t i, n;

	if (len >= 3 && memcmp(text, BYTE_ORDER_MARK, 3) == 0) {
		text += 3;
		len -= 3;
	}
	*out = (struct source){ .path = xstrdup(path), .len = len };
	out->text = xstrndup(text, len);
	line_add(out, 0);
	for (i = 0; i < len; i += n != 0 ? n : 1) {
		n = break_len(out->text + i, len - i);
		if (n != 0)
			line_add(out, i + n);
	}
}

int source_load(struct source *out, const char *path, size_t max)
{
	struct buf b = { 0 };
	char chunk[1 << 14];
	size_t got;
	int error = 0;
	FILE *f = fopen(path, "rbe");

	*out = (struct source){ 0 };
	if (f == NULL)
		return errno;
	while (b.len <= max && (got = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, got);
	if (ferror(f))
		error = errno != 0 ? errno : EIO;
	else if (b.len > max)
		error = EFBIG;
	fclose(f);
	if (error == 0)
		source_from_bytes(out, path, b.at != NULL ? b.at : "", b.len);
	buf_fini(&b);
	return error;
}

void source_fini(struct source *src)
{
	free(src->path);
	free(src->text);
	free(src->lines);
	*src = (struct source){ 0 };
}

size_t text_step(const char *p, size_t left)
{
	int len = text_char_len(p, left);

	return len > 0 ? (size_t)len : 1;
}

struct text_run source_line(const struct source *src, uint32_t line)
{
	struct text_run run = { src->text + src->len, 0 };
	size_t from, to = src->len, next;

	if (line == 0 || line > src->line_count)
		return run;
	from = src->lines[line - 1];
	if (line < src->line_count) {
		next = src->lines[line];
		to = next - from > BREAK_MAX ? next - BREAK_MAX : from;
		while (to + break_len(src->text + to, next - to) != next)
			to++;
	}
	run.at = src->text + from;
	run.len = to - from;
	return run;
}

size_t source_offset(const struct source *src, uint32_t line, uint32_t col)
{
	struct text_run run = source_line(src, line);
	size_t at = 0;

	while (col > 1 && at < run.len) {
		at += text_step(run.at + at, run.len - at);
		col--;
	}
	return (size_t)(run.at - src->text) + at;
}

bool diag_allowed(struct span at, const char *code)
{
	char comment[64];
	struct text_run run;

	if (at.src == NULL || at.line < 2)
		return false;
	run = source_line(at.src, at.line - 1);
	snprintf(comment, sizeof(comment), "# azoth: allow %s", code);
	return memmem(run.at, run.len, comment, strlen(comment)) != NULL;
}
