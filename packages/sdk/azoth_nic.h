/* azoth_nic: what the driver of a network card and a network stack share.
 *
 * The device's memory (`dma` in the manifest, window `dma` of both) holds this
 * struct at its start, then buffers of AZ_NIC_BUFFER bytes. The stack owns all
 * buffers: it gives one to the card, by a frame to send or a buffer to fill,
 * and has it back when an exchange lists it as sent or received; or by open,
 * which gives all of them back. The functions are nic.wit's.
 *
 * A frame to send leaves AZ_NIC_HEADROOM bytes before it in its buffer: they
 * are the driver's. Each end reads what the other has written once, and checks
 * it: the kernel keeps the card inside the device's memory whatever is there.
 */
#ifndef AZOTH_NIC_H
#define AZOTH_NIC_H

#include <stdint.h>

enum {
	AZ_NIC_BUFFER = 2048,
	AZ_NIC_HEADROOM = 32,
	AZ_NIC_BATCH = 64,   /* the most of each list in one exchange */
	AZ_NIC_LISTS = 8192, /* the first buffer: behind the struct */
};

enum az_nic_feature {
	AZ_NIC_SUMS_SENT = 1,     /* does what sum_start and sum_at ask for */
	AZ_NIC_SUMS_RECEIVED = 2, /* says AZ_NIC_SUM_GOOD */
};

enum az_nic_flag {
	AZ_NIC_SUM_GOOD = 1, /* received: its TCP or UDP checksum is right */
};

struct az_nic_frame {
	uint32_t at;     /* of its first byte, from the struct's start */
	uint16_t length; /* bytes; without the checksum of Ethernet */
	uint8_t flags;   /* enum az_nic_flag */
	uint8_t reserved;
	/* To send, unless 0: the sum of the bytes from sum_start on goes to
	 * sum_at, both from the frame's start. */
	uint16_t sum_start, sum_at;
};

struct az_nic {
	/* Written by the driver in open, and link in every exchange. */
	uint8_t mac[6];
	uint16_t mtu;      /* of what Ethernet carries, bytes */
	uint32_t features; /* enum az_nic_feature */
	uint32_t link;     /* 1: up */
	uint32_t send_max; /* frames and buffers that the card may hold */
	uint32_t fill_max;
	uint32_t reserved[10];

	/* Written by the driver in an exchange. */
	uint32_t received_count, sent_count;
	uint32_t more; /* 1: there is more already, exchange again */
	uint32_t reserved2[13];

	struct az_nic_frame received[AZ_NIC_BATCH];
	uint32_t sent[AZ_NIC_BATCH]; /* `at` of frames that are out */

	/* Written by the stack before an exchange. */
	struct az_nic_frame send[AZ_NIC_BATCH];
	uint32_t fill[AZ_NIC_BATCH]; /* where empty buffers begin */
};
_Static_assert(sizeof(struct az_nic) <= AZ_NIC_LISTS, "lists");

#endif
