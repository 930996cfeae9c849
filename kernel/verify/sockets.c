#include "verify/sockets.h"

#include "abi/index.h"
#include "abi/socket.h"
#include "base/mem.h"

enum { PROTOCOL_TEXT = 4, PORT_MAX = 65535 };

static bool is_power(uint32_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

bool sockets_shape(struct sockets_shape *out, const struct az_channel *c)
{
	*out = (struct sockets_shape){
		.sockets = c->queue,
		.arrivals = c->queue - c->queue / 4,
		.receive = c->record,
	};
	if (c->queue == 0 || c->queue > AZ_SOCKETS_MAX ||
	    c->record < AZ_SOCKET_BUFFER_MIN ||
	    c->record > AZ_SOCKET_BUFFER_MAX || !is_power(c->record))
		return false;
	for (out->send = AZ_SOCKET_BUFFER_MIN;
	     out->send <= AZ_SOCKET_BUFFER_MAX; out->send *= 2) {
		uint64_t buffers = (uint64_t)c->queue * (c->record + out->send);

		if (buffers > AZ_SHARED_MAX)
			return false;
		if (az_socket_layout(c->queue, c->record, out->send).size ==
		    c->size)
			return true;
	}
	return false;
}

/* The port that text ends with, after a colon, which is taken off. */
static bool cut_port(struct bundle_text *text, uint32_t *port)
{
	uint32_t at = text->len, value = 0;

	while (at > 0 && text->at[at - 1] != ':')
		at--;
	if (at == 0)
		return false;
	*port = 0;
	if (text->len - at == 3 && memcmp(text->at + at, "any", 3) == 0) {
		text->len = at - 1;
		return true;
	}
	for (uint32_t i = at; i < text->len; i++) {
		if (text->at[i] < '0' || text->at[i] > '9')
			return false;
		value = value * 10 + (uint32_t)(text->at[i] - '0');
		if (value > PORT_MAX)
			return false;
	}
	*port = value;
	text->len = at - 1;
	return value > 0;
}

bool sockets_place(struct sockets_place *out, struct bundle_text text)
{
	uint32_t at = PROTOCOL_TEXT;

	if (text.len < PROTOCOL_TEXT)
		return false;
	if (memcmp(text.at, "tcp/", PROTOCOL_TEXT) == 0)
		out->protocol = AZ_PROTOCOL_TCP;
	else if (memcmp(text.at, "udp/", PROTOCOL_TEXT) == 0)
		out->protocol = AZ_PROTOCOL_UDP;
	else
		return false;
	if (!cut_port(&text, &out->port))
		return false;
	while (at < text.len && text.at[at] != ':')
		at++;
	out->network =
	    (struct bundle_text){ text.at + PROTOCOL_TEXT, at - PROTOCOL_TEXT };
	out->host = (struct bundle_text){ text.at + at, 0 };
	if (at < text.len)
		out->host =
		    (struct bundle_text){ text.at + at + 1, text.len - at - 1 };
	return out->network.len > 0 && (at == text.len || out->host.len > 0) &&
	       (out->port > 0 || at < text.len);
}

static bool same(struct bundle_text a, struct bundle_text b)
{
	return a.len == b.len && memcmp(a.at, b.at, a.len) == 0;
}

bool sockets_allow(
    const struct sockets_place *grant, const struct sockets_place *place)
{
	bool any_host = same(grant->host, (struct bundle_text){ "any", 3 });

	return grant->protocol == place->protocol &&
	       same(grant->network, place->network) && place->host.len > 0 &&
	       place->port > 0 &&
	       (any_host || same(grant->host, place->host)) &&
	       (grant->port == 0 || grant->port == place->port);
}
