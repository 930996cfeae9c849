/* timers: when lwIP has to be called though nothing happens.
 *
 * lwIP counts in ticks of a timer each. While something is under way they
 * come at their pace; when all is quiet none comes: what was missed is made
 * up before the next thing is done, and an idle machine sleeps. */
#ifndef NET_TIMERS_H
#define NET_TIMERS_H

#include <stdint.h>

/* Something was received or sent: timers run for a while from now on. */
void timers_stir(void);

/* The longest rest, in ms: half of what can be told apart in 32 bits is past. */
enum { TIMERS_REST_MS = 1 << 30 };

/* Call what is due. Gives ms until the next call. */
uint32_t timers_run(void);

/* ms since start, as read last by timers_tick. */
uint32_t timers_now(void);
/* Read the clock, and make up what a sleep has missed: first each time round
 * the loop. */
void timers_tick(void);

#endif
