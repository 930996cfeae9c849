/* tools/speed/text: words for the compressors. */
#ifndef AZ_SPEED_TEXT_H
#define AZ_SPEED_TEXT_H

#include <stdint.h>

/* Fill with lines of words, the frequent ones first, some numbers between. */
void text_fill(char *to, uint32_t len);

#endif
