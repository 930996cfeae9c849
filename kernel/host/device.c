/* host/device: devices and secrets, as module "azoth" has them: arguments are
 * decoded here, dev/device does the rest. */
#include <stddef.h>

#include "abi/device.h"
#include "abi/layout.h"
#include "abi/status.h"
#include "arch/handed.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/random.h"
#include "dev/device.h"
#include "host/input.h"
#include "host/state.h"
#include "ipc/channel.h"
#include "task/domain.h"
#include "verify/bundle.h"

#define SECRET_PATH "opt/azoth/secret/"

/* Of results i32 and i64 alike. */
static uint64_t status(int64_t value)
{
	return (uint64_t)value;
}

/* The device that d drives through handle. */
static int32_t find(
    struct device **out, const struct domain *d, uint64_t handle)
{
	struct cap *c;

	CAP_TRY(cap_find(
	    &c, d->id, (uint32_t)handle, AZ_CHANNEL_DEVICE, AZ_RIGHT_WRITE));
	*out = device_find(c->object);
	return *out != NULL ? 0 : AZ_PEER_GONE;
}

/* Arguments: name, length. */
HOST_CALL(DEVICE, d, arg)
{
	const char *name = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);
	const struct bundle *b = state_bundle();

	if (name == NULL)
		return status(AZ_BAD_ARGUMENT);
	for (uint32_t i = 0; i < b->device_count; i++) {
		uint32_t channel = b->devices[i].channel;
		const struct az_channel *c = &b->channels[channel];
		struct bundle_text own = bundle_text(b, c->name);

		if (bundle_end(b, c, d->id) == NULL ||
		    (arg[1] != 0 &&
			bundle_channel(b, name, (uint32_t)arg[1]) != c))
			continue;
		return status(device_find(channel) != NULL
				  ? channel_handle(d, own.at, own.len)
				  : AZ_PEER_GONE);
	}
	return status(AZ_DENIED);
}

/* Define a call whose first argument is the handle of device v. */
#define DRIVER_CALL(sym, result)                                               \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		struct device *v;                                              \
		int32_t found = find(&v, d, arg[0]);                           \
                                                                               \
		return status(found != 0 ? found : (result));                  \
	}

DRIVER_CALL(DEV_READ, device_read(v, (uint32_t)arg[1], (uint32_t)arg[2]))
DRIVER_CALL(DEV_WRITE,
    device_write(v, (uint32_t)arg[1], (uint32_t)arg[2], (uint32_t)arg[3]))
DRIVER_CALL(DEV_FEATURES, device_features(v, arg[1]))
DRIVER_CALL(DEV_RING, device_ring(v, (uint32_t)arg[1], (uint32_t)arg[2]))
DRIVER_CALL(DEV_START, device_start(v))
DRIVER_CALL(DEV_DONE, device_done(v))
DRIVER_CALL(DEV_TRANSFER,
    arg[5] != 0 ? AZ_BAD_ARGUMENT
		: device_transfer(v, &(struct device_transfer){
					 (uint32_t)arg[1], (uint32_t)arg[2],
					 (uint32_t)arg[3], (uint32_t)arg[4] }))

/* count records of size bytes at an aligned address of d, or NULL. */
static void *list(
    struct domain *d, uint64_t address, uint64_t count, uint32_t size)
{
	if (count > AZ_ENTRIES_MAX || address % sizeof(uint32_t) != 0)
		return NULL;
	return domain_range(d, (uint32_t)address, (uint32_t)count * size);
}

/* The same for one that has a list. Arguments: handle, ring, list, count. */
#define LIST_CALL(sym, call, type)                                             \
	HOST_CALL(sym, d, arg)                                                 \
	{                                                                      \
		type *at = list(d, arg[2], arg[3], sizeof(type));              \
		struct device *v;                                              \
		int32_t found = find(&v, d, arg[0]);                           \
                                                                               \
		if (found == 0 && at == NULL)                                  \
			found = AZ_BAD_ARGUMENT;                               \
		return status(found != 0 ? found                               \
					 : call(v, (uint32_t)arg[1], at,       \
					       (uint32_t)arg[3]));             \
	}

LIST_CALL(DEV_POST, device_post, struct az_dma)
LIST_CALL(DEV_REAP, device_reap, struct az_dma_done)

/* Whether d drives a device of that flag, which the machine has. */
static bool drives(const struct domain *d, enum az_device_flag flag)
{
	const struct bundle *b = state_bundle();

	for (uint32_t i = 0; i < b->device_count; i++)
		if (b->channels[b->devices[i].channel].owner == d->id &&
		    (b->devices[i].flags & flag) != 0 &&
		    device_find(b->devices[i].channel) != NULL)
			return true;
	return false;
}

/* Arguments: bytes, length. */
HOST_CALL(RANDOM_MIX, d, arg)
{
	void *bytes = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);
	bool was_ready = random_ready();

	if (bytes == NULL || arg[1] > AZ_PAGE_SIZE)
		return status(AZ_BAD_ARGUMENT);
	if (!drives(d, AZ_DEVICE_ENTROPY))
		return status(AZ_DENIED);
	random_feed(bytes, (size_t)arg[1]);
	if (random_ready() && !was_ready)
		log_info("crypto", "random ready module=%s", d->name);
	return 0;
}

/* Arguments: bytes, length. */
HOST_CALL(CONSOLE_TYPE, d, arg)
{
	void *bytes = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);

	if (bytes == NULL || arg[1] > INPUT_MAX)
		return status(AZ_BAD_ARGUMENT);
	if (!drives(d, AZ_DEVICE_KEYBOARD))
		return status(AZ_DENIED);
	input_type(bytes, (uint32_t)arg[1]);
	state_take_input();
	return 0;
}

/* d's grant of the secret called name, or NULL. */
static const struct az_grant *find_secret(
    const struct domain *d, const char *name, uint32_t len)
{
	const struct bundle *b = state_bundle();
	const struct az_run *run = &d->module->grants;

	for (uint32_t i = 0; i < run->count; i++) {
		const struct az_grant *g = &b->grants[run->first + i];

		if (g->kind == AZ_GRANT_SECRET && g->text_len == len &&
		    memcmp(b->text + g->text_off, name, len) == 0)
			return g;
	}
	return NULL;
}

/* Arguments: name, length, buffer, size. The machine keeps it: each life of
 * the module may read it. */
HOST_CALL(SECRET, d, arg)
{
	const char *name = domain_range(d, (uint32_t)arg[0], (uint32_t)arg[1]);
	void *out = domain_range(d, (uint32_t)arg[2], (uint32_t)arg[3]);
	char path[sizeof(SECRET_PATH) + AZ_NAME_MAX] = SECRET_PATH;
	const struct az_grant *g;
	int64_t size;

	if (name == NULL || out == NULL)
		return status(AZ_BAD_ARGUMENT);
	g = find_secret(d, name, (uint32_t)arg[1]);
	if (g == NULL)
		return status(AZ_DENIED);
	memcpy(path + sizeof(SECRET_PATH) - 1, name, g->text_len);
	size = handed_read(
	    path, out, (uint32_t)(arg[3] < g->value ? arg[3] : g->value));
	return status(
	    size < 0 || (uint64_t)size > g->value ? AZ_PEER_GONE : size);
}
