/* azoth_nic_driver: what drivers of network cards have in common, beside
 * azoth_nic.h. The cookie of each frame that a driver posts is its `at`. */
#ifndef AZOTH_NIC_DRIVER_H
#define AZOTH_NIC_DRIVER_H

#include "azoth_device.h"
#include "azoth_nic.h"

/* List the frames that the card is done with; *sending: how many it has. A card
 * that has none is not asked. */
static inline void az_nic_list_sent(
    struct az_nic *n, int32_t device, uint32_t ring, uint32_t *sending)
{
	struct az_dma_done done[AZ_NIC_BATCH];
	int32_t count;

	n->sent_count = 0;
	if (*sending == 0)
		return;
	count = az_dev_reap(device, ring, done, AZ_NIC_BATCH);
	if (count <= 0)
		return;
	*sending -= (uint32_t)count;
	n->sent_count = (uint32_t)count;
	for (int32_t i = 0; i < count; i++)
		n->sent[i] = done[i].cookie;
}

#endif
