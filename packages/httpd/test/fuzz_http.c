/* fuzz_http: the bytes of a connection, from its client: the first byte says
 * in which pieces they come and how much goes out at once, how the client ends,
 * and how fast time goes. Whatever comes, httpd answers or ends, and the connection is free
 * again afterwards. */
#include "port_fake.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const uint32_t most[] = { UINT32_MAX, 1, 7, 4096 };
	static const uint64_t paces[] = { 0, 60, 1000, 20000 };
	static bool begun;

	if (length == 0)
		return 0;
	if (!begun)
		fake_begin("out/httpd/small");
	begun = true;
	fake.ended = bytes[0] & 1;
	fake.resets = bytes[0] & 2;
	fake.write_most = most[bytes[0] >> 2 & 3];
	fake.turn_ms = paces[bytes[0] >> 6];
	fake_send((const char *)bytes + 1, (uint32_t)length - 1,
	    most[bytes[0] >> 4 & 3]);
	fake.resets = false;
	fake_end();
	return 0;
}
