/* wire: frames as a peer of the stack makes them: what the stack has sent last
 * is remembered, and put where an answer needs it.
 *
 * Invariant: nothing is read or written outside the frame given. */
#ifndef NET_TEST_WIRE_H
#define NET_TEST_WIRE_H

#include <stdint.h>

enum { WIRE_FLOWS = 8 };

enum wire_fix {
	WIRE_SUMS = 1,   /* lengths and checksums become right */
	WIRE_FOLLOW = 2, /* numbers are those of what the stack sent, plus
			  * what is there */
};

struct wire {
	struct flow {
		uint16_t stack_port, peer_port;
		uint32_t sequence, acknowledged; /* the stack's, next */
	} flows[WIRE_FLOWS];
	uint32_t next_flow;
	uint16_t dns_port, dns_id;
	uint32_t lease_id; /* xid of DHCP */
	uint32_t frames;   /* that the stack has sent */
};
extern struct wire wire;

/* The stack has sent that. */
void wire_note(const uint8_t *frame, uint32_t length);
void wire_fix(uint8_t *frame, uint32_t length, uint32_t fixes);

#endif
