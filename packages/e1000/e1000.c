/* e1000: the driver of Intel's 82540EM, as a server of nic.wit (PCI/PCI-X
 * Family of Gigabit Ethernet Controllers Software Developer's Manual, chapter
 * 13 for the registers). The kernel owns the rings of descriptors. */
#include "azoth_device.h"
#include "azoth_nic_driver.h"
#include "device.h"
#include "nic.server.h"

AZ_WINDOW(dma, 1048576);

enum { RECEIVE = 0, SEND = 1 };

enum {
	CTRL_FULL_DUPLEX = 1 << 0,
	CTRL_SPEED_DETECTED = 1 << 5,
	CTRL_LINK_UP = 1 << 6,
	STATUS_LINK_UP = 1 << 1,
	/* Causes of interrupts: link, few buffers left, overrun, timer. */
	CAUSES = 1 << 2 | 1 << 4 | 1 << 6 | 1 << 7,
	RCTL_ENABLE = 1 << 1,
	RCTL_MULTICAST_ALL = 1 << 4, /* what is not for us, lwIP drops */
	RCTL_BROADCAST = 1 << 15,
	RCTL_STRIP_CRC = 1 << 26,
	TCTL_ENABLE = 1 << 1,
	TCTL_PAD_SHORT = 1 << 3,
	TCTL_COLLISIONS = 15 << 4 | 64 << 12,
	/* Table 13-77: copper, IEEE 802.3. */
	TIPG_COPPER = 10 | 8 << 10 | 6 << 20,
	RECEIVE_END = 1 << 1, /* of the frame is in this descriptor */
};

static int32_t device = -1;
static uint32_t sending; /* frames that the card has */

static struct az_nic *nic(void)
{
	return (struct az_nic *)AZ_WINDOW_AT(dma);
}

static void put(int32_t number, uint32_t value)
{
	(void)az_dev_write(device, number, 0, value);
}

static uint32_t link_up(void)
{
	return (az_dev_read(device, REG_STATUS, 0) & STATUS_LINK_UP) != 0;
}

/* The card has read its address from its EEPROM by itself. */
static void describe(struct az_nic *n)
{
	uint64_t low = (uint64_t)az_dev_read(device, REG_RAL, 0);
	uint64_t mac = (uint64_t)az_dev_read(device, REG_RAH, 0) << 32 | low;

	for (int i = 0; i < 6; i++)
		n->mac[i] = (uint8_t)(mac >> 8 * i);
	n->mtu = 1500;
	n->features = 0;
	n->link = link_up();
}

/* A card that still receives as it should is left alone: device.yaml. */
static void enable(void)
{
	enum {
		RECEIVES = RCTL_ENABLE | RCTL_MULTICAST_ALL | RCTL_BROADCAST |
			   RCTL_STRIP_CRC,
	};

	put(REG_CTRL, CTRL_FULL_DUPLEX | CTRL_SPEED_DETECTED | CTRL_LINK_UP);
	put(REG_TIPG, TIPG_COPPER);
	if (az_dev_read(device, REG_RCTL, 0) != RECEIVES)
		put(REG_RCTL, RECEIVES);
	put(REG_TCTL, TCTL_ENABLE | TCTL_PAD_SHORT | TCTL_COLLISIONS);
	(void)az_dev_read(device, REG_ICR, 0); /* what was is over */
	put(REG_IMS, CAUSES);
}

int32_t nic_open(void)
{
	int32_t receive, send, status;

	device = az_device("", 0);
	sending = 0;
	if (device < 0)
		return device;
	status = (int32_t)az_dev_features(device, 0);
	if (status < 0)
		return status;
	receive = az_dev_ring(device, RECEIVE, 256);
	send = az_dev_ring(device, SEND, 256);
	if (receive < 0 || send < 0)
		return receive < 0 ? receive : send;
	describe(nic());
	nic()->fill_max = (uint32_t)receive - 1;
	nic()->send_max = (uint32_t)send - 1;
	status = az_dev_start(device);
	if (status >= 0)
		enable();
	return status < 0 ? status : 0;
}

static int32_t post(int32_t ring, uint32_t count)
{
	struct az_dma list[AZ_NIC_BATCH];

	for (uint32_t i = 0; i < count; i++) {
		struct az_nic_frame f = nic()->send[i];

		if (ring == RECEIVE)
			f = (struct az_nic_frame){
				.at = nic()->fill[i],
				.length = AZ_NIC_BUFFER,
			};
		list[i] = (struct az_dma){
			.offset = f.at,
			.length = f.length,
			.cookie = f.at,
		};
	}
	return az_dev_post(device, ring, list, count);
}

/* The cause register is cleared by reading it: before the line may interrupt
 * again. What came until then has no interrupt of its own: look again. */
static int32_t reap_last(struct az_dma_done *done)
{
	(void)az_dev_read(device, REG_ICR, 0);
	(void)az_dev_done(device);
	return az_dev_reap(device, RECEIVE, done, AZ_NIC_BATCH);
}

static void reap_received(void)
{
	struct az_dma_done done[AZ_NIC_BATCH];
	int32_t count = az_dev_reap(device, RECEIVE, done, AZ_NIC_BATCH);

	if (count <= 0)
		count = reap_last(done);
	for (int32_t i = 0; i < count; i++)
		nic()->received[i] = (struct az_nic_frame){
			.at = done[i].cookie,
			.length = done[i].status & RECEIVE_END
				      ? (uint16_t)done[i].length
				      : 0,
		};
	nic()->received_count = count > 0 ? (uint32_t)count : 0;
	nic()->more = count > 0;
}

int32_t nic_exchange(uint32_t send, uint32_t fill)
{
	if (device < 0 || send > AZ_NIC_BATCH || fill > AZ_NIC_BATCH)
		return AZ_BAD_ARGUMENT;
	az_nic_list_sent(nic(), device, SEND, &sending);
	if ((fill > 0 && post(RECEIVE, fill) != (int32_t)fill) ||
	    (send > 0 && post(SEND, send) != (int32_t)send))
		return AZ_BAD_ARGUMENT;
	sending += send;
	reap_received();
	if (send == 0 && nic()->received_count == 0)
		nic()->link = link_up();
	return 0;
}
