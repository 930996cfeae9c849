/* test_driver: what the kernel's door says of a device as device.yaml has it,
 * for tests and the fuzz target: whatever the builder accepts, it accepts.
 * Include it once a program.
 */
#ifndef AZ_TEST_DRIVER_H
#define AZ_TEST_DRIVER_H

#include "abi/index.h"
#include "driver.h"
#include "verify/records.h"

/* NULL: accepted; else why it is not. Ports are the manifest's to choose:
 * free ones take their place. */
static inline const char *door_refuses(const struct driver *d)
{
	struct az_peer end = { .rights = AZ_RIGHT_WRITE | AZ_RIGHT_READ };
	struct az_grant grant = { .kind = AZ_GRANT_DEVICE };
	struct az_module module = { .grants = { 0, 1 } };
	struct az_channel channel = { .type = AZ_CHANNEL_DEVICE,
		.peers = { 0, 1 },
		.size = d->device.engine != AZ_ENGINE_NONE ? 4096 : 0 };
	struct az_device device = d->device;
	struct bundle b = { .modules = &module,
		.grants = &grant,
		.channels = &channel,
		.peers = &end,
		.devices = &device,
		.regions = d->regions,
		.registers = d->registers,
		.rings = d->rings,
		.steps = d->reset,
		.module_count = 1,
		.grant_count = 1,
		.channel_count = 1,
		.peer_count = 1,
		.device_count = 1,
		.region_count = (uint32_t)d->region_count,
		.register_count = (uint32_t)d->register_count,
		.ring_count = (uint32_t)d->ring_count,
		.step_count = (uint32_t)d->reset_count };
	enum { FREE = 0x200, FREE_SIZE = 0x170 };
	uint32_t next = FREE;
	const char *why = NULL;

	for (size_t i = 0; i < d->region_count; i++) {
		if (d->regions[i].kind != AZ_REGION_PORTS)
			continue;
		if (d->regions[i].size > FREE + FREE_SIZE - next)
			return NULL; /* no place for it to be tried at */
		d->regions[i].number = next;
		next += d->regions[i].size;
	}
	device.regions = (struct az_run){ 0, b.region_count };
	device.registers = (struct az_run){ 0, b.register_count };
	device.rings = (struct az_run){ 0, b.ring_count };
	device.reset = (struct az_run){ 0, b.step_count };
	return devices_check(&b, &why) == AZ_REFUSE_NONE ? NULL : why;
}

#endif
