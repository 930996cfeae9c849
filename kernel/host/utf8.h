/* host/utf8: whether bytes are UTF-8, as text of modules must prove.
 * Overlong forms, surrogates and values above U+10FFFF are not UTF-8.
 */
#ifndef AZ_HOST_UTF8_H
#define AZ_HOST_UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* Length of the sequence at text (len > 0 bytes are there): 1..4, or 0 when
 * it is not UTF-8, or -1 when it is the beginning of one that len cuts. */
int utf8_step(const uint8_t *text, uint32_t len);

bool utf8_valid(const void *text, uint32_t len);

#endif
