/* peer: another host on the wire of the stack under test, and that stack's
 * lives, on the world of world.h. A life begins as its main does, and does
 * nothing but by life_turn; nothing of it stays for the next but what lies in
 * the card's memory.
 *
 * Memory: one of each, for ever. */
#ifndef NET_TEST_PEER_H
#define NET_TEST_PEER_H

#include "azoth_stack.h"
#include "world.h"

#include <stdbool.h>
#include <stdint.h>

enum { PEER_SENT_MAX = 64 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* --- The stack --------------------------------------------------------------
 */

/* The argument of its command line: a fixed address, one by DHCP. */
#define LIFE_FIXED "lan=10.0.2.15/24"
#define LIFE_LEASED "lan=dhcp"

/* What it shares with its client, which listens at one port, and has so many
 * sockets for what comes in. */
enum { LIFE_PORT = 80, LIFE_ARRIVALS = 3 };
extern uint8_t az_window_sockets[];
struct az_socket_layout life_layout(void);

/* Before each test: the machine starts. For cmocka. */
int life_set_up(void **state);

void life_begin(const char *network);
/* And its first turn. */
void life_start(const char *network);
/* It ends, and the next life begins. */
void life_begin_again(const char *network);
void life_restart(const char *network);

/* One turn; gives ms until there is more to do. */
uint32_t life_turn(bool interrupted);
/* So many ms, with a turn in each. */
void life_pass(uint64_t ms);

/* --- The peer --------------------------------------------------------------- */

struct peer_segment {
	uint16_t port; /* the peer's */
	uint8_t flags;
	uint32_t number, ack;
};

/* What it has seen of this life. */
struct peer {
	struct peer_segment sent[PEER_SENT_MAX];
	uint32_t sent_count;
	uint32_t pongs;    /* answers to pings; questions whom to send one */
	uint32_t tireless; /* so many answers to ARP are questions again */
	uint16_t window;   /* its own, from now on */
	uint8_t asked;     /* the type of the last message to a DHCP server */
};
extern struct peer peer;

/* A segment arrives, for the stack's next turn; and with that turn. */
void peer_put(uint16_t port, uint8_t flags, uint32_t number, uint32_t ack);
void peer_say(uint16_t port, uint8_t flags, uint32_t number, uint32_t ack);

/* How many segments with these flags were sent to a port. */
uint32_t peer_count(uint16_t port, uint8_t flags);

/* A connection by that port of the peer; what it acknowledges. */
uint32_t peer_open(uint16_t port);

/* Who has the stack's address? */
void peer_ask(void);

#endif
