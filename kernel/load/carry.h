/* load/carry: the bytes that go with a call from one memory to another.
 *
 * A method's copies (abi/index) go through the server's inbox, a page for each
 * of them: in before the call, out when it has returned. What the server may
 * write it finds zero there, so nothing of another call is left in it. A list
 * in the channel's arena is not copied: its address becomes the server's.
 * Context: interrupts off.
 */
#ifndef AZ_LOAD_CARRY_H
#define AZ_LOAD_CARRY_H

#include <stdbool.h>
#include <stdint.h>

struct bundle;
struct domain;
struct gate;

/* Use b (checked, borrowed for ever). */
void carry_init(const struct bundle *b);

/* The gate's carrier (gate_set_carry): args are the callee's, the caller's
 * stay in caller->given. 0, or AZ_BAD_ARGUMENT for bytes that are not in the
 * caller's memory or too many; then nothing has changed. */
int32_t carry_call(
    struct domain *caller, const struct gate *g, uint64_t *args, bool out);

#endif
