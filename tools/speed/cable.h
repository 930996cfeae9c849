/* cable: the other end of a virtual machine's network cable: frames as QEMU's
 * -netdev stream has them, between a host 10.0.2.2, which is this program, and
 * the guest 10.0.2.15.
 *
 * Memory: static; one cable. When QEMU ends, so does the program. */
#ifndef SPEED_CABLE_H
#define SPEED_CABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

extern const uint8_t cable_own_ip[4], cable_guest_ip[4];

/* Wait at a socket of that name until QEMU connects; gives what to poll. */
int cable_plug_in(const char *name);

/* Ask for the guest's MAC address; whether it has been heard. */
void cable_ask(void);
bool cable_knows_guest(void);

/* Room for an IPv4 packet of so many bytes to the guest, all 0; it goes with
 * the next cable_flush. */
uint8_t *cable_packet(uint32_t length);
void cable_flush(void);

/* Read what has come: each IPv4 packet for this host, and all that its frame
 * has from there on. */
void cable_read(void (*take)(const uint8_t *ip, uint32_t length));

/* Numbers of frames, and the sum of the internet. */
uint16_t cable_get16(const uint8_t *at);
uint32_t cable_get32(const uint8_t *at);
void cable_put16(uint8_t *at, uint32_t value);
void cable_put32(uint8_t *at, uint32_t value);
uint64_t cable_sum(const uint8_t *at, size_t length, uint64_t so_far);
uint16_t cable_fold(uint64_t total);

#endif
