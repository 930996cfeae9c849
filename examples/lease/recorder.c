/* Records samples for as long as it may. */
#include <azoth.h>
#include <stdio.h>

enum { LISTEN_NS = 10000000 };

int main(void)
{
	int32_t sample = az_channel("sample", 6);
	int32_t part, count, samples = 0;

	/* A part of its own right, for a shorter time. */
	part = az_cap_derive(sample, AZ_RIGHT_READ, LISTEN_NS);
	printf("part: %s\n",
	    az_signal_wait(part, AZ_FOR_EVER) == AZ_PEER_REVOKED ? "over"
								 : "?");
	while ((count = az_signal_wait(sample, AZ_FOR_EVER)) > 0)
		samples += count;
	printf("samples: %s\n", samples > 0 ? "some" : "none");
	printf("then: %s\n", count == AZ_PEER_REVOKED ? "revoked" : "?");
	printf("again: %s\n", az_signal_wait(sample, 0) == AZ_BAD_HANDLE
				  ? "no such handle"
				  : "?");
	az_signal_raise(az_channel("done", 4));
	return 0;
}
