/* tools/speed/speed: what a program of the speed benchmark gives.
 *
 * The same sources run natively and as a module. A run makes its input once,
 * works as many rounds as its argument says and prints a checksum; a run of
 * no rounds has the same start, so that the difference is the work alone. */
#ifndef AZ_SPEED_H
#define AZ_SPEED_H

#include <stdint.h>

void speed_setup(void);
uint32_t speed_round(void);

/* Numbers that are the same everywhere. */
uint32_t speed_random(void);
/* n, which the compiler cannot know: a library's sizes are its callers'. */
int speed_unknown(int n);
/* FNV-1a, of integers or bytes that do not depend on the host. */
uint32_t speed_hash(const void *bytes, uint32_t len);

#endif
