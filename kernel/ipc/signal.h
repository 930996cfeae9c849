/* ipc/signal: counted wake-ups at the ends of channels.
 *
 * Each end counts what was raised for it until its holder, or whom that has
 * lent it to, takes the count; a reader takes nothing from another. A timer
 * raises at its time, never later for an earlier delay: a periodic one counts
 * each period that has passed.
 * Invariant: a domain waits at one end at a time, through a capability that
 * lives, and when that ends the wait ends; or for any of its module's ends.
 * Memory: by signal_init. Context: interrupts off; signal_wait sleeps.
 */
#ifndef AZ_IPC_SIGNAL_H
#define AZ_IPC_SIGNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bundle;
struct cap;
struct domain;

enum {
	SIGNAL_TIMERS_MAX = 8,       /* of one domain */
	SIGNAL_PERIOD_MIN = 1000000, /* ns */
};

az_err signal_init(const struct bundle *b);

/* Count n at an end (AZ_TABLE_PEER), and wake who waits there. */
void signal_post(uint32_t end, uint32_t n);
/* Sleep until something was counted at any end of d's module since the last
 * time: true; or until then, or for ns. _sleep is for calls of the kernel that wait for
 * more than a count, _any for the module: neither takes what is the other's. */
bool signal_sleep(const struct domain *d, uint64_t until);
bool signal_any(const struct domain *d, uint64_t ns);
/* d begins a life: it waits for nothing. */
void signal_forget(const struct domain *d);

/* c is about to end: so do its timers and the wait through it; of a whole end
 * also what was counted there. */
void signal_ended(const struct cap *c);

/* Results are 0 or above, or enum az_status. */

/* For all readers. */
int32_t signal_raise(const struct domain *d, uint32_t handle);
/* Take the count of an end through a capability with right READ that is of
 * kind AZ_CHANNEL_SIGNAL or stands behind it, or one with any right of kind
 * AZ_CHANNEL_RING, as soon as it is not 0: at most INT32_MAX, or 0 after ns
 * (INT64_MAX and above: never). AZ_PEER_REVOKED when the capability ends
 * meanwhile. */
int32_t signal_wait(
    const struct domain *d, uint32_t handle, uint32_t kind, uint64_t ns);
/* Count one at the other end of a ring. */
int32_t signal_nudge(const struct domain *d, uint32_t handle);
/* Raise the signal (a reader: for its own end, not for one that it was lent)
 * after `first` ns, then every `period` ns, if not 0. One timer for a handle: another call sets
 * it anew, 0 and 0 cancels. AZ_BAD_ARGUMENT for periods below
 * SIGNAL_PERIOD_MIN, AZ_PEER_BUSY beyond SIGNAL_TIMERS_MAX. */
int32_t signal_after(
    const struct domain *d, uint32_t handle, uint64_t first, uint64_t period);

#endif
