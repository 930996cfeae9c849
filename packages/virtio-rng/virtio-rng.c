/* virtio-rng: the driver of virtio's entropy source (Virtual I/O Device
 * Version 1.2, 5.4): true randomness for the kernel's generator, at start and
 * every ten minutes. */
#include "azoth_device.h"

#include <stdio.h>

AZ_WINDOW(dma, 4096);

enum {
	REQUESTS = 0,
	ENTRIES = 8,
	BYTES = 4096,
	FIRST = 3 * BYTES, /* what a CPU without randomness of its own needs */
};
#define PERIOD INT64_C(600000000000) /* ns */

/* Ask for bytes, and give the kernel what came: how many. */
static int32_t feed(int32_t device)
{
	struct az_dma want = { 0, BYTES, AZ_DMA_DEVICE_WRITES, 0 };
	struct az_dma_done done;
	int32_t status = az_dev_post(device, REQUESTS, &want, 1);

	while (status >= 0 && az_dev_reap(device, REQUESTS, &done, 1) == 0) {
		status = az_signal_wait(device, AZ_FOR_EVER);
		(void)az_dev_done(device);
	}
	if (status >= 0)
		status = az_random_mix(AZ_WINDOW_AT(dma), done.length);
	return status < 0 ? status : (int32_t)done.length;
}

int main(void)
{
	int32_t device = az_device("", 0);
	int32_t status = device, fed = 0;

	if (status >= 0)
		status = (int32_t)az_dev_features(device, 0);
	if (status >= 0)
		status = az_dev_ring(device, REQUESTS, ENTRIES);
	if (status >= 0)
		status = az_dev_start(device);
	while (status >= 0) {
		status = feed(device);
		if (status < 0 || (fed += status) < FIRST)
			continue;
		az_ready();
		fed = FIRST;
		(void)az_signal_any(PERIOD);
	}
	(void)fprintf(stderr, "the entropy device failed: %d\n", status);
	return 1;
}
