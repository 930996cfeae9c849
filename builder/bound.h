/* bound: how much stack the calls of an image can take.
 *
 * The machine code says it: every instruction has one depth (verify/code),
 * and calls name their target, or a type of which the tables' entries name
 * the functions. A function whose calls can come back to it has no bound.
 */
#ifndef BUILDER_BOUND_H
#define BUILDER_BOUND_H

#include <stdint.h>

struct image_view;

/* Bytes of the deepest call that starts at what the kernel or other modules
 * may enter, return addresses and what the kernel leaves free at the top
 * included; of those alone that have a bound. 0: none has. v is of accepted
 * code. */
uint32_t bound_stack(const struct image_view *v);

#endif
