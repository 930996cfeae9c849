#include "port_fake.h"

#include "../answer.h"
#include "../config.h"
#include "../port.h"
#include "../server.h"
#include "azoth_socket.h"
#include "handlers.h"

#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { LISTENER = 3, CLIENT = 64, IDLE_TURNS = 4, LONG_MS = 100000 };

struct fake fake = { .now = 1000 };
static bool progress; /* in this turn */

uint32_t port_listeners(int32_t fds[LISTENERS_MAX])
{
	fds[0] = LISTENER;
	return 1;
}

void port_ready(void)
{
}

int32_t port_accept(int32_t listener)
{
	if (listener != LISTENER || !fake.arrives)
		return PORT_AGAIN;
	fake.arrives = false;
	fake.open = true;
	fake.shut = false;
	return CLIENT;
}

int32_t port_read(int32_t fd, void *buffer, uint32_t size)
{
	if (fd != CLIENT || !fake.open)
		abort();
	if (fake.input_length == 0 && fake.resets)
		return PORT_BROKEN;
	if (fake.input_length == 0)
		return fake.ended ? 0 : PORT_AGAIN;
	if (size > fake.input_length)
		size = fake.input_length;
	if (size > fake.read_most)
		size = fake.read_most;
	/* A copy of its own, behind which there is nothing to be read. */
	memcpy(buffer, fake.input, size);
	fake.input += size;
	fake.input_length -= size;
	progress = true;
	return (int32_t)size;
}

/* What does not fit is not kept. */
static void keep_output(const char *bytes, uint32_t size)
{
	uint32_t room = FAKE_OUTPUT_MAX - fake.output_length;

	if (size > room)
		size = room;
	memcpy(fake.output + fake.output_length, bytes, size);
	fake.output_length += size;
}

int32_t port_write(int32_t fd, const struct iovec *v, uint32_t count)
{
	uint64_t behind = (uint64_t)fake.output_length + fake.write_most;
	uint32_t most = behind < FAKE_SLOW_MAX ? fake.write_most : UINT32_MAX;
	uint32_t done = 0;

	if (fd != CLIENT || !fake.open || fake.shut)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		uint32_t size = (uint32_t)v[i].iov_len;

		if (size > most - done)
			size = most - done;
		keep_output(v[i].iov_base, size);
		done += size;
	}
	progress |= done > 0;
	return (int32_t)done;
}

void port_shut(int32_t fd)
{
	fake.shut = true;
	(void)fd;
}

void port_close(int32_t fd)
{
	if (fd != CLIENT || !fake.open)
		abort();
	fake.open = false;
}

uint32_t port_events(struct az_socket_ready *list, uint32_t max, int64_t ns)
{
	(void)max;
	(void)ns;
	list[0].fd = fake.arrives ? LISTENER : CLIENT;
	list[0].events = fake.arrives ? AZ_SOCKET_ARRIVAL
				      : AZ_SOCKET_READABLE | AZ_SOCKET_WRITABLE;
	return 1;
}

uint64_t port_now(void)
{
	return fake.now;
}

void fake_begin(const char *root)
{
	config.root = root;
	config.connections = 4;
	answer_begin(handlers, HANDLERS);
	if (server_begin(1) != 0)
		abort();
}

void fake_send(const char *bytes, uint32_t length, uint32_t piece)
{
	fake.input = bytes;
	fake.input_length = length;
	fake.read_most = piece;
	fake.output_length = 0;
	fake.arrives = true;
	server_turn(0);
	for (uint32_t idle = 0; idle < IDLE_TURNS; idle++) {
		progress = false;
		fake.now += fake.turn_ms;
		server_turn(0);
		if (progress)
			idle = 0;
	}
	fake.output[fake.output_length] = 0;
}

void fake_end(void)
{
	fake.ended = true;
	fake.input_length = 0;
	fake.write_most = UINT32_MAX;
	for (uint32_t i = 0; i < 8 && fake.open; i++) {
		fake.now += LONG_MS;
		server_turn(0);
	}
	if (fake.open)
		abort();
	fake.ended = false;
}
