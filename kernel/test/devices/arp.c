/* Asks who has 10.0.2.2, ROUNDS times, and hears the answer: by virtio-net,
 * or by an e1000. The smallest driver that is one. */
#include "../authority/trial.h"

#include <azoth_device.h>

enum { POOL = 65536, BUFFER = 2048, BUFFERS = 16, ROUNDS = 200 };
enum { RECEIVE, TRANSMIT };
enum { FRAME = 60, OUT = POOL - BUFFER };

#ifdef E1000
enum {
	CTRL,
	STATUS,
	ICR,
	IMS,
	IMC,
	RCTL,
	TCTL,
	RDBAL,
	RDBAH,
	RDLEN,
	RDH,
	RDT,
	TDBAL,
	TDBAH,
	TDLEN,
	TDH,
	TDT,
	MTA,
	RA,
};
enum { HEADER = 0, DEVICE_WRITES = 0 };
#else
enum { MAC };
enum { HEADER = 12, DEVICE_WRITES = AZ_DMA_DEVICE_WRITES };
#endif

AZ_WINDOW(dma, 65536);

static int32_t nic;
static uint8_t mac[6];
static int64_t wrong;

static uint8_t *pool(uint32_t offset)
{
	return az_window_dma + offset;
}

static void give(uint32_t buffer)
{
	struct az_dma part = { buffer * BUFFER, BUFFER, DEVICE_WRITES, buffer };

	wrong += az_dev_post(nic, RECEIVE, &part, 1) != 1;
}

#ifdef E1000
static void open(void)
{
	uint32_t low = (uint32_t)az_dev_read(nic, RA, 0);
	uint32_t high = (uint32_t)az_dev_read(nic, RA, 1);

	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)(i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
	wrong += az_dev_ring(nic, RECEIVE, 32) != 32;
	wrong += az_dev_ring(nic, TRANSMIT, 8) != 8;
	wrong += az_dev_start(nic) != 0;
	for (uint32_t i = 0; i < BUFFERS; i++)
		give(i);
	az_dev_write(nic, CTRL, 0, 1 << 6);           /* link up */
	az_dev_write(nic, RCTL, 0, 1 << 1 | 1 << 15); /* on, broadcasts */
	az_dev_write(nic, TCTL, 0, 1 << 1 | 1 << 3);  /* on, pad */
	az_dev_write(nic, IMS, 0, 1 << 7);
	/* Its buffers are always of 2 KiB. */
	struct az_dma small = { 0, BUFFER - 1, 0, 0 };
	wrong += az_dev_post(nic, RECEIVE, &small, 1) >= 0;
	wrong += az_dev_write(nic, RCTL, 0, 1 << 1 | 1 << 16) >= 0;
}

static void acknowledge(void)
{
	(void)az_dev_read(nic, ICR, 0);
}
#else
static void open(void)
{
	int64_t agreed = az_dev_features(nic, 1 << 5);

	wrong += agreed < 0 || (agreed & 1 << 5) == 0;
	for (uint32_t i = 0; i < 6; i++)
		mac[i] = (uint8_t)az_dev_read(nic, MAC, i);
	wrong += az_dev_ring(nic, RECEIVE, 64) < BUFFERS;
	wrong += az_dev_ring(nic, TRANSMIT, 64) < BUFFERS;
	wrong += az_dev_start(nic) != 0;
	for (uint32_t i = 0; i < BUFFERS; i++)
		give(i);
}

static void acknowledge(void)
{
}
#endif

static void ask(void)
{
	static const uint8_t request[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	static const uint8_t from[] = { 10, 0, 2, 15 }, to[] = { 10, 0, 2, 2 };
	struct az_dma part = { OUT, HEADER + FRAME, 0, 99 };
	struct az_dma_done done;
	uint8_t *at = pool(OUT);

	for (uint32_t i = 0; i < HEADER + FRAME; i++)
		at[i] = 0;
	at += HEADER;
	for (int i = 0; i < 6; i++) {
		at[i] = 0xff;
		at[6 + i] = at[22 + i] = mac[i];
	}
	for (uint32_t i = 0; i < sizeof(request); i++)
		at[12 + i] = request[i];
	for (int i = 0; i < 4; i++) {
		at[28 + i] = from[i];
		at[38 + i] = to[i];
	}
	wrong += az_dev_post(nic, TRANSMIT, &part, 1) != 1;
	while (az_dev_reap(nic, TRANSMIT, &done, 1) == 0)
		az_signal_wait(nic, MS);
	wrong += done.cookie != 99 || done.length != 0;
}

/* Whether the frame answers. */
static int is_answer(const uint8_t *at)
{
	return at[12] == 8 && at[13] == 6 && at[21] == 2 && at[28] == 10 &&
	       at[31] == 2;
}

void _start(void)
{
	int64_t answers = 0, waits = 0;
	struct az_dma_done done;

	nic = az_device("", 0);
	trial_say("device", nic > 0);
	open();
	trial_say("mac", mac[0] << 16 | mac[1] << 8 | mac[2]);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t before = answers;

		ask();
		while (answers == before && waits < 10 * ROUNDS) {
			int32_t n = az_dev_reap(nic, RECEIVE, &done, 1);

			wrong += n < 0;
			if (n <= 0) {
				acknowledge();
				if (az_dev_done(nic) == 0)
					az_signal_wait(nic, 100 * MS);
				waits++;
				continue;
			}
			wrong +=
			    done.length < HEADER + 42 || done.length > BUFFER;
			answers +=
			    is_answer(pool(done.cookie * BUFFER) + HEADER);
			give(done.cookie);
		}
	}
	trial_say("answers", answers);
	trial_say("wrong", wrong);
}
