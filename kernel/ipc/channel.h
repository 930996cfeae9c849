/* ipc/channel: the ends of the signed channels, as capabilities.
 *
 * Each end is a root that its module holds from its start on, and anew after
 * each restart; all else is derived. Whatever ends is told to those whom it
 * concerns before its handle goes: waits at once, calls and rings by a hook.
 * The end of a lease that was granted or lent, however it came, is logged:
 *	cap lease-ended module=M object=CHANNEL reason=time|closed|revoked|died
 * Memory: tables by channel_init, a module's handles by channel_attach.
 * Context: interrupts off. Results are 0 or above, or enum az_status.
 */
#ifndef AZ_IPC_CHANNEL_H
#define AZ_IPC_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "cap/cap.h"

struct bundle;
struct domain;

/* Use b (checked, borrowed for ever); no module has ends yet. */
az_err channel_init(const struct bundle *b);

/* Room for the ends of d's module. AZ_ENOMEM, or AZ_ERANGE for more ends than
 * a table holds, leave nothing behind. */
az_err channel_attach(struct domain *d);
/* d is dead for good. */
void channel_detach(struct domain *d);
/* d begins a life, the first or one after cap_clear: its ends are new, before
 * its gates are bound. What it was lent meanwhile stays. One whose handles are
 * used up is logged and not there:
 *	cap end-lost module=M end=N */
void channel_begin(struct domain *d);

/* The instance of a module, NULL when it will never live again. */
struct domain *channel_domain(uint32_t module);
/* The number of d's end of a channel in AZ_TABLE_PEER, or AZ_NONE. */
uint32_t channel_end(const struct domain *d, uint32_t channel);

/* The ends of d's module, ascending, and how many. */
struct channel_end {
	uint32_t channel, end;
};
const struct channel_end *channel_ends(const struct domain *d, uint32_t *count);

/* Whether that end is there, and has not ended in this life. */
bool channel_held(const struct domain *d, uint32_t channel);

/* Told of each capability of a kind (enum az_channel_type; 0: of any) that
 * ends. */
void channel_on_end(uint32_t kind, cap_ended_fn *fn);

/* The handle of d's own end of the channel called name: AZ_DENIED when it has
 * none, AZ_PEER_REVOKED when that has ended. */
int32_t channel_handle(const struct domain *d, const char *name, uint32_t len);

/* The same by the channel's number; 0: none. */
uint32_t channel_number(const struct domain *d, uint32_t channel);

/* What is to be made of a capability: with which rights, and for how many ns
 * (0: as long as the first one). */
struct channel_part {
	uint32_t handle, rights;
	uint64_t lease;
};
/* A new handle of d's. */
int32_t channel_derive(const struct domain *d, const struct channel_part *part);
/* A handle for the module at the other end of d's handle `over`. Needs the
 * right to lend; only calls and signals are lent. AZ_BAD_ARGUMENT otherwise, or
 * when there are several others. */
int32_t channel_lend(
    const struct domain *d, const struct channel_part *part, uint32_t over);
int32_t channel_revoke(const struct domain *d, uint32_t handle);
int32_t channel_close(const struct domain *d, uint32_t handle);
/* How often the module at the other end was started again. */
int32_t channel_generation(const struct domain *d, uint32_t handle);

#endif
