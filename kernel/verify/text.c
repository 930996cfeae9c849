#include "verify/text.h"

#include "abi/index.h"
#include "base/mem.h"

/* The first bytes of UTF-8 that start a sequence of len bytes, with the range
 * that the second byte must have; the others are 80..BF. */
static const struct {
	uint8_t first, last, len, low, high;
} utf8_rows[] = {
	{ 0x01, 0x7f, 1, 0, 0 },
	{ 0xc2, 0xdf, 2, 0x80, 0xbf },
	{ 0xe0, 0xe0, 3, 0xa0, 0xbf },
	{ 0xe1, 0xec, 3, 0x80, 0xbf },
	{ 0xed, 0xed, 3, 0x80, 0x9f },
	{ 0xee, 0xef, 3, 0x80, 0xbf },
	{ 0xf0, 0xf0, 4, 0x90, 0xbf },
	{ 0xf1, 0xf3, 4, 0x80, 0xbf },
	{ 0xf4, 0xf4, 4, 0x80, 0x8f },
};

enum { UTF8_ROWS = sizeof(utf8_rows) / sizeof(utf8_rows[0]) };

static bool is_tail(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

int text_char_len(const char *text, size_t len)
{
	const uint8_t *t = (const uint8_t *)text;
	int row = 0;

	while (row < UTF8_ROWS && t[0] > utf8_rows[row].last)
		row++;
	if (row == UTF8_ROWS || t[0] < utf8_rows[row].first)
		return 0;
	for (size_t i = 1; i < utf8_rows[row].len; i++) {
		if (i == len)
			return -1;
		if (!is_tail(t[i]) ||
		    (i == 1 && (t[1] < utf8_rows[row].low ||
				   t[1] > utf8_rows[row].high)))
			return 0;
	}
	return utf8_rows[row].len;
}

bool text_is_utf8(const char *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		int step = text_char_len(text + i, len - i);

		if (step <= 0)
			return false;
		i += (size_t)step;
	}
	return true;
}

static bool is_edge(const char *text, size_t size, size_t at)
{
	return at == size || !is_tail((uint8_t)text[at]);
}

bool text_holds(const char *text, size_t size, uint32_t off, uint32_t len)
{
	return off <= size && len <= size - off && is_edge(text, size, off) &&
	       is_edge(text, size, (size_t)off + len);
}

bool text_is_plain(const char *text, size_t len)
{
	const uint8_t *t = (const uint8_t *)text;

	for (size_t i = 0; i < len; i++) {
		if (t[i] < 0x20 || t[i] == 0x7f)
			return false;
		/* U+0080 to U+009F; well-formed, so a tail follows. */
		if (t[i] == 0xc2 && t[i + 1] < 0xa0)
			return false;
	}
	return true;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool text_is_name(const char *text, size_t len)
{
	if (len == 0 || len > AZ_NAME_MAX || !is_word(text[0]))
		return false;
	for (size_t i = 1; i < len; i++) {
		if (!is_word(text[i]) && text[i] != '-' && text[i] != '_')
			return false;
	}
	return len != 5 || memcmp(text, "azoth", 5) != 0;
}

bool text_is_part(const char *text, size_t len)
{
	if (len == 0 || (len <= 2 && memcmp(text, "..", len) == 0))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '/')
			return false;
	}
	return true;
}

bool text_is_path(const char *text, size_t len)
{
	size_t from = 1;

	if (len == 0 || text[0] != '/')
		return false;
	for (size_t i = 1; len > 1 && i <= len; i++) {
		if (i < len && text[i] != '/')
			continue;
		if (!text_is_part(text + from, i - from))
			return false;
		from = i + 1;
	}
	return true;
}

bool text_is_zero(const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < len; i++)
		if (at[i] != 0)
			return false;
	return true;
}
