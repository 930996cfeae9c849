/* verify/fit: does an image fit the module that the index makes of it?
 *
 * The last question before an instance is built: both sides are verified,
 * now they are held against each other. WASI's functions may always be
 * imported: without authority they answer with an errno. An import of module
 * "azoth" needs its grant, one of a channel a client's end of it. Nothing is
 * allocated. Builder and kernel use the same source.
 */
#ifndef AZ_VERIFY_FIT_H
#define AZ_VERIFY_FIT_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/fault.h"

struct az_channel;
struct az_import;
struct bundle;
struct image_view;

/* Whether image v may run as module i of b. A server of a call channel is a
 * reactor: it exports every method and no _start; any other module exports a
 * _start that takes and gives nothing. Every import is granted, the memory at
 * start within the limit, the windows of channels there. *why names the check,
 * static; never NULL. */
enum az_refusal fit_check(const struct image_view *v, const struct bundle *b,
    uint32_t i, const char **why);

/* The channel of b that m, an import of v, calls, or NULL; *handle: through a
 * capability that its first argument names. */
const struct az_channel *fit_channel(const struct image_view *v,
    const struct bundle *b, const struct az_import *m, bool *handle);

#endif
