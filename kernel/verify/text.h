/* verify/text: what texts from outside may look like. */
#ifndef AZ_VERIFY_TEXT_H
#define AZ_VERIFY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the character at text, of which len > 0 bytes are there: 1 to
 * 4, or 0 when it is not UTF-8 or NUL, or -1 when len cuts it. */
int text_char_len(const char *text, size_t len);

/* Well-formed UTF-8 (Unicode 15, table 3-7) without NUL. */
bool text_is_utf8(const char *text, size_t len);

/* A piece of a well-formed text, in bounds and cut between characters. */
bool text_holds(const char *text, size_t size, uint32_t off, uint32_t len);

/* No control character (C0, DEL, C1) in well-formed UTF-8. */
bool text_is_plain(const char *text, size_t len);

/* A module's name: [a-z0-9][a-z0-9_-]*, at most AZ_NAME_MAX, not "azoth",
 * which begins the kernel's own log lines. */
bool text_is_name(const char *text, size_t len);

/* An absolute path in normal form: "/", or "/a/b" with no empty, "." or ".."
 * part and no slash at the end. */
bool text_is_path(const char *text, size_t len);

/* One part of a path: not empty, no slash, not "." or "..". */
bool text_is_part(const char *text, size_t len);

bool text_is_zero(const void *bytes, size_t len);

#endif
