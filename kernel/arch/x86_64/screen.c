#include "arch/x86_64/screen.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/boot.h"
#include "arch/console.h"
#include "arch/x86_64/device.h"
#include "arch/x86_64/font.h"
#include "arch/x86_64/x86.h"
#include "base/mem.h"

enum {
	COLUMNS_MAX = 160, /* larger screens are used in part */
	ROWS_MAX = 64,
	SCROLL_ROWS = 8, /* at a time: drawing costs far more than text */
	TAB = 8,
	MARGIN = 8, /* pixels round the text */
};

/* Colours, 0xRRGGBB. */
#define COLOUR_BACK 0x10141cu
#define COLOUR_TEXT 0xc9d1d9u
#define COLOUR_WARN 0xe5c07bu
#define COLOUR_ERROR 0xff6b6bu

enum colour { PLAIN, WARN, ERROR, COLOURS };

static volatile uint8_t *pixels; /* NULL: no screen */
static uint32_t pitch, bytes;    /* bytes a line, bytes a pixel */
static uint32_t back, fore[COLOURS];
static uint32_t columns, rows;

/* `text` is what should be seen, `shown` what video memory holds. */
static char (*text)[COLUMNS_MAX], (*shown)[COLUMNS_MAX];
static uint8_t text_colour[ROWS_MAX], shown_colour[ROWS_MAX];
static uint32_t row, column; /* a row has the colour of its last text */

/* Rows that may differ from what is shown: [dirty_first, dirty_end). */
static uint32_t dirty_first, dirty_end;

static uint32_t pixel_of(const struct boot_screen *s, uint32_t rgb)
{
	return (rgb >> 16 & 0xff) << s->red_shift |
	       (rgb >> 8 & 0xff) << s->green_shift |
	       (rgb & 0xff) << s->blue_shift;
}

static void pixel_set(volatile uint8_t *at, uint32_t value)
{
	if (bytes == 4) {
		*(volatile uint32_t *)at = value;
		return;
	}
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
	at[2] = (uint8_t)(value >> 16);
}

static void draw(uint32_t y, uint32_t x, char c, uint32_t colour)
{
	uint8_t glyph[FONT_HEIGHT];
	volatile uint8_t *line = pixels +
				 (size_t)(MARGIN + y * FONT_HEIGHT) * pitch +
				 (size_t)(MARGIN + x * FONT_WIDTH) * bytes;

	font_glyph(c, glyph);
	for (uint32_t n = 0; n < FONT_HEIGHT; n++, line += pitch) {
		for (uint32_t bit = 0; bit < FONT_WIDTH; bit++)
			pixel_set(line + bit * bytes,
			    glyph[n] & 0x80u >> bit ? colour : back);
	}
}

static void refresh_row(uint32_t y)
{
	uint8_t colour = text_colour[y];
	bool same = colour == shown_colour[y];

	for (uint32_t x = 0; x < columns; x++) {
		char c = text[y][x];

		if (c == shown[y][x] && (same || c == ' '))
			continue;
		draw(y, x, c, fore[colour]);
		shown[y][x] = c;
	}
	shown_colour[y] = colour;
}

static void refresh(void)
{
	for (uint32_t y = dirty_first; y < dirty_end; y++)
		refresh_row(y);
	dirty_first = rows;
	dirty_end = 0;
}

static void touch(uint32_t first, uint32_t end)
{
	if (first < dirty_first)
		dirty_first = first;
	if (end > dirty_end)
		dirty_end = end;
}

static void blank(uint32_t first, uint32_t end)
{
	memset(text[first], ' ', (end - first) * sizeof(text[0]));
	memset(text_colour + first, PLAIN, end - first);
}

static void new_line(void)
{
	column = 0;
	if (++row < rows)
		return;
	row = rows - SCROLL_ROWS;
	memmove(text[0], text[SCROLL_ROWS], row * sizeof(text[0]));
	memmove(text_colour, text_colour + SCROLL_ROWS, row);
	blank(row, rows);
	touch(0, rows);
}

static void put(char c, enum colour colour)
{
	if (c == '\n') {
		new_line();
		return;
	}
	if (c == '\t') {
		do
			put(' ', colour);
		while (column % TAB != 0);
		return;
	}
	if (c == '\b') {
		column -= column > 0;
		return;
	}
	/* One mark for a character outside ASCII, whatever its length. */
	if (((unsigned char)c & 0xc0) == 0x80 || c == '\r')
		return;
	if (c < FONT_FIRST || c > FONT_LAST)
		c = '?';
	if (column == columns)
		new_line();
	text[row][column++] = c;
	text_colour[row] = (uint8_t)colour;
	touch(row, row + 1);
}

/* The colour of a line of the log, by its third word. */
static enum colour colour_of(const char *line, size_t len)
{
	static const char start[] = "azoth ";
	size_t at = sizeof(start) - 1;

	if (len < at || memcmp(line, start, at) != 0)
		return PLAIN;
	while (at < len && line[at] != ' ')
		at++;
	if (len - at > 6 && memcmp(line + at, " error", 6) == 0)
		return ERROR;
	if (len - at > 5 && memcmp(line + at, " warn", 5) == 0)
		return WARN;
	return PLAIN;
}

void screen_write(const char *at, size_t len)
{
	enum colour colour = PLAIN;

	if (pixels == NULL)
		return;
	for (size_t n = 0; n < len; n++) {
		if (n == 0 || at[n - 1] == '\n')
			colour = colour_of(at + n, len - n);
		put(at[n], colour);
	}
	refresh();
}

static uint32_t cells(uint32_t side, uint32_t cell, uint32_t max)
{
	uint32_t count = side > 2 * MARGIN ? (side - 2 * MARGIN) / cell : 0;

	return count < max ? count : max;
}

/* Two pixels a store where they have 32 bits: there are many. */
static void clear(const struct boot_screen *s, volatile uint8_t *line)
{
	uint64_t pair = (uint64_t)back << 32 | back;

	for (uint32_t y = 0; y < s->height; y++, line += pitch) {
		uint32_t x = 0;

		if (bytes == 4) {
			x = s->width & ~1u;
			x86_fill64(line, pair, x / 2);
		}
		for (; x < s->width; x++)
			pixel_set(line + (size_t)x * bytes, back);
	}
}

void console_init_screen(const struct boot_screen *s)
{
	volatile uint8_t *at;

	columns = cells(s->width, FONT_WIDTH, COLUMNS_MAX);
	rows = cells(s->height, FONT_HEIGHT, ROWS_MAX);
	if (s->addr == 0 || columns < TAB || rows <= SCROLL_ROWS)
		return;
	text = device_memory(2 * rows * sizeof(text[0]));
	at =
	    device_map(s->addr, (uint64_t)s->pitch * s->height, DEVICE_COMBINE);
	if (text == NULL || at == NULL)
		return;
	shown = text + rows;
	pitch = s->pitch;
	bytes = s->bits / 8;
	back = pixel_of(s, COLOUR_BACK);
	fore[PLAIN] = pixel_of(s, COLOUR_TEXT);
	fore[WARN] = pixel_of(s, COLOUR_WARN);
	fore[ERROR] = pixel_of(s, COLOUR_ERROR);
	clear(s, at);
	blank(0, rows);
	memcpy(shown, text, rows * sizeof(text[0]));
	dirty_first = rows;
	pixels = at;
}
