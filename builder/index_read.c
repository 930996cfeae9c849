#include "index_read.h"

#include <stdlib.h>
#include <string.h>

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

static void read_grants(
    const struct reader *r, struct az_run run, struct manifest_grants *out)
{
	out->mounts = make(r, run.count, sizeof(*out->mounts));
	out->reset_modules = make(r, run.count, sizeof(*out->reset_modules));
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
		case AZ_GRANT_DEVICE:
		case AZ_GRANT_LISTEN:
		case AZ_GRANT_CONNECT:
		case AZ_GRANT_SECRET:
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
