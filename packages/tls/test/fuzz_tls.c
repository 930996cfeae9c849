/* fuzz_tls: what becomes of connections when peer, client and wire behave as
 * the input says: each byte is something that one of them does. Whatever it
 * is, the bytes that arrive are those that were sent, and at the end nothing
 * is left. */
#include "fake.h"

#include "azoth_stack.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void on_wire(uint32_t how)
{
	static const uint32_t most[] = { UINT32_MAX, 1, 5, 100 };
	struct fake_queue *q = &fake.to_server;

	if (how < 4)
		fake.most = most[how];
	else if (how < 8 && q->from != q->to)
		q->bytes[q->from % FAKE_QUEUE] ^= (uint8_t)(1u << how);
	else if (how == 8)
		fake.ended = true;
	else if (how == 9)
		fake.ended = fake.broken = true;
	else
		fake.now += how * 1000;
}

static void act(uint8_t byte)
{
	uint32_t how = byte >> 3;

	switch (byte & 7) {
	case 0:
		fake_peer_send(how * how * 20);
		break;
	case 1:
		fake_client_send(how * 40);
		break;
	case 2:
		fake_client_take(how * 40);
		break;
	case 3:
		fake_accept();
		break;
	case 4:
		on_wire(how & 15);
		break;
	case 5:
		fake_connect();
		break;
	case 6:
		if (how < 16)
			fake_peer_close();
		else
			fake_client_want(AZ_WANT_SHUT + how % 3);
		break;
	default:
		for (uint32_t i = 0; i <= how; i++)
			fake_turn();
	}
	fake_turn();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static bool begun;

	if (!begun)
		fake_begin();
	begun = true;
	fake.most = UINT32_MAX;
	fake_connect();
	for (size_t i = 0; i < length; i++)
		act(bytes[i]);
	fake_end();
	return 0;
}
