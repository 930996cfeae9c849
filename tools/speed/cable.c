/* cable: cable.h. */
#include "cable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	BUFFER = 1 << 20,
	LENGTH = 4, /* before each frame */
	ETHERNET = 14,
	IP = 20,
	ARP_FRAME = 60,
	TYPE_IP = 0x800,
	TYPE_ARP = 0x806,
	ASK = 1,
	ANSWER = 2,
};

const uint8_t cable_own_ip[4] = { 10, 0, 2, 2 };
const uint8_t cable_guest_ip[4] = { 10, 0, 2, 15 };
static const uint8_t own_mac[6] = { 0x52, 0x55, 10, 0, 2, 2 };
static uint8_t guest_mac[6];
static bool knows_guest;

static int cable;
static uint8_t out[BUFFER];
static size_t out_length;

uint16_t cable_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t cable_get32(const uint8_t *at)
{
	return (uint32_t)cable_get16(at) << 16 | cable_get16(at + 2);
}

void cable_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void cable_put32(uint8_t *at, uint32_t value)
{
	cable_put16(at, value >> 16);
	cable_put16(at + 2, value);
}

uint64_t cable_sum(const uint8_t *at, size_t length, uint64_t so_far)
{
	for (; length >= 2; at += 2, length -= 2)
		so_far += cable_get16(at);
	return so_far + (length == 1 ? (uint64_t)at[0] << 8 : 0);
}

uint16_t cable_fold(uint64_t total)
{
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

int cable_plug_in(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	(void)unlink(name);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 1) != 0) {
		perror(name);
		exit(1);
	}
	printf("ready\n");
	(void)fflush(stdout);
	cable = accept(listener, NULL, NULL);
	return cable;
}

void cable_flush(void)
{
	for (size_t done = 0; done < out_length;) {
		ssize_t n = write(cable, out + done, out_length - done);

		if (n <= 0)
			exit(1);
		done += (size_t)n;
	}
	out_length = 0;
}

/* What follows the head of Ethernet in a frame of so many bytes. */
static uint8_t *frame(uint32_t length, uint32_t type)
{
	uint8_t *at;

	if (sizeof(out) - out_length < length + LENGTH)
		cable_flush();
	at = out + out_length;
	cable_put32(at, length);
	out_length += length + LENGTH;
	at += LENGTH;
	memset(at, 0, length);
	memset(at, 0xff, 6);
	if (knows_guest)
		memcpy(at, guest_mac, 6);
	memcpy(at + 6, own_mac, 6);
	cable_put16(at + 12, type);
	return at + ETHERNET;
}

uint8_t *cable_packet(uint32_t length)
{
	return frame(ETHERNET + length, TYPE_IP);
}

static void send_arp(uint32_t operation)
{
	static const uint8_t head[6] = { 0, 1, 8, 0, 6, 4 };
	uint8_t *arp = frame(ARP_FRAME, TYPE_ARP);

	memcpy(arp, head, sizeof(head));
	cable_put16(arp + 6, operation);
	memcpy(arp + 8, own_mac, 6);
	memcpy(arp + 14, cable_own_ip, 4);
	memcpy(arp + 18, guest_mac, 6);
	memcpy(arp + 24, cable_guest_ip, 4);
}

void cable_ask(void)
{
	send_arp(ASK);
}

bool cable_knows_guest(void)
{
	return knows_guest;
}

static void on_arp(const uint8_t *frame, const uint8_t *arp)
{
	memcpy(guest_mac, frame + 6, 6);
	knows_guest = memcmp(arp + 14, cable_guest_ip, 4) == 0;
	if (arp[7] == ASK && memcmp(arp + 24, cable_own_ip, 4) == 0)
		send_arp(ANSWER);
}

static void on_frame(const uint8_t *at, uint32_t length,
    void (*take)(const uint8_t *ip, uint32_t length))
{
	const uint8_t *inside = at + ETHERNET;

	if (length < ETHERNET + IP)
		return;
	if (cable_get16(at + 12) == TYPE_ARP)
		on_arp(at, inside);
	else if (cable_get16(at + 12) == TYPE_IP &&
		 memcmp(inside + 16, cable_own_ip, 4) == 0)
		take(inside, length - ETHERNET);
}

void cable_read(void (*take)(const uint8_t *ip, uint32_t length))
{
	static uint8_t in[BUFFER];
	static size_t have;
	ssize_t got = read(cable, in + have, sizeof(in) - have);
	size_t at = 0;

	if (got <= 0)
		exit(0);
	have += (size_t)got;
	while (
	    have - at >= LENGTH && have - at - LENGTH >= cable_get32(in + at)) {
		on_frame(in + at + LENGTH, cable_get32(in + at), take);
		at += LENGTH + cable_get32(in + at);
	}
	memmove(in, in + at, have - at);
	have -= at;
}
