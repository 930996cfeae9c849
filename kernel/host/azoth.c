/* host/azoth: channels, capabilities and signals, as module "azoth" has them:
 * arguments are decoded here, ipc/channel and ipc/signal do the rest. */
#include <stddef.h>

#include "abi/observe.h"
#include "abi/status.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/state.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "ipc/turn.h"
#include "sup/run.h"
#include "task/domain.h"
#include "verify/bundle.h"

/* A status as wasm's i32. */
static uint64_t status(int32_t value)
{
	return (uint32_t)value;
}

HOST_CALL(READY, d, arg)
{
	run_ready(d);
	return 0;
}

/* Arguments: name, length. */
HOST_CALL(RESET, d, arg)
{
	uint32_t len = (uint32_t)arg[1];
	const char *name = domain_range(d, (uint32_t)arg[0], len);
	int32_t done;

	if (name == NULL)
		return status(AZ_BAD_ARGUMENT);
	done = run_reset(d, name, len);
	if (done == AZ_DENIED &&
	    bundle_module(state_bundle(), name, len) != NULL &&
	    state_tell(d, AZ_GRANT_RESET))
		log_warn("host",
		    "denied module=%s function=reset need=\"modules: { %s: "
		    "{ grants: { power: [ reset:%.*s ] } } }\"",
		    d->name, d->name, (int)len, name);
	return status(done);
}

/* Arguments: node, where to. */
HOST_CALL(OBSERVE, d, arg)
{
	struct az_seen seen;
	void *out = domain_range(d, (uint32_t)arg[1], sizeof(seen));
	int32_t done;

	if (!d->observe) {
		(void)state_denied(
		    d, AZ_CALL_OBSERVE, AZ_GRANT_OBSERVE, "observe: true");
		return status(AZ_DENIED);
	}
	if (out == NULL)
		return status(AZ_BAD_ARGUMENT);
	done = run_observe((uint32_t)arg[0], &seen);
	if (done == 0)
		memcpy(out, &seen, sizeof(seen));
	return status(done);
}

/* Say what would give d an end of the channel called name, if there is one. */
static void log_denied(const struct domain *d, const char *name, uint32_t len)
{
	static const char *const roles[AZ_CHANNEL_DEVICE + 1] = {
		[AZ_CHANNEL_CALL] = "clients",
		[AZ_CHANNEL_RING] = "readers",
		[AZ_CHANNEL_SIGNAL] = "readers",
	};
	const struct az_channel *c = bundle_channel(state_bundle(), name, len);

	if (c != NULL && roles[c->type] != NULL && state_tell(d, 0))
		log_warn("host",
		    "denied module=%s function=channel need=\"channels: "
		    "{ %.*s: { %s: [ %s ] } }\"",
		    d->name, (int)len, name, roles[c->type], d->name);
}

HOST_CALL(CHANNEL, d, arg)
{
	const char *name = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);
	int32_t handle;

	if (name == NULL)
		return status(AZ_BAD_ARGUMENT);
	handle = channel_handle(d, name, (uint32_t)arg[1]);
	if (handle == AZ_DENIED)
		log_denied(d, name, (uint32_t)arg[1]);
	return status(handle);
}

/* Calls on the handle arg[0] that ipc/ answers. */
#define ON_HANDLE(sym, answer)                                                 \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		uint32_t handle = (uint32_t)arg[0];                            \
                                                                               \
		return status(answer);                                         \
	}
ON_HANDLE(SIGNAL_RAISE, signal_raise(d, handle))
ON_HANDLE(SIGNAL_WAIT, signal_wait(d, handle, AZ_CHANNEL_SIGNAL, arg[1]))
ON_HANDLE(SIGNAL_AFTER, signal_after(d, handle, arg[1], arg[2]))
ON_HANDLE(RING_WAIT, signal_wait(d, handle, AZ_CHANNEL_RING, arg[1]))
ON_HANDLE(RING_WAKE, signal_nudge(d, handle))
ON_HANDLE(CAP_REVOKE, channel_revoke(d, handle))
ON_HANDLE(CAP_CLOSE, channel_close(d, handle))
ON_HANDLE(GENERATION, channel_generation(d, handle))
#undef ON_HANDLE

HOST_CALL(RING_TURN, d, arg)
{
	return status(turn_take(d, (uint32_t)arg[0], arg[1]));
}

HOST_CALL(SIGNAL_ANY, d, arg)
{
	return status(signal_any(d, arg[0]));
}

HOST_CALL(CAP_DERIVE, d, arg)
{
	struct channel_part part = {
		.handle = (uint32_t)arg[0],
		.rights = (uint32_t)arg[1],
		.lease = arg[2],
	};

	return status(channel_derive(d, &part));
}

HOST_CALL(CAP_LEND, d, arg)
{
	struct channel_part part = {
		.handle = (uint32_t)arg[0],
		.rights = (uint32_t)arg[2],
		.lease = arg[3],
	};

	return status(channel_lend(d, &part, (uint32_t)arg[1]));
}
