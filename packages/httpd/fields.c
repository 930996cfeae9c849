#include "fields.h"

#include "head.h"
#include "lines.h"

#include <string.h>
#include <strings.h>

enum {
	STATUS_BAD = 400,
	STATUS_EXPECT = 417,
	STATUS_UNKNOWN = 501,
	LENGTH_DIGITS_MAX = 15,
};

static bool text_is(struct az_http_text text, const char *word)
{
	return text.length == strlen(word) &&
	       strncasecmp(text.at, word, text.length) == 0;
}

/* Of a name, or between brackets of an address. */
static bool is_host_byte(char c, bool brackets)
{
	static const char marks[] = "-._~!$&'()*+,;=%";

	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (brackets ? c == ':' || c == '.'
			 : memchr(marks, c, sizeof(marks) - 1) != NULL);
}

/* NAME or [ADDRESS], or these with :PORT. */
static bool is_host(struct az_http_text value)
{
	const char *at = value.at, *end = at + value.length, *first;
	bool brackets = at < end && *at == '[';

	at += brackets;
	for (first = at; at < end && is_host_byte(*at, brackets); at++)
		;
	if (at == first || (brackets && (at == end || *at++ != ']')))
		return false;
	if (at == end)
		return true;
	if (*at++ != ':')
		return false;
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at == end;
}

static uint32_t take_host(struct head *h, struct az_http_text value)
{
	if (h->has_host || !is_host(value))
		return STATUS_BAD;
	h->has_host = true;
	h->host = value;
	return 0;
}

static uint32_t take_length(struct head *h, struct az_http_text value)
{
	if (h->has_length || h->is_chunked || value.length == 0 ||
	    value.length > LENGTH_DIGITS_MAX)
		return STATUS_BAD;
	for (uint32_t i = 0; i < value.length; i++) {
		if (value.at[i] < '0' || value.at[i] > '9')
			return STATUS_BAD;
		h->content_length =
		    h->content_length * 10 + (uint32_t)(value.at[i] - '0');
	}
	h->has_length = true;
	return 0;
}

/* A list of codings that this server does not know, though it may be right. */
static bool is_other_coding(struct az_http_text value)
{
	if (value.length == 0)
		return false;
	for (uint32_t i = 0; i < value.length; i++)
		if (!lines_is_token(value.at[i]))
			return false;
	return true;
}

static uint32_t take_coding(struct head *h, struct az_http_text value)
{
	if (h->is_chunked || h->has_length || h->is_http10)
		return STATUS_BAD;
	if (!text_is(value, "chunked"))
		return is_other_coding(value) ? STATUS_UNKNOWN : STATUS_BAD;
	h->is_chunked = true;
	return 0;
}

static uint32_t take_connection(struct head *h, struct az_http_text value)
{
	struct az_http_text word = value;

	for (uint32_t i = 0; i <= value.length; i++) {
		if (i < value.length && value.at[i] != ',')
			continue;
		word.length = (uint32_t)(value.at + i - word.at);
		while (word.length > 0 && word.at[0] == ' ')
			word = (struct az_http_text){ word.at + 1,
				word.length - 1 };
		while (word.length > 0 && word.at[word.length - 1] == ' ')
			word.length--;
		h->close |= text_is(word, "close");
		h->keep |= text_is(word, "keep-alive");
		word.at = value.at + i + 1;
	}
	return 0;
}

static uint32_t take_expect(struct head *h, struct az_http_text value)
{
	if (!text_is(value, "100-continue"))
		return STATUS_EXPECT;
	h->expects_continue = !h->is_http10;
	return 0;
}

static uint32_t take_match(struct head *h, struct az_http_text value)
{
	h->if_none_match = value;
	return 0;
}

uint32_t fields_take(struct head *h)
{
	static const struct {
		const char *name;
		uint32_t (*take)(struct head *h, struct az_http_text value);
	} known[] = {
		{ "host", take_host },
		{ "content-length", take_length },
		{ "transfer-encoding", take_coding },
		{ "connection", take_connection },
		{ "expect", take_expect },
		{ "if-none-match", take_match },
	};
	uint32_t status = 0;

	for (uint32_t i = 0; i < h->request.field_count && status == 0; i++)
		for (uint32_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (text_is(h->fields[i].name, known[k].name)) {
				status = known[k].take(h, h->fields[i].value);
				break;
			}
	return status;
}
