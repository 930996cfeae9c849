/* ipc/turn: two threads that take turns at the two ends of a ring.
 *
 * When one turns to another that waits in its turn already, the other goes on
 * at once, in its place (sched_join); from then on assembly alone changes
 * between the two (gate_turn in x86_64/gate.inc), whose gates lead to each
 * other, until the kernel is entered for whatever reason. That settles it: one
 * of them has run all the time, the other has begun to wait.
 * Invariant: while two are joined nothing was raised at either end, and both
 * count as waiting there, though one of them runs.
 * A time-out counts from when the kernel learns of the wait, which a timer
 * makes it do after a quarter of that time.
 * Context: interrupts off.
 */
#ifndef AZ_IPC_TURN_H
#define AZ_IPC_TURN_H

#include <stdint.h>

struct domain;

/* signal_nudge, then signal_wait, in one. */
int32_t turn_take(const struct domain *d, uint32_t handle, uint64_t ns);

/* The kernel is entered: first of all. */
void turn_settle(void);

#endif
