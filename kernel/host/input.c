#include "host/input.h"

#include "arch/console.h"
#include "base/mem.h"

enum { END_OF_FILE = 0x04 };

/* Bytes in order of arrival; an end of file stays as END_OF_FILE. */
static uint8_t bytes[INPUT_MAX];
static uint32_t count;

/* Length of the first line, its newline included; 0: none is complete. An end
 * of file is a line of one byte. */
static uint32_t line_size(void)
{
	for (uint32_t i = 0; i < count; i++) {
		if (bytes[i] == '\n')
			return i + 1;
		if (bytes[i] == END_OF_FILE)
			return i == 0 ? 1 : i;
	}
	return count == INPUT_MAX ? count : 0;
}

static void keep(uint8_t c)
{
	if (count < INPUT_MAX)
		bytes[count++] = c == '\r' ? '\n' : c;
}

bool input_poll(void)
{
	int c;

	while ((c = console_read()) >= 0)
		keep((uint8_t)c);
	return line_size() > 0;
}

void input_type(const uint8_t *typed, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (typed[i] != '\b') {
			keep(typed[i]);
			console_write((const char *)&typed[i], 1);
		} else if (count > 0 && bytes[count - 1] >= ' ') {
			count--;
			console_write("\b \b", 3);
		}
	}
}

uint32_t input_ready(void)
{
	return count > 0 && bytes[0] == END_OF_FILE ? 0 : line_size();
}

uint32_t input_take(uint8_t *out, uint32_t len)
{
	uint32_t ready = input_ready();
	uint32_t n = ready < len ? ready : len;
	uint32_t used = ready == 0 ? 1 : n;

	memcpy(out, bytes, n);
	count -= used;
	memmove(bytes, bytes + used, count);
	return n;
}
