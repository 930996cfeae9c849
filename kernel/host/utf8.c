#include "host/utf8.h"

/* Bytes of the sequence that lead begins, and the range that its second byte
 * must lie in (RFC 3629, table in section 4). */
static int decode_lead(uint8_t lead, uint8_t *low, uint8_t *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (lead < 0x80)
		return 1;
	if (lead < 0xc2 || lead > 0xf4)
		return 0;
	if (lead < 0xe0)
		return 2;
	if (lead < 0xf0) {
		if (lead == 0xe0)
			*low = 0xa0;
		if (lead == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (lead == 0xf0)
		*low = 0x90;
	if (lead == 0xf4)
		*high = 0x8f;
	return 4;
}

int utf8_step(const uint8_t *text, uint32_t len)
{
	uint8_t low, high;
	int need = decode_lead(text[0], &low, &high);

	for (int i = 1; i < need; i++) {
		if ((uint32_t)i == len)
			return -1;
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

bool utf8_valid(const void *text, uint32_t len)
{
	const uint8_t *at = text;

	while (len > 0) {
		int step = utf8_step(at, len);

		if (step <= 0)
			return false;
		at += step;
		len -= (uint32_t)step;
	}
	return true;
}
