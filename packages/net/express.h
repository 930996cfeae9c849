/* express: segments as nearly all are, past lwIP: what comes is next in order
 * and finds room with the client, what goes out fits in one segment, and lwIP
 * has nothing to send, to put in order or to wait for.
 *
 * Invariants: frames and lwIP's state are what they would be without this
 * unit; anything else is left to lwIP. But what was sent so, and is not yet
 * acknowledged, lwIP does not have: a connection `flies` then, all of `queued`
 * is in that one segment, and lwIP's numbers are those from before it but for
 * snd_nxt and its clocks. Whoever wants lwIP to work on such a connection has
 * it land first: before a segment that lwIP reads, before its timers, before
 * more is sent or the end. */
#ifndef NET_EXPRESS_H
#define NET_EXPRESS_H

#include "azoth_stack.h"

#include <stdbool.h>
#include <stdint.h>

struct conn;
struct tcp_pcb;

/* Take a received frame; false: it is lwIP's. good: its sum of TCP is right. */
bool express_take(const uint8_t *frame, uint32_t length, bool good);

/* Send all that a client has sent; false: it is lwIP's to send. */
bool express_send(struct conn *c, struct az_pieces bytes);

/* Give lwIP what flies, as if it had sent that. What it has no memory for
 * counts as not sent, and its client's connection as `unsent`. */
void express_land(struct tcp_pcb *pcb);
void express_land_all(void);

#endif
