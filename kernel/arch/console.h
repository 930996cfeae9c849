/* arch/console: where text goes out and keys come in.
 * Output: COM1 (8250, polled, 115200) and the frame buffer's text screen.
 * Bytes go to COM1 as they are: lines end in a line feed alone.
 * Input: COM1. Context: any; a call writes its text whole.
 */
#ifndef AZ_ARCH_CONSOLE_H
#define AZ_ARCH_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

struct boot_screen;

void console_init_serial(void);
/* Start the text screen; nothing happens when screen->addr is 0. */
void console_init_screen(const struct boot_screen *screen);
/* Choose the outputs (both are on at first). */
void console_select(bool serial, bool screen);

void console_write(const char *text, size_t len);

/* One byte of input, or -1 when none waits. */
int console_read(void);
/* Called in the interrupt when input arrived. */
void console_set_handler(void (*on_input)(void));

#endif
