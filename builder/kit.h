/* kit: what QEMU's machine has beside processor and memory, for one system:
 * the devices that its index names, and the secrets that it is given.
 *
 * The index is not trusted, and tells no more than what to plug in: a device
 * that is not known here, or is not there, is the guest's to report.
 * Memory: its own; the index may go.
 */
#ifndef BUILDER_KIT_H
#define BUILDER_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct bundle;

struct kit_device {
	const char *name; /* in the manifest, or made up */
	const char *qemu; /* what QEMU calls it */
	bool network;     /* it is a network card */
	uint32_t port;    /* of ISA: the first one, else 0 */
	uint32_t line;
};

struct kit_forward {
	const struct kit_device *card;
	uint16_t host, guest; /* ports of TCP */
	bool udp;             /* or of UDP */
};

struct kit_listener {
	uint16_t port;
	bool udp;
};

struct kit_secret {
	const char *name;
	uint64_t max;     /* bytes */
	const char *file; /* NULL: not given */
};

struct kit {
	struct arena *arena;
	struct kit_device *devices; /* in the order of their slots */
	size_t device_count;
	struct kit_forward *forwards;
	size_t forward_count;
	struct kit_listener *listeners; /* what the modules serve */
	size_t listener_count;
	struct kit_secret *secrets;
	size_t secret_count;
};

/* b may be NULL: no index could be read. kit_fini ends it. */
void kit_init(struct kit *k, const struct bundle *b);
void kit_fini(struct kit *k);

/* Add "HOST:GUEST" or "HOST:GUEST/udp", to the first network card or behind
 * "CARD:" to that one; or "NAME=FILE". Returns EXIT_DONE, or another code
 * after saying why. */
int kit_forward(struct kit *k, const char *text);
int kit_secret(struct kit *k, const char *text);

/* Call add with each of QEMU's options and its value, which lives as long as
 * the kit. */
void kit_options(const struct kit *k,
    void (*add)(void *to, const char *option, const char *value), void *to);

#endif
