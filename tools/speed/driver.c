/* driver: packages/virtio-net with a card that is done with everything at once:
 * what the driver itself costs for frames sent and received, BATCH in an
 * exchange. Native programs and modules take the same source. */
#include "../../packages/virtio-net/virtio-net.c"
#include "speed.h"

enum { BATCH = 32, EXCHANGES = 2000, FRAME = 1024, RINGS = 2, BUFFER_0 = 8192 };

/* What is posted and not yet reaped. */
static struct ring {
	uint32_t count, cookies[AZ_NIC_BATCH];
} rings[RINGS];

int32_t az_device(const char *name, uint32_t length)
{
	(void)name, (void)length;
	return 1;
}

int64_t az_dev_read(int32_t handle, uint32_t reg, uint32_t index)
{
	(void)handle, (void)reg, (void)index;
	return S_LINK_UP;
}

int64_t az_dev_features(int32_t handle, uint64_t wanted)
{
	(void)handle;
	return (int64_t)wanted;
}

int32_t az_dev_ring(int32_t handle, uint32_t ring, uint32_t entries)
{
	(void)handle, (void)ring;
	return (int32_t)entries;
}

int32_t az_dev_start(int32_t handle)
{
	(void)handle;
	return 0;
}

int32_t az_dev_done(int32_t handle)
{
	(void)handle;
	return 0;
}

int32_t az_dev_post(
    int32_t handle, uint32_t ring, const struct az_dma *list, uint32_t count)
{
	struct ring *r = &rings[ring];

	(void)handle;
	for (uint32_t i = 0; i < count; i++)
		r->cookies[r->count++] = list[i].cookie;
	return (int32_t)count;
}

int32_t az_dev_reap(
    int32_t handle, uint32_t ring, struct az_dma_done *list, uint32_t count)
{
	struct ring *r = &rings[ring];

	(void)handle;
	if (count > r->count)
		count = r->count;
	for (uint32_t i = 0; i < count; i++)
		list[i] = (struct az_dma_done){ .cookie = r->cookies[i],
			.length = FRAME };
	r->count = 0;
	return (int32_t)count;
}

void speed_setup(void)
{
	(void)nic_open();
	for (uint32_t i = 0; i < BATCH; i++) {
		nic()->fill[i] = BUFFER_0 + i * AZ_NIC_BUFFER;
		nic()->send[i] = (struct az_nic_frame){
			.at = BUFFER_0 + (BATCH + i) * AZ_NIC_BUFFER +
			      AZ_NIC_HEADROOM,
			.length = FRAME,
			.sum_start = 34,
			.sum_at = 50,
		};
	}
}

uint32_t speed_round(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < EXCHANGES; i++) {
		if (nic_exchange(BATCH, BATCH) != 0)
			return 0;
		count += nic()->received_count + nic()->sent_count +
			 nic()->received[i % BATCH].length;
	}
	return count;
}
