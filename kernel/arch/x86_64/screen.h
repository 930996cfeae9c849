/* arch/x86_64/screen: text on the frame buffer, 8x16 pixels a character.
 * Video memory is only written, never read: the text is kept beside it.
 * Lines of the kernel's log at error and warn level have a colour. */
#ifndef AZ_X86_64_SCREEN_H
#define AZ_X86_64_SCREEN_H

#include <stddef.h>

/* Nothing before console_init_screen, nor where there is no frame buffer. */
void screen_write(const char *text, size_t len);

#endif
