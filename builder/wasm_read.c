#include "wasm_read.h"

#include <stdarg.h>
#include <stdio.h>

#include "verify/text.h"

enum { LEB_MORE = 0x80, LEB_BITS = 7, LEB_SIGN = 0x40 };

void wasm_fail(struct wasm_reader *r, enum wasm_fault fault, const char *help,
    const char *fmt, ...)
{
	struct wasm_error *e = r->error;
	va_list args;

	if (e->fault == WASM_OK) {
		e->fault = fault;
		e->offset = (size_t)(r->at - r->base);
		va_start(args, fmt);
		vsnprintf(e->text, sizeof(e->text), fmt, args);
		va_end(args);
		snprintf(
		    e->help, sizeof(e->help), "%s", help != NULL ? help : "");
	}
	r->at = r->end;
}

uint8_t wasm_byte(struct wasm_reader *r)
{
	if (r->at == r->end) {
		wasm_fail(r, WASM_MALFORMED, NULL, "unexpected end");
		return 0;
	}
	return *r->at++;
}

uint32_t wasm_u32(struct wasm_reader *r)
{
	uint32_t value = 0;

	for (unsigned shift = 0; shift < 32; shift += LEB_BITS) {
		uint8_t b = wasm_byte(r);

		if (shift == 28 && b > 0xf)
			break;
		value |= (uint32_t)(b & ~LEB_MORE) << shift;
		if ((b & LEB_MORE) == 0)
			return value;
	}
	wasm_fail(r, WASM_MALFORMED, NULL,
	    "integer too large for 32 bits, or its encoding too long");
	return 0;
}

/* Are the bits of the last byte beyond the type copies of its sign bit? */
static bool sign_fits(uint8_t last, unsigned left)
{
	uint8_t mask = (uint8_t)(0x7f & ~((1u << (left - 1)) - 1));

	return (last & mask) == 0 || (last & mask) == mask;
}

int64_t wasm_signed(struct wasm_reader *r, unsigned bits)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < bits; shift += LEB_BITS) {
		uint8_t b = wasm_byte(r);
		unsigned left = bits - shift;

		if (left < LEB_BITS &&
		    ((b & LEB_MORE) != 0 || !sign_fits(b, left)))
			break;
		value |= (uint64_t)(b & ~LEB_MORE) << shift;
		if ((b & LEB_MORE) != 0)
			continue;
		if ((b & LEB_SIGN) != 0 && shift + LEB_BITS < 64)
			value |= ~UINT64_C(0) << (shift + LEB_BITS);
		return (int64_t)value;
	}
	wasm_fail(r, WASM_MALFORMED, NULL,
	    "integer too large for %u bits, or its encoding too long", bits);
	return 0;
}

struct wasm_bytes wasm_take(struct wasm_reader *r, size_t len)
{
	struct wasm_bytes bytes = { r->at, len };

	if (len > wasm_left(r)) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "length %zu runs past the end", len);
		return (struct wasm_bytes){ r->end, 0 };
	}
	r->at += len;
	return bytes;
}

struct wasm_bytes wasm_name(struct wasm_reader *r)
{
	struct wasm_bytes name = wasm_take(r, wasm_u32(r));

	for (size_t i = 0; i < name.len;) {
		const char *at = (const char *)name.at + i;
		int n = at[0] == '\0' ? 1 : text_char_len(at, name.len - i);

		if (n <= 0) {
			wasm_fail(r, WASM_MALFORMED, NULL,
			    "a name is not valid UTF-8");
			return (struct wasm_bytes){ r->end, 0 };
		}
		i += (size_t)n;
	}
	return name;
}

uint32_t wasm_count(struct wasm_reader *r, uint32_t max, const char *what)
{
	uint32_t n = wasm_u32(r);

	if (n > wasm_left(r)) {
		wasm_fail(r, WASM_MALFORMED, NULL,
		    "%u %s do not fit into their section", n, what);
		return 0;
	}
	if (n > max) {
		wasm_fail(r, WASM_OUTSIDE_PROFILE, NULL,
		    "%u %s, and at most %u are supported", n, what, max);
		return 0;
	}
	return n;
}

struct wasm_reader wasm_sub(struct wasm_reader *r, size_t len)
{
	struct wasm_bytes bytes = wasm_take(r, len);
	struct wasm_reader sub = *r;

	sub.at = bytes.at;
	sub.end = bytes.at + bytes.len;
	return sub;
}

uint32_t wasm_index(struct wasm_reader *r, uint32_t count, const char *what)
{
	uint32_t index = wasm_u32(r);

	if (!wasm_failed(r) && index >= count)
		wasm_fail(r, WASM_MALFORMED, NULL, "%s %u does not exist", what,
		    index);
	return index;
}
