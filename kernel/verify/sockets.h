/* verify/sockets: what the signed index says of sockets: how many a channel
 * has, and the places that grants name. Builder and kernel use the same
 * source.
 *
 *	tcp/NETWORK:PORT	where a module listens
 *	tcp/NETWORK:HOST:PORT	where it may connect to; either may be `any`
 */
#ifndef AZ_VERIFY_SOCKETS_H
#define AZ_VERIFY_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "verify/bundle.h"

struct az_channel;

struct sockets_shape {
	uint32_t sockets, arrivals; /* the first ones: what comes in */
	uint32_t receive, send;     /* bytes of each one's buffers */
};

/* What the fields of a socket channel mean: queue sockets with receive buffers
 * of `record` bytes, and send buffers that fill its size. False: they do not
 * fit each other. */
bool sockets_shape(struct sockets_shape *out, const struct az_channel *c);

/* A place, split. */
struct sockets_place {
	uint32_t protocol; /* enum az_protocol */
	struct bundle_text network;
	struct bundle_text host; /* empty: to listen */
	uint32_t port;           /* 0: any */
};
/* False: it is none. */
bool sockets_place(struct sockets_place *out, struct bundle_text text);

/* Whether a grant of places allows one to connect to. */
bool sockets_allow(
    const struct sockets_place *grant, const struct sockets_place *place);

#endif
