/* load/bind: what the signed grants allow an image to import.
 *
 * WASI's functions may always be imported: without authority they answer
 * with an errno. An import of module "azoth" is bound only when its grant is
 * there; the builder refuses such an image earlier, the kernel does it again.
 */
#ifndef AZ_LOAD_BIND_H
#define AZ_LOAD_BIND_H

#include <stdint.h>

#include "abi/fault.h"

struct bundle;
struct domain;
struct image_view;

/* Copy the grants of module i of b into d. */
void bind_grants(struct domain *d, const struct bundle *b, uint32_t i);

/* AZ_REFUSE_IMPORT when v imports what module i of b was not granted. */
enum az_refusal bind_check(
    const struct image_view *v, const struct bundle *b, uint32_t i);

#endif
