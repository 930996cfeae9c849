/* arch/x86_64/screen: text on the frame buffer, 8x16 pixels a character.
 * Video memory is only written, never read: the text is kept beside it.
 * Lines of the kernel's log at error and warn level have a colour. */
#ifndef AZ_X86_64_SCREEN_H
#define AZ_X86_64_SCREEN_H

#include <stddef.h>

struct boot_screen;

/* Map and clear the frame buffer; without one screen_write does nothing. */
void screen_init(const struct boot_screen *screen);
void screen_write(const char *text, size_t len);

#endif
