/* arch/x86_64/font: 8x16 glyphs for the printable ASCII characters. */
#ifndef AZ_X86_64_FONT_H
#define AZ_X86_64_FONT_H

#include <stdint.h>

enum { FONT_FIRST = 32, FONT_LAST = 126, FONT_WIDTH = 8, FONT_HEIGHT = 16 };

/* The rows of glyph c (FONT_FIRST..FONT_LAST); bit 7 is the left pixel. */
void font_glyph(char c, uint8_t rows[FONT_HEIGHT]);

#endif
