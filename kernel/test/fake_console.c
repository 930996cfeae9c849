#include "arch/console.h"

#include <string.h>

#include "test/fake.h"

enum { OUTPUT_MAX = 1 << 16, INPUT_MAX = 4096 };

static char output[OUTPUT_MAX + 1], input[INPUT_MAX];
static size_t output_len, input_at, input_len;
static void (*on_input)(void);

void console_init_serial(void)
{
}

void console_init_screen(const struct boot_screen *screen)
{
	(void)screen;
}

void console_select(bool serial, bool screen)
{
	(void)serial;
	(void)screen;
}

void console_write(const char *text, size_t len)
{
	if (len > OUTPUT_MAX - output_len)
		len = OUTPUT_MAX - output_len;
	memcpy(output + output_len, text, len);
	output_len += len;
	output[output_len] = '\0';
}

int console_read(void)
{
	return input_at < input_len ? (unsigned char)input[input_at++] : -1;
}

void console_set_handler(void (*handler)(void))
{
	on_input = handler;
}

const char *fake_console(void)
{
	return output;
}

void fake_console_clear(void)
{
	output_len = 0;
	output[0] = '\0';
}

void fake_type(const char *text)
{
	if (input_at == input_len)
		input_at = input_len = 0;
	while (*text != '\0' && input_len < INPUT_MAX)
		input[input_len++] = *text++;
	if (on_input != NULL)
		on_input();
}
