#include "base/fmt.h"

#include <stdbool.h>
#include <stdint.h>

/* Where the text goes; length counts also what did not fit. */
struct out {
	char *buf;
	size_t size, length;
};

/* One directive, between % and its letter. */
struct spec {
	bool zero; /* pad with zeros */
	size_t width;
	size_t precision; /* of %s: at most so many bytes */
	bool wide;        /* an integer argument is a long */
};

enum { DIGITS_MAX = 21 /* and a sign */, WIDTH_MAX = 4096 };

static void put(struct out *o, char c)
{
	if (o->length + 1 < o->size)
		o->buf[o->length] = c;
	o->length++;
}

static void put_padded(
    struct out *o, const char *text, size_t len, struct spec s)
{
	for (size_t n = len; n < s.width; n++)
		put(o, s.zero ? '0' : ' ');
	for (size_t n = 0; n < len; n++)
		put(o, text[n]);
}

static void put_text(struct out *o, const char *text, struct spec s)
{
	size_t len = 0;

	s.zero = false;
	if (text == NULL)
		text = "(null)";
	while (len < s.precision && text[len] != '\0')
		len++;
	put_padded(o, text, len, s);
}

static void put_number(
    struct out *o, uint64_t value, unsigned base, bool minus, struct spec s)
{
	char digits[DIGITS_MAX];
	size_t at = DIGITS_MAX;

	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value != 0);
	/* The sign stands before zeros, but behind blanks. */
	if (minus && s.zero) {
		put(o, '-');
		s.width -= s.width > 0;
	} else if (minus) {
		digits[--at] = '-';
	}
	put_padded(o, digits + at, DIGITS_MAX - at, s);
}

static size_t number_of(const char **fmt)
{
	size_t value = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
		if (value < WIDTH_MAX)
			value = value * 10 + (size_t)(**fmt - '0');
	}
	return value;
}

static uint64_t take_unsigned(va_list *args, struct spec s)
{
	return s.wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned);
}

static void put_argument(struct out *o, char kind, struct spec s, va_list *args)
{
	int64_t value;

	switch (kind) {
	case 's':
		put_text(o, va_arg(*args, const char *), s);
		return;
	case 'c':
		put(o, (char)va_arg(*args, int));
		return;
	case 'd':
		value = s.wide ? va_arg(*args, long) : va_arg(*args, int);
		put_number(o, value < 0 ? -(uint64_t)value : (uint64_t)value,
		    10, value < 0, s);
		return;
	case 'u':
		put_number(o, take_unsigned(args, s), 10, false, s);
		return;
	case 'x':
		put_number(o, take_unsigned(args, s), 16, false, s);
		return;
	default: /* %% and what the compiler's format check refuses */
		put(o, kind);
		return;
	}
}

size_t fmt_vinto(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { buf, size, 0 };
	va_list rest;

	va_copy(rest, args);
	for (; *fmt != '\0'; fmt++) {
		struct spec s = { .precision = SIZE_MAX };

		if (*fmt != '%') {
			put(&o, *fmt);
			continue;
		}
		fmt++;
		s.zero = *fmt == '0';
		s.width = number_of(&fmt);
		if (*fmt == '.') {
			int precision;

			fmt++;
			precision = *fmt == '*' ? va_arg(rest, int)
						: (int)number_of(&fmt);
			fmt += *fmt == '*';
			s.precision = precision < 0 ? 0 : (size_t)precision;
		}
		for (; *fmt == 'l' || *fmt == 'z'; fmt++)
			s.wide = true;
		if (*fmt == '\0')
			break;
		put_argument(&o, *fmt, s, &rest);
	}
	va_end(rest);
	if (size > 0)
		buf[o.length < size ? o.length : size - 1] = '\0';
	return o.length;
}

size_t fmt_into(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = fmt_vinto(buf, size, fmt, args);
	va_end(args);
	return len;
}
