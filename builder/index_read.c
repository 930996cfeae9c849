#include "index_read.h"

#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "manifest.h"
#include "mem.h"
#include "verify/bundle.h"

struct reader {
	const struct bundle *b;
	struct manifest *m;
};

static void *make(const struct reader *r, size_t count, size_t size)
{
	return arena_alloc(r->m->arena, (count + 1) * size);
}

static const char *read_text(const struct reader *r, struct az_text t)
{
	struct bundle_text text = bundle_text(r->b, t);

	return arena_strndup(r->m->arena, text.at, text.len);
}

static void read_mount(const struct reader *r, const struct az_grant *g,
    struct manifest_grants *out)
{
	struct manifest_mount *mount = &out->mounts[out->mount_count++];
	struct az_text path = { g->text_off, g->text_len };

	mount->files_index = g->value;
	mount->files.text = r->m->files[g->value].name.text;
	mount->path.text = read_text(r, path);
}

static void read_place(const struct reader *r, const struct az_grant *g,
    struct manifest_place *out)
{
	out->text.text =
	    read_text(r, (struct az_text){ g->text_off, g->text_len });
	out->channel_index = g->value;
}

/* Secrets have no table of their own: one for each name. */
static size_t read_secret(const struct reader *r, const struct az_grant *g)
{
	struct manifest *m = r->m;
	const char *name =
	    read_text(r, (struct az_text){ g->text_off, g->text_len });

	for (size_t i = 0; i < m->secret_count; i++)
		if (strcmp(m->secrets[i].name.text, name) == 0)
			return i;
	m->secrets = arena_push(
	    m->arena, m->secrets, &m->secret_count, sizeof(*m->secrets));
	m->secrets[m->secret_count - 1] =
	    (struct manifest_secret){ .name.text = name, .max = g->value };
	return m->secret_count - 1;
}

static void read_grants(
    const struct reader *r, struct az_run run, struct manifest_grants *out)
{
	out->mounts = make(r, run.count, sizeof(*out->mounts));
	out->reset_modules = make(r, run.count, sizeof(*out->reset_modules));
	out->held = make(r, run.count, sizeof(*out->held));
	out->listens = make(r, run.count, sizeof(*out->listens));
	out->connects = make(r, run.count, sizeof(*out->connects));
	out->secrets = make(r, run.count, sizeof(*out->secrets));
	for (uint32_t i = 0; i < run.count; i++) {
		const struct az_grant *g = &r->b->grants[run.first + i];

		switch ((enum az_grant_kind)g->kind) {
		case AZ_GRANT_LOG:
			out->log = (uint32_t)g->value;
			break;
		case AZ_GRANT_CLOCK:
			out->clock = g->value;
			break;
		case AZ_GRANT_RANDOM:
			out->random = true;
			break;
		case AZ_GRANT_FILES:
			read_mount(r, g, out);
			break;
		case AZ_GRANT_POWER:
			out->power = (uint32_t)g->value;
			break;
		case AZ_GRANT_RESET:
			out->reset_modules[out->reset_count++] = g->value;
			break;
		case AZ_GRANT_LISTEN:
			read_place(r, g, &out->listens[out->listen_count++]);
			break;
		case AZ_GRANT_CONNECT:
			read_place(r, g, &out->connects[out->connect_count++]);
			break;
		case AZ_GRANT_SECRET:
			out->secrets[out->secret_count++] = read_secret(r, g);
			break;
		case AZ_GRANT_DEVICE:
			out->held[out->held_count++].device_index = g->value;
			break;
		case AZ_GRANT_OBSERVE:
			out->observe = true;
			break;
		case AZ_GRANT_KINDS:
			break;
		}
	}
}

static struct manifest_string *read_strings(
    const struct reader *r, uint32_t first, size_t count)
{
	struct manifest_string *out = make(r, count, sizeof(*out));

	for (size_t i = 0; i < count; i++)
		out[i].text = read_text(r, r->b->strings[first + i]);
	return out;
}

static void read_module(const struct reader *r, uint32_t i)
{
	const struct az_module *in = &r->b->modules[i];
	struct manifest_module *out = &r->m->modules[i];
	size_t args = in->args.count > 0 ? in->args.count - 1 : 0;

	*out = (struct manifest_module){ .stdin_kind = in->stdin_kind,
		.memory = in->memory,
		.stack = in->stack,
		.cpu_budget = in->cpu_budget,
		.cpu_period = in->cpu_period,
		.deadline = in->deadline,
		.watchdog = in->watchdog * UINT64_C(1000000),
		.expect = in->expect,
		.expect_code = in->expect_code,
		.restart = in->restart,
		.ready = in->ready,
		.priority = in->priority,
		.state = in->state,
		.arg_count = args,
		.env_count = in->env.count };
	out->name.text = read_text(r, in->name);
	out->version.text = read_text(r, in->version);
	out->args = read_strings(r, in->args.first + 1, args);
	out->env = read_strings(r, in->env.first, in->env.count);
	read_grants(r, in->grants, &out->grants);
}

static struct manifest_end read_end(
    const struct reader *r, const struct az_peer *peer)
{
	struct manifest_end end = { .module_index = peer->module,
		.lease = peer->lease };

	end.module.text = r->m->modules[peer->module].name.text;
	return end;
}

static void read_methods(
    const struct reader *r, struct az_run run, struct manifest_channel *out)
{
	out->method_count = run.count;
	out->methods = make(r, run.count, sizeof(*out->methods));
	for (uint32_t i = 0; i < run.count; i++) {
		const struct az_method *in = &r->b->methods[run.first + i];
		struct manifest_method *method = &out->methods[i];

		method->name.text = read_text(r, in->name);
		method->type = read_text(r, in->type);
		method->status = in->flags & AZ_METHOD_STATUS;
		method->idempotent = in->flags & AZ_METHOD_IDEMPOTENT;
		method->copy_count = in->copy_count;
		memcpy(method->copies, in->copies, sizeof(in->copies));
	}
}

static void read_channel(const struct reader *r, uint32_t i)
{
	const struct az_channel *in = &r->b->channels[i];
	const struct az_peer *peers = r->b->peers + in->peers.first;
	struct manifest_channel *out = &r->m->channels[i];

	*out = (struct manifest_channel){ .type = in->type,
		.timeout = in->timeout,
		.on_failure = in->flags & (AZ_CHANNEL_RETRY | AZ_CHANNEL_TRAP),
		.queue = in->queue,
		.size = in->size,
		.record = in->record,
		.keep = in->flags & AZ_CHANNEL_KEEP,
		.exclusive = in->flags & AZ_CHANNEL_EXCLUSIVE,
		.peer_count = in->peers.count - 1 };
	out->name.text = read_text(r, in->name);
	out->owner = read_end(r, &peers[0]);
	out->peers = make(r, in->peers.count, sizeof(*out->peers));
	for (uint32_t n = 1; n < in->peers.count; n++)
		out->peers[n - 1] = read_end(r, &peers[n]);
	read_methods(r, in->methods, out);
}

/* The network of a socket channel, NETWORK.MODULE. */
static size_t read_network(
    const struct reader *r, const struct manifest_channel *c)
{
	struct manifest *m = r->m;
	const char *name =
	    arena_strndup(m->arena, c->name.text, strcspn(c->name.text, "."));

	for (size_t i = 0; i < m->network_count; i++)
		if (strcmp(m->networks[i].name.text, name) == 0)
			return i;
	m->networks = arena_push(
	    m->arena, m->networks, &m->network_count, sizeof(*m->networks));
	m->networks[m->network_count - 1] =
	    (struct manifest_network){ .name.text = name, .stack = c->owner };
	return m->network_count - 1;
}

static void *copy_run(
    const struct reader *r, const void *table, struct az_run run, size_t size)
{
	void *out = make(r, run.count, size);

	if (run.count > 0)
		memcpy(out, (const char *)table + run.first * size,
		    run.count * size);
	return out;
}

static void read_device(const struct reader *r, uint32_t i)
{
	const struct bundle *b = r->b;
	const struct az_device *in = &b->devices[i];
	struct manifest_device *out = &r->m->devices[i];
	struct manifest_channel *c = &r->m->channels[in->channel];
	struct driver *d = make(r, 0, sizeof(*d));

	*d = (struct driver){ .device = *in,
		.region_count = in->regions.count,
		.register_count = in->registers.count,
		.ring_count = in->rings.count,
		.reset_count = in->reset.count };
	d->regions = copy_run(r, b->regions, in->regions, sizeof(*d->regions));
	d->registers =
	    copy_run(r, b->registers, in->registers, sizeof(*d->registers));
	d->rings = copy_run(r, b->rings, in->rings, sizeof(*d->rings));
	d->reset = copy_run(r, b->steps, in->reset, sizeof(*d->reset));
	*out = (struct manifest_device){ .name = c->name,
		.line = in->line,
		.nth = in->nth,
		.pool = c->size,
		.shares = c->peers,
		.share_count = c->peer_count,
		.owner = c->owner.module_index,
		.lease = c->owner.lease,
		.channel_index = in->channel,
		.driver = d };
	c->subject = i;
}

/* What is a channel in the index alone. */
static void read_outside(const struct reader *r)
{
	struct manifest *m = r->m;

	for (size_t i = 0; i < m->channel_count; i++)
		if (m->channels[i].type == AZ_CHANNEL_SOCKET)
			m->channels[i].subject =
			    read_network(r, &m->channels[i]);
	m->device_count = r->b->device_count;
	m->devices = make(r, m->device_count, sizeof(*m->devices));
	for (uint32_t i = 0; i < m->device_count; i++)
		read_device(r, i);
	for (size_t i = 0; i < m->module_count; i++) {
		struct manifest_grants *g = &m->modules[i].grants;

		for (size_t k = 0; k < g->held_count; k++)
			g->held[k].device =
			    m->devices[g->held[k].device_index].name;
	}
}

static void read_node(const struct reader *r, uint32_t i)
{
	const struct az_node *in = &r->b->nodes[i];
	struct manifest_node *out = &r->m->nodes[i];

	*out = (struct manifest_node){ .parent = in->parent,
		.group = in->kind == AZ_NODE_GROUP,
		.module_index = in->module,
		.strategy = in->strategy,
		.intensity = in->intensity,
		.period = in->period,
		.backoff_min = in->backoff_min,
		.backoff_max = in->backoff_max,
		.escalate = in->escalate };
	if (out->group)
		out->name.text = read_text(r, in->name);
	else
		out->name.text = r->m->modules[in->module].name.text;
}

static int compare_modules(const void *left, const void *right)
{
	const struct manifest_module *const *a = left, *const *b = right;

	return strcmp((*a)->name.text, (*b)->name.text);
}

static void read_tables(const struct reader *r)
{
	const struct bundle *b = r->b;
	struct manifest *m = r->m;

	m->file_count = b->fileset_count;
	m->files = make(r, b->fileset_count, sizeof(*m->files));
	for (uint32_t i = 0; i < b->fileset_count; i++)
		m->files[i].name.text = read_text(r, b->filesets[i].name);
	m->module_count = b->module_count;
	m->modules = make(r, b->module_count, sizeof(*m->modules));
	m->by_name = make(r, b->module_count, sizeof(*m->by_name));
	for (uint32_t i = 0; i < b->module_count; i++) {
		read_module(r, i);
		m->by_name[i] = &m->modules[i];
	}
	qsort(
	    m->by_name, m->module_count, sizeof(*m->by_name), compare_modules);
	m->channel_count = b->channel_count;
	m->channels = make(r, b->channel_count, sizeof(*m->channels));
	for (uint32_t i = 0; i < b->channel_count; i++)
		read_channel(r, i);
	read_outside(r);
	m->node_count = b->node_count;
	m->nodes = make(r, b->node_count, sizeof(*m->nodes));
	for (uint32_t i = 0; i < b->node_count; i++)
		read_node(r, i);
}

struct manifest *index_read(const struct bundle *b)
{
	struct arena *arena = arena_new();
	struct manifest *m = arena_alloc(arena, sizeof(*m));
	struct reader r = { b, m };

	m->arena = arena;
	m->path = m->dir = "";
	m->name.text = read_text(&r, b->system->name);
	m->version.text = read_text(&r, b->system->version);
	m->memory = b->system->memory;
	m->rollback = b->system->serial;
	m->channels_known = true;
	read_tables(&r);
	/* The default tree restarts nothing. */
	m->supervised = m->node_count > 0 && m->nodes[0].intensity > 0;
	return m;
}
