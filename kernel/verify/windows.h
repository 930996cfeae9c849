/* verify/windows: the parts of a module's memory over which the kernel maps
 * what a channel shares. The module reserves them in its data and exports
 * where they start, az_window_NAME, and perhaps where they end,
 * az_window_end_NAME; NAME is the channel's with _ for -, or `inbox`, or `dma`
 * for the pool of a device.
 * Builder and kernel use the same source.
 */
#ifndef AZ_VERIFY_WINDOWS_H
#define AZ_VERIFY_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/fault.h"

struct az_channel;
struct bundle;
struct image_view;

/* Where a server's lists and records go: a page for each copy of a method. */
#define WINDOWS_INBOX "inbox"

/* Bytes that every end of c sees: 0 for none. What its window is called. */
uint64_t windows_bytes(const struct az_channel *c);
struct bundle_text windows_name(
    const struct bundle *b, const struct az_channel *c);

/* Whether a window of that name would be another's end, or the inbox. */
bool windows_taken(const char *name, uint32_t len);

/* The start of the window of that name, or 0: v exports none. */
uint32_t windows_find(
    const struct image_view *v, const char *name, uint32_t len);

/* Whether module has a window of c, of which it has an end. */
bool windows_has(const struct az_channel *c, uint32_t module);

/* Where that is in v, the module's image: 0 for nowhere. The channels of a
 * stack share one, `sockets`, one after the other. */
uint32_t windows_place(const struct image_view *v, const struct bundle *b,
    const struct az_channel *c);
/* Where that window ends. */
uint32_t windows_rest(const struct image_view *v);

/* Whether v has each window that module i of b needs: on whole pages, of the
 * right size, apart from each other, in the memory that it has at start, with
 * no segment that a restart would write over what is shared. *why as in
 * fit_check. */
enum az_refusal windows_check(const struct image_view *v,
    const struct bundle *b, uint32_t i, const char **why);

#endif
