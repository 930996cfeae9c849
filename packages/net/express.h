/* express: segments as nearly all are, past lwIP: what comes is next in order
 * and finds room with the client, or acknowledges whole segments in order; what
 * goes out fits in the windows; and lwIP has nothing to send, to put in order
 * or to wait for.
 *
 * Invariants: frames and lwIP's state are what they would be without this
 * unit; anything else is left to lwIP. But what was sent so, and is not yet
 * acknowledged, lwIP does not have: the connection's `flight` has the lengths of
 * these segments, from lastack on, which are all of `queued`; lwIP's lists are
 * empty then, and snd_lbb is lastack. Whoever wants lwIP to work on such a
 * connection has it land first: before a segment that lwIP reads, before it is
 * to send something again, before it sends more or the end. */
#ifndef NET_EXPRESS_H
#define NET_EXPRESS_H

#include "azoth_stack.h"

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct tcp_pcb;

/* Take a received frame; false: it is lwIP's. good: its sum of TCP is right. */
bool express_take(const uint8_t *frame, uint32_t length, bool good);

/* Send what may fly of what a client has sent and is not queued, and note
 * whether more is left (`unsent`); false: it is lwIP's to send. */
bool express_send(struct conn *c, struct az_pieces bytes);

/* Give lwIP what flies, as if it had sent that. What it has no memory for
 * counts as not sent, and its client's connection as `unsent`. */
void express_land(struct tcp_pcb *pcb);

/* Before lwIP's timer ticks: what it would send again lands. */
void express_tick(void);

#endif
