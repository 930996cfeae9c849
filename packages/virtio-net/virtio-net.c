/* virtio-net: the driver of virtio's network card (Virtual I/O Device
 * Version 1.2, 5.1), as a server of nic.wit.
 *
 * The kernel owns the queues and writes every address; this driver says which
 * buffers go where and reads what came back. */
#include "azoth_device.h"
#include "azoth_nic_driver.h"
#include "device.h"
#include "nic.server.h"

#include <string.h>

AZ_WINDOW(dma, 1048576);

enum { RECEIVE = 0, SEND = 1 }; /* queues: 5.1.2 */

/* 5.1.3 */
#define F_CSUM (UINT64_C(1) << 0)
#define F_GUEST_CSUM (UINT64_C(1) << 1)
#define F_MTU (UINT64_C(1) << 3)
#define F_MAC (UINT64_C(1) << 5)
#define F_STATUS (UINT64_C(1) << 16)

enum { S_LINK_UP = 1 };

/* 5.1.6: before each frame. */
struct header {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t header_length, gso_size;
	uint16_t sum_start, sum_offset;
	uint16_t buffers;
};
enum { HEADER = 12, NEEDS_SUM = 1, SUM_VALID = 2 };

static int32_t device = -1;
static uint32_t sending; /* frames that the card has */
static uint64_t features;

static struct az_nic *nic(void)
{
	return (struct az_nic *)AZ_WINDOW_AT(dma);
}

static uint32_t link_up(void)
{
	if (!(features & F_STATUS))
		return 1;
	return (az_dev_read(device, REG_STATUS, 0) & S_LINK_UP) != 0;
}

static void describe(struct az_nic *n)
{
	for (uint32_t i = 0; i < 6; i++)
		n->mac[i] = (uint8_t)az_dev_read(device, REG_MAC, (int32_t)i);
	n->mtu =
	    features & F_MTU ? (uint16_t)az_dev_read(device, REG_MTU, 0) : 1500;
	n->features = (features & F_CSUM ? AZ_NIC_SUMS_SENT : 0) |
		      (features & F_GUEST_CSUM ? AZ_NIC_SUMS_RECEIVED : 0);
	n->link = link_up();
}

int32_t nic_open(void)
{
	struct az_nic *n = nic();
	int32_t receive, send;
	int64_t accepted;

	device = az_device("", 0);
	sending = 0;
	if (device < 0)
		return device;
	accepted = az_dev_features(
	    device, F_CSUM | F_GUEST_CSUM | F_MTU | F_MAC | F_STATUS);
	if (accepted < 0)
		return (int32_t)accepted;
	features = (uint64_t)accepted;
	receive = az_dev_ring(device, RECEIVE, 256);
	send = az_dev_ring(device, SEND, 256);
	if (receive < 0 || send < 0)
		return receive < 0 ? receive : send;
	describe(n);
	n->fill_max = (uint32_t)receive;
	n->send_max = (uint32_t)send;
	return az_dev_start(device);
}

static int32_t post_sends(uint32_t count)
{
	struct az_dma list[AZ_NIC_BATCH];

	for (uint32_t i = 0; i < count; i++) {
		struct az_nic_frame f = nic()->send[i];
		struct header h = { 0 };

		if (f.at < HEADER || f.at > sizeof(AZ_WINDOW_AT(dma)))
			return AZ_BAD_ARGUMENT;
		if (f.sum_start != 0) {
			h.flags = NEEDS_SUM;
			h.sum_start = f.sum_start;
			h.sum_offset = (uint16_t)(f.sum_at - f.sum_start);
		}
		memcpy(AZ_WINDOW_AT(dma) + f.at - HEADER, &h, HEADER);
		list[i] = (struct az_dma){
			.offset = f.at - HEADER,
			.length = f.length + HEADER,
			.cookie = f.at,
		};
	}
	return az_dev_post(device, SEND, list, count);
}

static int32_t post_fills(uint32_t count)
{
	struct az_dma list[AZ_NIC_BATCH];

	for (uint32_t i = 0; i < count; i++)
		list[i] = (struct az_dma){
			.offset = nic()->fill[i],
			.length = AZ_NIC_BUFFER,
			.flags = AZ_DMA_DEVICE_WRITES,
			.cookie = nic()->fill[i],
		};
	return az_dev_post(device, RECEIVE, list, count);
}

/* Where a buffer came back without a frame, one of no bytes is listed. */
static void list_received(
    struct az_nic_frame *f, const struct az_dma_done *done)
{
	uint8_t flags = AZ_WINDOW_AT(dma)[done->cookie];

	*f = (struct az_nic_frame){ .at = done->cookie + HEADER };
	if (done->length > HEADER && done->length <= AZ_NIC_BUFFER)
		f->length = (uint16_t)(done->length - HEADER);
	if (features & F_GUEST_CSUM && flags & (SUM_VALID | NEEDS_SUM))
		f->flags = AZ_NIC_SUM_GOOD;
}

static void reap_received(void)
{
	struct az_dma_done done[AZ_NIC_BATCH];
	int32_t count = az_dev_reap(device, RECEIVE, done, AZ_NIC_BATCH);

	for (int32_t i = 0; i < count; i++)
		list_received(&nic()->received[i], &done[i]);
	nic()->received_count = count > 0 ? (uint32_t)count : 0;
	nic()->more =
	    count == AZ_NIC_BATCH || (count <= 0 && az_dev_done(device) > 0);
}

int32_t nic_exchange(uint32_t send, uint32_t fill)
{
	if (device < 0 || send > AZ_NIC_BATCH || fill > AZ_NIC_BATCH)
		return AZ_BAD_ARGUMENT;
	az_nic_list_sent(nic(), device, SEND, &sending);
	if ((fill > 0 && post_fills(fill) != (int32_t)fill) ||
	    (send > 0 && post_sends(send) != (int32_t)send))
		return AZ_BAD_ARGUMENT;
	sending += send;
	reap_received();
	/* A question to the device: when there is nothing else to do. */
	if (send == 0 && nic()->received_count == 0)
		nic()->link = link_up();
	return 0;
}
