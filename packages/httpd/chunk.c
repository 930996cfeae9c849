#include "chunk.h"

enum { DIGITS_MAX = 8 };

enum state {
	SIZE,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	LAST_CR, /* of the empty line behind the last chunk */
	LAST_LF,
	OVER,
};

void chunk_init(struct chunk *c)
{
	*c = (struct chunk){ .state = SIZE };
}

bool chunk_is_over(const struct chunk *c)
{
	return c->state == OVER;
}

static int32_t digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool read_size(struct chunk *c, char byte)
{
	int32_t digit = digit_of(byte);

	if (byte == '\r' && c->digits > 0) {
		c->state = SIZE_LF;
		return true;
	}
	if (digit < 0 || c->digits == DIGITS_MAX)
		return false;
	c->left = c->left << 4 | (uint32_t)digit;
	c->digits++;
	return true;
}

/* One byte that is not data; false: it should not be here. */
static bool read_frame(struct chunk *c, char byte)
{
	switch (c->state) {
	case SIZE:
		return read_size(c, byte);
	case SIZE_LF:
		c->state = c->left > 0 ? DATA : LAST_CR;
		c->digits = 0;
		return byte == '\n';
	case DATA_CR:
		c->state = DATA_LF;
		return byte == '\r';
	case DATA_LF:
		c->state = SIZE;
		return byte == '\n';
	case LAST_CR:
		c->state = LAST_LF;
		return byte == '\r';
	default:
		c->state = OVER;
		return byte == '\n';
	}
}

uint32_t chunk_read(
    struct chunk *c, const char *bytes, uint32_t length, bool *bad)
{
	uint32_t at = 0;

	while (at < length && c->state != OVER) {
		if (c->state == DATA) {
			uint32_t n =
			    c->left < length - at ? c->left : length - at;

			at += n;
			c->left -= n;
			if (c->left == 0)
				c->state = DATA_CR;
			continue;
		}
		if (!read_frame(c, bytes[at++])) {
			*bad = true;
			break;
		}
	}
	return at;
}
