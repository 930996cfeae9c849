#include "diag_impl.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

enum {
	GUTTER_MIN = 3,   /* width of line numbers */
	LINE_SHOWN = 160, /* characters of a source line that are printed */
	SHOWN_MAX = 1000, /* mistakes that people are shown at once */
	LINE_BEFORE = 60, /* of these, at most so many before the span */
};

static const char RED[] = "\033[1;31m", YELLOW[] = "\033[1;33m",
		  BLUE[] = "\033[1;34m", BOLD[] = "\033[1m",
		  PLAIN[] = "\033[0m";

struct pen {
	FILE *to;
	bool color;
	int gutter;
};

static const char *paint(const struct pen *pen, const char *color)
{
	return pen->color ? color : "";
}

/* Text of the user's that may hold control characters. */
static void put_safely(FILE *to, const char *text, size_t len)
{
	size_t i, n;

	for (i = 0; i < len; i += n) {
		n = text_step(text + i, len - i);
		if (n == 1 && (text[i] == '\t' || text[i] == ' '))
			fputc(' ', to);
		else if (n == 1 && ((unsigned char)text[i] < 0x20 ||
				       (unsigned char)text[i] >= 0x7f))
			fputc('?', to);
		else
			fwrite(text + i, 1, n, to);
	}
}

static uint32_t count_chars(const char *text, size_t len)
{
	uint32_t n = 0;
	size_t i;

	for (i = 0; i < len; i += text_step(text + i, len - i))
		n++;
	return n;
}

/* More characters than are shown? */
static bool is_long(struct text_run line)
{
	size_t limit = 4 * LINE_SHOWN + 4;

	return count_chars(line.at, line.len < limit ? line.len : limit) >
	       LINE_SHOWN;
}

/* The window of a line that is shown: bytes [from, to), and how many
 * characters were cut off before it. */
struct window {
	size_t from, to;
	uint32_t cut;
};

static struct window line_window(struct text_run line, uint32_t col)
{
	struct window w = { 0, 0, 0 };
	uint32_t shown = 0;

	if (col > LINE_BEFORE && is_long(line)) {
		while (w.cut < col - LINE_BEFORE && w.from < line.len) {
			w.from +=
			    text_step(line.at + w.from, line.len - w.from);
			w.cut++;
		}
	}
	w.to = w.from;
	while (w.to < line.len && shown < LINE_SHOWN) {
		w.to += text_step(line.at + w.to, line.len - w.to);
		shown++;
	}
	return w;
}

static void put_carets(const struct pen *pen, struct span at,
    struct text_run line, struct window w, char mark, const char *label)
{
	uint32_t end = w.cut + count_chars(line.at + w.from, w.to - w.from);
	uint32_t i, len = at.len != 0 ? at.len : 1;

	if (at.col + len > end + 1)
		len = at.col <= end ? end + 1 - at.col : 1;
	fprintf(pen->to, "%s%*s |%s ", paint(pen, BLUE), pen->gutter, "",
	    paint(pen, PLAIN));
	for (i = w.cut + 1; i < at.col; i++)
		fputc(' ', pen->to);
	fputs(paint(pen, mark == '^' ? RED : BLUE), pen->to);
	for (i = 0; i < len; i++)
		fputc(mark, pen->to);
	if (label != NULL) {
		fputc(' ', pen->to);
		put_safely(pen->to, label, strlen(label));
	}
	fprintf(pen->to, "%s\n", paint(pen, PLAIN));
}

static void put_place(
    const struct pen *pen, struct span at, char mark, const char *label)
{
	struct text_run line = source_line(at.src, at.line);
	struct window w = line_window(line, at.col);

	fprintf(pen->to, "%s%*u |%s", paint(pen, BLUE), pen->gutter, at.line,
	    paint(pen, PLAIN));
	if (w.to > w.from)
		fputc(' ', pen->to);
	put_safely(pen->to, line.at + w.from, w.to - w.from);
	fputc('\n', pen->to);
	put_carets(pen, at, line, w, mark, label);
}

static int gutter_width(const struct diag *d)
{
	uint32_t line = d->at.line;
	int width = 1;
	size_t i;

	for (i = 0; i < d->note_count; i++)
		if (d->notes[i].at.line > line)
			line = d->notes[i].at.line;
	for (; line >= 10; line /= 10)
		width++;
	return width < GUTTER_MIN ? GUTTER_MIN : width;
}

static void put_arrow(const struct pen *pen, struct span at)
{
	fprintf(pen->to, "%s%*s-->%s ", paint(pen, BLUE), pen->gutter, "",
	    paint(pen, PLAIN));
	put_safely(pen->to, at.src->path, strlen(at.src->path));
	if (at.line != 0)
		fprintf(pen->to, ":%u:%u", at.line, at.col);
	fputc('\n', pen->to);
}

/* Help may have several lines; later ones align with the first. */
static void put_help(const struct pen *pen, const char *help)
{
	const char *end;
	bool first = true;

	for (; *help != '\0'; help = *end != '\0' ? end + 1 : end) {
		end = strchr(help, '\n');
		if (end == NULL)
			end = help + strlen(help);
		if (first)
			fprintf(pen->to, "%*s %s= help:%s ", pen->gutter, "",
			    paint(pen, BOLD), paint(pen, PLAIN));
		else
			fprintf(pen->to, "%*s         ", pen->gutter, "");
		put_safely(pen->to, help, (size_t)(end - help));
		fputc('\n', pen->to);
		first = false;
	}
}

static void put_note(
    const struct pen *pen, struct span last, const struct diag_note *note)
{
	if (note->at.src == NULL || note->at.line == 0) {
		fprintf(pen->to, "%*s = note: ", pen->gutter, "");
		put_safely(pen->to, note->text, strlen(note->text));
		fputc('\n', pen->to);
		return;
	}
	if (note->at.src != last.src)
		put_arrow(pen, note->at);
	else if (note->at.line != last.line + 1)
		fprintf(pen->to, "%*s...\n", pen->gutter + 1, "");
	put_place(pen, note->at, '-', note->text);
}

void diag_print_human(const struct diag *d, FILE *to, bool color)
{
	struct pen pen = { to, color, gutter_width(d) };
	struct span last = d->at;
	size_t i;

	fprintf(to, "%s%s[%s]%s: %s",
	    paint(&pen, d->kind->severity == SEV_ERROR ? RED : YELLOW),
	    severity_name(d->kind->severity), d->kind->code, paint(&pen, PLAIN),
	    paint(&pen, BOLD));
	put_safely(to, d->message, strlen(d->message));
	fprintf(to, "%s\n", paint(&pen, PLAIN));
	if (d->at.src != NULL)
		put_arrow(&pen, d->at);
	if (d->at.src != NULL && d->at.line != 0) {
		fprintf(to, "%s%*s |%s\n", paint(&pen, BLUE), pen.gutter, "",
		    paint(&pen, PLAIN));
		put_place(&pen, d->at, '^', d->label);
	}
	for (i = 0; i < d->note_count; i++) {
		put_note(&pen, last, &d->notes[i]);
		if (d->notes[i].at.line != 0)
			last = d->notes[i].at;
	}
	if (d->help != NULL)
		put_help(&pen, d->help);
	fputc('\n', to);
}

/* Backticks become quotes: compilers' habit, safe in shells and editors. */
static void put_quoted(FILE *to, const char *text)
{
	for (; *text != '\0'; text++)
		fputc(*text == '`' ? '\'' : *text == '\n' ? ' ' : *text, to);
}

static void put_gcc_line(
    FILE *to, struct span at, const char *level, const char *text)
{
	fprintf(to, "%s:%u:%u: %s: ", at.src != NULL ? at.src->path : "azoth",
	    at.line ? at.line : 1, at.col ? at.col : 1, level);
	put_quoted(to, text);
}

static void diag_print_gcc(const struct diag *d, FILE *to)
{
	size_t i;

	put_gcc_line(to, d->at, severity_name(d->kind->severity), d->message);
	fprintf(to, " [%s]\n", d->kind->code);
	for (i = 0; i < d->note_count; i++) {
		put_gcc_line(to,
		    d->notes[i].at.line != 0 ? d->notes[i].at : d->at, "note",
		    d->notes[i].text);
		fputc('\n', to);
	}
	if (d->help != NULL) {
		put_gcc_line(to, d->at, "note", d->help);
		fputc('\n', to);
	}
}

/* The escapes of workflow commands; properties also need : and , hidden. */
static void put_github(FILE *to, const char *text, bool property)
{
	for (; *text != '\0'; text++) {
		if (*text == '%' || *text == '\r' || *text == '\n' ||
		    (property && (*text == ':' || *text == ',')))
			fprintf(to, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, to);
	}
}

static void diag_print_github(const struct diag *d, FILE *to)
{
	fprintf(to, "::%s file=", severity_name(d->kind->severity));
	put_github(to, d->at.src != NULL ? d->at.src->path : "azoth", true);
	if (d->at.line != 0)
		fprintf(to, ",line=%u,col=%u,endColumn=%u", d->at.line,
		    d->at.col, d->at.col + (d->at.len ? d->at.len : 1));
	fprintf(to, ",title=%s::", d->kind->code);
	put_github(to, d->message, false);
	if (d->help != NULL) {
		fputs("%0Ahelp: ", to);
		put_github(to, d->help, false);
	}
	fputc('\n', to);
}

static void print_each(
    const struct diags *list, FILE *to, enum diag_format format, bool color)
{
	const struct diag **sorted = diags_sorted(list);
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (format == DIAG_HUMAN && i == SHOWN_MAX) {
			fprintf(to, "%zu more mistakes are not shown\n\n",
			    list->count - i);
			break;
		}
		if (format == DIAG_GCC)
			diag_print_gcc(sorted[i], to);
		else if (format == DIAG_GITHUB)
			diag_print_github(sorted[i], to);
		else
			diag_print_human(sorted[i], to, color);
	}
	free(sorted);
}

void diags_print(
    const struct diags *list, FILE *to, enum diag_format format, bool color)
{
	char *text = NULL;
	size_t len = 0;
	FILE *whole;

	if (format == DIAG_JSON) {
		diags_print_json(list, to);
		return;
	}
	if (format == DIAG_SARIF) {
		diags_print_sarif(list, to);
		return;
	}
	/* stderr has no buffer of its own. */
	whole = open_memstream(&text, &len);
	print_each(list, whole != NULL ? whole : to, format, color);
	if (whole != NULL) {
		fclose(whole);
		fwrite(text, 1, len, to);
		free(text);
	}
}

void diags_print_summary(
    const struct diags *list, FILE *to, const char *path, double ms)
{
	size_t errors = diags_errors(list), warnings = diags_warnings(list);

	fprintf(to, "%s: %zu error%s, %zu warning%s", path, errors,
	    errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
	if (ms >= 0)
		fprintf(to, " (%.1f ms)", ms);
	fputc('\n', to);
}
