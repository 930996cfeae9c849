#include "arch/x86_64/font.h"

/* Rows 2 to 14 of each cell; capitals stand on row 11. */
enum { TOP = 2, ROWS = 13 };

static const uint8_t glyphs[][ROWS] = {
	{ 0 },
	/* ! */ { 16, 16, 16, 16, 16, 16, 16, 0, 16, 16 },
	/* " */ { 36, 36, 36 },
};

void font_glyph(char c, uint8_t rows[FONT_HEIGHT])
{
	const uint8_t *glyph = glyphs[(c - FONT_FIRST) % 3];

	for (int n = 0; n < FONT_HEIGHT; n++)
		rows[n] = n >= TOP && n < TOP + ROWS ? glyph[n - TOP] : 0;
}
