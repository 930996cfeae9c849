#include "host/port.h"

#include "abi/index.h"
#include "abi/rights.h"
#include "base/mem.h"
#include "host/state.h"
#include "ipc/channel.h"
#include "ipc/signal.h"
#include "load/window.h"
#include "mm/map.h"
#include "task/domain.h"
#include "verify/bundle.h"

static const struct bundle *bundle;
static struct port *ports; /* by AZ_TABLE_CHANNEL; NULL: there are none */

struct port *port_at(uint32_t channel)
{
	return &ports[channel];
}

void port_show(const struct port *p, uint32_t number)
{
	const struct socket *s = &p->sockets[number];
	struct az_socket_client *half = &port_socket(p, number)->client;

	half->sent = s->sent;
	half->taken = s->taken;
	half->want = s->want;
	__atomic_store_n(&half->round, s->round, __ATOMIC_RELEASE);
}

void port_publish(const struct port *p, uint32_t number)
{
	port_show(p, number);
	__atomic_store_n(
	    p->memory + p->at.stack_attention + number, 1, __ATOMIC_RELEASE);
	signal_post(p->channel->peers.first, 1);
}

static struct bundle_text grant_text(const struct az_grant *g)
{
	return bundle_text(
	    bundle, (struct az_text){ g->text_off, g->text_len });
}

/* The listeners of a channel, in the order of its client's grants. All sockets
 * are for what comes in where nobody may connect. */
static void find_listeners(
    struct port *p, const struct az_module *client, uint32_t channel)
{
	const struct az_grant *g = bundle->grants + client->grants.first;
	struct sockets_place place;
	bool connects = false;

	for (uint32_t i = 0; i < client->grants.count; i++, g++) {
		connects |= g->kind == AZ_GRANT_CONNECT && g->value == channel;
		if (g->kind == AZ_GRANT_LISTEN && g->value == channel &&
		    p->listener_count < AZ_LISTENERS_MAX &&
		    sockets_place(&place, grant_text(g)))
			p->listeners[p->listener_count++] =
			    (struct az_listener){
				    .protocol = (uint16_t)place.protocol,
				    .port = (uint16_t)place.port,
			    };
	}
	if (p->listener_count == 0)
		p->shape.arrivals = 0;
	else if (!connects)
		p->shape.arrivals = p->shape.sockets;
}

static void write_head(struct port *p)
{
	struct az_socket_head *head = (void *)p->memory;

	*head = (struct az_socket_head){
		.version = AZ_SOCKET_VERSION,
		.size = p->channel->size,
		.sockets = p->shape.sockets,
		.arrivals = p->shape.arrivals,
		.receive = p->shape.receive,
		.send = p->shape.send,
		.listener_count = p->listener_count,
	};
	memcpy(head->listeners, p->listeners, sizeof(head->listeners));
}

static az_err init_port(uint32_t channel)
{
	const struct az_channel *c = &bundle->channels[channel];
	uint32_t client = bundle->peers[c->peers.first + 1].module;
	struct port *p = &ports[channel];
	void *run;

	(void)sockets_shape(&p->shape, c); /* the door has seen it */
	TRY(map_alloc(&run, p->shape.sockets * sizeof(*p->sockets)));
	p->sockets = run;
	p->channel = c;
	p->memory = window_run(channel);
	p->at =
	    az_socket_layout(p->shape.sockets, p->shape.receive, p->shape.send);
	find_listeners(p, &bundle->modules[client], channel);
	write_head(p);
	return AZ_OK;
}

az_err port_init(const struct bundle *b)
{
	bundle = b;
	ports = NULL;
	for (uint32_t i = 0; i < b->channel_count; i++) {
		if (b->channels[i].type != AZ_CHANNEL_SOCKET)
			continue;
		if (ports == NULL)
			TRY(map_array(&ports, b->channel_count));
		TRY(init_port(i));
	}
	return AZ_OK;
}

static void abort_all(struct port *p, bool clear)
{
	for (uint32_t i = 0; i < p->shape.sockets; i++) {
		struct socket *s = &p->sockets[i];

		if (clear)
			memset(port_receive_buffer(p, i), 0,
			    p->shape.receive + p->shape.send);
		/* Datagrams of a listener are the next life's. */
		if (s->want == AZ_WANT_NONE ||
		    (i < p->listener_count && s->datagrams))
			continue;
		s->want = AZ_WANT_ABORT;
		port_publish(p, i);
		s->want = AZ_WANT_NONE;
	}
}

/* What a listener of UDP receives on is open from the start. */
static void open_datagrams(struct port *p)
{
	for (uint32_t i = 0; i < AZ_LISTENERS_MAX; i++) {
		if (p->listeners[i].protocol != AZ_PROTOCOL_UDP ||
		    p->sockets[i].datagrams)
			continue;
		p->sockets[i] = (struct socket){
			.round = __atomic_load_n(
			    &port_socket(p, i)->stack.round, __ATOMIC_ACQUIRE),
			.want = AZ_WANT_OPEN,
			.datagrams = true,
		};
		port_publish(p, i);
	}
}

/* A stack without memory of its own past: what it had is over. */
static void restart_port(struct port *p)
{
	memset(p->memory, 0, p->channel->size);
	write_head(p);
	for (uint32_t i = 0; i < p->shape.sockets; i++)
		port_socket(p, i)->stack.round = p->sockets[i].round + 1;
}

void port_renew(const struct domain *d, bool all)
{
	uint32_t count;
	const struct channel_end *e = channel_ends(d, &count);

	for (; ports != NULL && count > 0; count--, e++) {
		struct port *p = &ports[e->channel];

		if (p->channel == NULL)
			continue;
		if (p->channel->owner != d->id)
			abort_all(p, all);
		else if (all)
			restart_port(p);
	}
}

void port_begin(struct domain *d)
{
	struct port **link = &d->host->ports;
	uint32_t fd = SOCKET_FD, count;
	const struct channel_end *e = channel_ends(d, &count);

	for (; ports != NULL && count > 0; count--, e++) {
		struct port *p = &ports[e->channel];

		if (p->channel == NULL)
			continue;
		if (p->channel->owner == d->id) {
			((struct az_socket_head *)(void *)p->memory)->channel =
			    channel_number(d, e->channel);
			continue;
		}
		open_datagrams(p);
		p->fd = fd;
		fd += p->shape.sockets;
		*link = p;
		link = &p->next;
	}
	*link = NULL;
}

struct port *port_of_fd(const struct domain *d, uint64_t fd)
{
	for (struct port *p = d->host->ports; p != NULL; p = p->next)
		if (fd >= p->fd && fd - p->fd < p->shape.sockets)
			return p;
	return NULL;
}

struct port *port_find(
    const struct domain *d, const struct sockets_place *place)
{
	const struct az_grant *g = bundle->grants + d->module->grants.first;
	struct sockets_place granted;

	for (uint32_t i = 0; i < d->module->grants.count; i++, g++)
		if (g->kind == AZ_GRANT_CONNECT &&
		    sockets_place(&granted, grant_text(g)) &&
		    sockets_allow(&granted, place))
			return &ports[g->value];
	return NULL;
}
