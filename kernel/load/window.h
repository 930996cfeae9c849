/* load/window: memory that the ends of a channel share.
 *
 * A ring and an arena are frames of the kernel's own, mapped in each end over
 * the window that the module reserved (verify/windows). While a server works
 * on an exclusive arena, each client's window shows a frame of its own
 * instead, so that what it writes there goes nowhere. The same is all that an
 * end sees whose lease is over.
 * Memory: window_init takes the shared frames for ever, window_map one frame
 * for an end of an exclusive arena or with a lease. Context: interrupts off.
 */
#ifndef AZ_LOAD_WINDOW_H
#define AZ_LOAD_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cap/cap.h"

struct az_channel;
struct bundle;
struct domain;

/* Make what the channels of b (checked, borrowed for ever) share. */
az_err window_init(const struct bundle *b);

/* What the ends of a channel share, or NULL: it shares nothing. */
uint8_t *window_run(uint32_t channel);

/* Put the windows of d over its memory, which holds what it starts with.
 * After a failure too window_unmap. */
az_err window_map(struct domain *d);
void window_unmap(struct domain *d);

/* d starts again. A reader of a ring that is not kept, and any after a reset,
 * finds it empty. A reset also clears what d wrote to rings and the arenas
 * that it shares. */
void window_renew(struct domain *d, bool reset);

/* An end with a lease has ended (channel_on_end): it shares nothing any more,
 * until its module starts again. */
void window_shut(const struct cap *c, enum cap_why why);

/* The address of d's window of c in its memory; 0: it has none. */
uint32_t window_address(const struct domain *d, const struct az_channel *c);

/* A call is about to work in the server of c. Nothing unless the arena is
 * exclusive. */
void window_take(const struct az_channel *c);
/* No call works in d any more: what is exclusive is its clients' again. */
void window_give_back(const struct domain *d);

#endif
