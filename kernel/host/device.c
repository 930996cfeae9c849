/* host/device: devices and secrets, as module "azoth" has them. */
#include <stddef.h>

#include "abi/device.h"
#include "abi/status.h"
#include "host/state.h"
#include "ipc/channel.h"
#include "task/domain.h"
#include "verify/bundle.h"

static uint64_t status(int32_t value)
{
	return (uint64_t)(int64_t)value;
}

/* No machine has devices yet: who has an end of one, whatever it wants of it,
 * is told so. */
static uint64_t gone(const struct domain *d, uint64_t handle, uint32_t rights)
{
	struct cap *c;
	int32_t found =
	    cap_find(&c, d->id, (uint32_t)handle, AZ_CHANNEL_DEVICE, rights);

	return status(found != 0 ? found : AZ_PEER_GONE);
}

HOST_CALL(DEVICE, d, arg)
{
	const char *name = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);
	const struct bundle *b = state_bundle();

	if (name == NULL)
		return status(AZ_BAD_ARGUMENT);
	for (uint32_t i = 0; i < b->device_count; i++) {
		const struct az_channel *c =
		    &b->channels[b->devices[i].channel];
		struct bundle_text own = bundle_text(b, c->name);

		if (bundle_end(b, c, d->id) != NULL &&
		    (arg[1] == 0 ||
			bundle_channel(b, name, (uint32_t)arg[1]) == c))
			return gone(
			    d, (uint32_t)channel_handle(d, own.at, own.len), 0);
	}
	return status(AZ_DENIED);
}

#define DRIVER_CALL(sym)                                                       \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		return gone(d, arg[0], AZ_RIGHT_WRITE);                        \
	}
DRIVER_CALL(DEV_READ)
DRIVER_CALL(DEV_WRITE)
DRIVER_CALL(DEV_FEATURES)
DRIVER_CALL(DEV_RING)
DRIVER_CALL(DEV_START)
DRIVER_CALL(DEV_POST)
DRIVER_CALL(DEV_REAP)
DRIVER_CALL(DEV_DONE)
DRIVER_CALL(DEV_TRANSFER)

HOST_CALL(RANDOM_MIX, d, arg)
{
	return status(AZ_DENIED);
}

HOST_CALL(SECRET, d, arg)
{
	return status(AZ_PEER_GONE);
}
