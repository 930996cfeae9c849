#include "host/lines.h"

#include <stdbool.h>

#include "abi/index.h"
#include "base/fmt.h"
#include "base/log.h"
#include "base/mem.h"
#include "verify/text.h"

enum {
	ESCAPE_SIZE = 4, /* \xNN */
	PREFIX_MAX = AZ_NAME_MAX + sizeof " # error " + 1,
	SEQUENCE_MAX = 4, /* bytes of a UTF-8 sequence */
};

/* The line being written. */
static char line[PREFIX_MAX + ESCAPE_SIZE * LINES_TEXT_MAX + 1];

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

static uint32_t code_point(const uint8_t *text, int size)
{
	static const uint8_t lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = text[0] & lead_bits[size];

	for (int i = 1; i < size; i++)
		code = code << 6 | (text[i] & 0x3f);
	return code;
}

/* Whether a terminal or a reader would take the character for more than
 * text. */
static bool is_control(uint32_t code)
{
	return (code < 0x20 && code != '\t') || (code >= 0x7f && code < 0xa0) ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

/* Bytes at text that may stand for themselves; 0: escape the first. */
static uint32_t plain_size(const char *text, uint32_t len)
{
	const uint8_t *bytes = (const uint8_t *)text;
	int size = text_char_len(text, len);

	if (size <= 0 || is_control(code_point(bytes, size)))
		return 0;
	if (len >= ESCAPE_SIZE && text[0] == '\\' && text[1] == 'x' &&
	    is_hex(text[2]) && is_hex(text[3]))
		return 0;
	return (uint32_t)size;
}

uint32_t lines_escape(char *out, const char *text, uint32_t len)
{
	static const char hex[] = "0123456789abcdef";
	uint32_t size = 0;

	for (uint32_t i = 0; i < len;) {
		uint32_t plain = plain_size(text + i, len - i);

		if (plain > 0) {
			memcpy(out + size, text + i, plain);
			size += plain;
			i += plain;
			continue;
		}
		out[size++] = '\\';
		out[size++] = 'x';
		out[size++] = hex[(uint8_t)text[i] >> 4];
		out[size++] = hex[text[i] & 0xf];
		i++;
	}
	return size;
}

/* Print what follows the prefix that stands in line. */
static void print(size_t prefix, const char *text, uint32_t len)
{
	size_t end = prefix + lines_escape(line + prefix, text, len);

	line[end] = '\n';
	log_raw(line, end + 1);
}

/* Print the first len bytes of to; the rest begins the next piece. */
static void print_piece(struct lines *to, const char *name, char mark,
    const char *more, uint32_t len)
{
	size_t prefix =
	    fmt_into(line, PREFIX_MAX, "%s %c%s ", name, mark, more);

	print(prefix, to->text, len);
	to->kept = (uint16_t)len;
	to->len = (uint16_t)(to->len - len);
	if (to->len > 0)
		memmove(to->text, to->text + len, to->len);
}

/* Bytes of a full buffer that can be printed without cutting a UTF-8
 * sequence in two. */
static uint32_t whole_size(const struct lines *to)
{
	for (uint32_t back = 1; back < SEQUENCE_MAX; back++) {
		const char *at = to->text + LINES_TEXT_MAX - back;

		if (text_char_len(at, back) < 0)
			return LINES_TEXT_MAX - back;
	}
	return LINES_TEXT_MAX;
}

void lines_put(struct lines *to, const char *name, char mark, const char *text,
    uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			print_piece(to, name, mark, "", to->len);
			continue;
		}
		if (to->len == LINES_TEXT_MAX)
			print_piece(to, name, mark, "+", whole_size(to));
		to->text[to->len++] = text[i];
	}
}

void lines_flush(struct lines *to, const char *name, char mark)
{
	if (to->len > 0)
		print_piece(to, name, mark, "+", to->len);
}

void lines_message(
    const char *name, const char *level, const char *text, uint32_t len)
{
	print(fmt_into(line, PREFIX_MAX, "%s # %s ", name, level), text, len);
}
