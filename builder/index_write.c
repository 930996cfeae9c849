#include "index_write.h"

#include <stdlib.h>
#include <string.h>

#include "abi/device.h"
#include "abi/image.h"
#include "abi/rights.h"
#include "blob.h"
#include "driver.h"
#include "files.h"
#include "manifest.h"

enum { TABLE_ALIGN = 8 };

static const uint32_t record_size[AZ_TABLE_KINDS] = {
	[AZ_TABLE_SYSTEM] = sizeof(struct az_system),
	[AZ_TABLE_BLOB] = sizeof(struct az_blob),
	[AZ_TABLE_MODULE] = sizeof(struct az_module),
	[AZ_TABLE_STRING] = sizeof(struct az_text),
	[AZ_TABLE_GRANT] = sizeof(struct az_grant),
	[AZ_TABLE_FILESET] = sizeof(struct az_fileset),
	[AZ_TABLE_FILE] = sizeof(struct az_file),
	[AZ_TABLE_TEXT] = 1,
	[AZ_TABLE_CHANNEL] = sizeof(struct az_channel),
	[AZ_TABLE_PEER] = sizeof(struct az_peer),
	[AZ_TABLE_METHOD] = sizeof(struct az_method),
	[AZ_TABLE_NODE] = sizeof(struct az_node),
	[AZ_TABLE_DEVICE] = sizeof(struct az_device),
	[AZ_TABLE_REGION] = sizeof(struct az_region),
	[AZ_TABLE_REGISTER] = sizeof(struct az_register),
	[AZ_TABLE_RING] = sizeof(struct az_ring),
	[AZ_TABLE_STEP] = sizeof(struct az_step),
};

struct writer {
	const struct system_parts *parts;
	struct buf tables[AZ_TABLE_KINDS];
	struct blob_list blobs;
};

static void put(struct writer *w, enum az_table_kind kind, const void *record)
{
	buf_add(&w->tables[kind], record, record_size[kind]);
}

static uint32_t count_of(const struct writer *w, enum az_table_kind kind)
{
	return (uint32_t)(w->tables[kind].len / record_size[kind]);
}

static struct az_text put_text(struct writer *w, const char *text)
{
	struct buf *all = &w->tables[AZ_TABLE_TEXT];
	struct az_text t = { 0, 0 };

	/* What is empty has one form: the checks insist on it. */
	if (text == NULL || *text == '\0')
		return t;
	t.off = (uint32_t)all->len;
	t.len = (uint32_t)strlen(text);
	buf_add(all, text, t.len);
	return t;
}

static bool blob_equal(const struct blob *a, const struct blob *b)
{
	return a->raw_size == b->raw_size && a->codec == b->codec &&
	       memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0;
}

static uint32_t put_blob(struct writer *w, const struct blob *blob)
{
	struct blob_list *list = &w->blobs;
	struct az_blob record = { .stored_size = blob->stored.len,
		.raw_size = blob->raw_size,
		.codec = blob->codec };

	for (size_t i = 0; i < list->count; i++)
		if (blob_equal(list->at[i], blob))
			return (uint32_t)i;
	memcpy(record.sha256, blob->sha256, sizeof(record.sha256));
	put(w, AZ_TABLE_BLOB, &record);
	list->at = xrealloc(list->at, (list->count + 1) * sizeof(*list->at));
	list->at[list->count] = blob;
	return (uint32_t)list->count++;
}

/* The number of a device: they stand in the order of their channels, which
 * is the manifest's. */
static size_t device_order(const struct manifest *m, size_t device)
{
	size_t before = 0;

	for (size_t i = 0; i < m->device_count; i++)
		before += m->devices[i].owner != SIZE_MAX &&
			  m->devices[i].channel_index <
			      m->devices[device].channel_index;
	return before;
}

static void put_grant(
    struct writer *w, uint32_t kind, uint64_t value, const char *text)
{
	struct az_text t = put_text(w, text);
	struct az_grant grant = { .kind = kind,
		.value = value,
		.text_off = t.off,
		.text_len = t.len };

	put(w, AZ_TABLE_GRANT, &grant);
}

/* Of devices, networks and secrets. */
static void put_more_grants(struct writer *w, const struct manifest_grants *g)
{
	const struct manifest *m = w->parts->manifest;

	for (size_t i = 0; i < g->held_count; i++)
		put_grant(w, AZ_GRANT_DEVICE,
		    device_order(m, g->held[i].device_index), NULL);
	for (size_t i = 0; i < g->listen_count; i++)
		put_grant(w, AZ_GRANT_LISTEN, g->listens[i].channel_index,
		    g->listens[i].text.text);
	for (size_t i = 0; i < g->connect_count; i++)
		put_grant(w, AZ_GRANT_CONNECT, g->connects[i].channel_index,
		    g->connects[i].text.text);
	for (size_t i = 0; i < g->secret_count; i++) {
		const struct manifest_secret *s = &m->secrets[g->secrets[i]];

		put_grant(w, AZ_GRANT_SECRET, s->max, s->name.text);
	}
	if (g->observe)
		put_grant(w, AZ_GRANT_OBSERVE, 0, NULL);
}

/* Grants in the order of their kinds; mounts in the order of the manifest. */
static struct az_run put_grants(
    struct writer *w, const struct manifest_grants *grants)
{
	struct az_run run = { count_of(w, AZ_TABLE_GRANT), 0 };

	if (grants->log != 0)
		put_grant(w, AZ_GRANT_LOG, grants->log, NULL);
	if (grants->clock != 0)
		put_grant(w, AZ_GRANT_CLOCK, grants->clock, NULL);
	if (grants->random)
		put_grant(w, AZ_GRANT_RANDOM, 0, NULL);
	for (size_t i = 0; i < grants->mount_count; i++)
		put_grant(w, AZ_GRANT_FILES, grants->mounts[i].files_index,
		    grants->mounts[i].path.text);
	if (grants->power != 0)
		put_grant(w, AZ_GRANT_POWER, grants->power, NULL);
	for (size_t i = 0; i < grants->reset_count; i++)
		put_grant(w, AZ_GRANT_RESET, grants->reset_modules[i], NULL);
	put_more_grants(w, grants);
	run.count = count_of(w, AZ_TABLE_GRANT) - run.first;
	return run;
}

static void put_string(struct writer *w, const char *text)
{
	struct az_text t = put_text(w, text);

	put(w, AZ_TABLE_STRING, &t);
}

static struct az_run put_args(struct writer *w, const struct manifest_module *m)
{
	struct az_run run = { count_of(w, AZ_TABLE_STRING), 0 };

	put_string(w, m->name.text);
	for (size_t i = 0; i < m->arg_count; i++)
		put_string(w, m->args[i].text);
	run.count = count_of(w, AZ_TABLE_STRING) - run.first;
	return run;
}

static struct az_run put_env(struct writer *w, const struct manifest_module *m)
{
	struct az_run run = { count_of(w, AZ_TABLE_STRING),
		(uint32_t)m->env_count };

	for (size_t i = 0; i < m->env_count; i++)
		put_string(w, m->env[i].text);
	return run;
}

static void put_module(struct writer *w, size_t i)
{
	const struct manifest_module *m = &w->parts->manifest->modules[i];
	struct az_module record = { .stdin_kind = m->stdin_kind,
		.restart = m->restart,
		.expect = m->expect,
		.expect_code = m->expect_code,
		.memory = m->memory,
		.stack = m->stack,
		.cpu_budget = m->cpu_budget,
		.cpu_period = m->cpu_period,
		.deadline = m->deadline,
		.watchdog = (uint32_t)(m->watchdog / 1000000),
		.ready = m->ready,
		.priority = m->priority,
		.state = m->state };

	record.name = put_text(w, m->name.text);
	record.version = put_text(w, m->version.text);
	record.args = put_args(w, m);
	record.env = put_env(w, m);
	record.grants = put_grants(w, &m->grants);
	record.blob = put_blob(w, &w->parts->images[i]);
	if (m->stdin_kind == AZ_STDIN_FILE)
		record.stdin_blob = put_blob(w, &w->parts->stdins[i]);
	put(w, AZ_TABLE_MODULE, &record);
}

static void put_fileset(struct writer *w, size_t i)
{
	const struct file_tree *tree = &w->parts->trees[i];
	struct az_fileset set = { .files = { count_of(w, AZ_TABLE_FILE),
				      (uint32_t)tree->count } };

	set.name = put_text(w, w->parts->manifest->files[i].name.text);
	set.blob = put_blob(w, &w->parts->tree_blobs[i]);
	put(w, AZ_TABLE_FILESET, &set);
	for (size_t j = 0; j < tree->count; j++) {
		const struct file_entry *e = &tree->entries[j];
		struct az_file file = { .kind = e->kind,
			.parent = e->parent,
			.off = e->off,
			.size = e->size };

		file.name = put_text(w, e->name);
		file.target = put_text(w, e->target);
		put(w, AZ_TABLE_FILE, &file);
	}
}

static void put_end(
    struct writer *w, const struct manifest_end *end, uint32_t rights)
{
	struct az_peer peer = { .module = (uint32_t)end->module_index,
		.rights = rights,
		.lease = end->lease };

	put(w, AZ_TABLE_PEER, &peer);
}

static int compare_ends(const void *x, const void *y)
{
	const struct manifest_end *a = x, *b = y;

	return (a->module_index > b->module_index) -
	       (a->module_index < b->module_index);
}

/* The owner, then the others by module. */
static struct az_run put_ends(
    struct writer *w, const struct manifest_channel *c)
{
	struct az_run run = { count_of(w, AZ_TABLE_PEER),
		(uint32_t)c->peer_count + 1 };
	size_t size = c->peer_count * sizeof(*c->peers);
	struct manifest_end *peers = xcalloc(c->peer_count, sizeof(*peers));
	bool call = c->type == AZ_CHANNEL_CALL;
	bool both =
	    c->type == AZ_CHANNEL_SOCKET || c->type == AZ_CHANNEL_DEVICE;

	if (size > 0)
		memcpy(peers, c->peers, size);
	qsort(peers, c->peer_count, sizeof(*peers), compare_ends);
	put_end(w, &c->owner,
	    call ? 0 : AZ_RIGHT_WRITE | (both ? AZ_RIGHT_READ : AZ_RIGHT_LEND));
	for (size_t i = 0; i < c->peer_count; i++)
		put_end(w, &peers[i],
		    (call ? AZ_RIGHT_CALL : AZ_RIGHT_READ) |
			(both ? 0 : AZ_RIGHT_LEND));
	free(peers);
	return run;
}

static struct az_run put_methods(
    struct writer *w, const struct manifest_channel *c)
{
	struct az_run run = { count_of(w, AZ_TABLE_METHOD),
		(uint32_t)c->method_count };

	for (size_t i = 0; i < c->method_count; i++) {
		const struct manifest_method *m = &c->methods[i];
		struct az_method record = {
			.flags = (m->status ? AZ_METHOD_STATUS : 0) |
				 (m->idempotent ? AZ_METHOD_IDEMPOTENT : 0),
			.copy_count = (uint32_t)m->copy_count
		};

		record.name = put_text(w, m->name.text);
		record.type = put_text(w, m->type);
		memcpy(record.copies, m->copies,
		    m->copy_count * sizeof(*m->copies));
		put(w, AZ_TABLE_METHOD, &record);
	}
	return run.count > 0 ? run : (struct az_run){ 0, 0 };
}

static void put_channel(struct writer *w, const struct manifest_channel *c)
{
	struct az_channel record = { .type = c->type,
		.flags = c->on_failure | (c->keep ? AZ_CHANNEL_KEEP : 0) |
			 (c->exclusive ? AZ_CHANNEL_EXCLUSIVE : 0),
		.owner = (uint32_t)c->owner.module_index,
		.queue = c->queue,
		.timeout = c->timeout,
		.size = c->size,
		.record = c->record };

	record.name = put_text(w, c->name.text);
	record.peers = put_ends(w, c);
	record.methods = put_methods(w, c);
	put(w, AZ_TABLE_CHANNEL, &record);
}

static struct az_run put_all(
    struct writer *w, enum az_table_kind kind, const void *records, size_t n)
{
	struct az_run run = { count_of(w, kind), (uint32_t)n };

	for (size_t i = 0; i < n; i++)
		put(w, kind, (const char *)records + i * record_size[kind]);
	return n > 0 ? run : (struct az_run){ 0, 0 };
}

static void put_device(struct writer *w, const struct manifest_device *m)
{
	const struct driver *d = m->driver;
	struct az_device record = d->device;

	record.channel = (uint32_t)m->channel_index;
	record.regions =
	    put_all(w, AZ_TABLE_REGION, d->regions, d->region_count);
	record.registers =
	    put_all(w, AZ_TABLE_REGISTER, d->registers, d->register_count);
	record.rings = put_all(w, AZ_TABLE_RING, d->rings, d->ring_count);
	record.reset = put_all(w, AZ_TABLE_STEP, d->reset, d->reset_count);
	put(w, AZ_TABLE_DEVICE, &record);
}

static void put_node(struct writer *w, const struct manifest_node *n)
{
	struct az_node record = { .parent = (uint32_t)n->parent,
		.kind = n->group ? AZ_NODE_GROUP : AZ_NODE_MODULE };

	if (n->group) {
		record.name = put_text(w, n->name.text);
		record.strategy = n->strategy;
		record.intensity = n->intensity;
		record.period = n->period;
		record.backoff_min = n->backoff_min;
		record.backoff_max = n->backoff_max;
		record.escalate = n->escalate;
	} else {
		record.module = (uint32_t)n->module_index;
	}
	put(w, AZ_TABLE_NODE, &record);
}

char *index_cmdline(const struct manifest *m)
{
	return xasprintf("console=%s%s%s log=info",
	    m->console_serial ? "serial" : "",
	    m->console_serial && m->console_screen ? "," : "",
	    m->console_screen ? "screen" : "");
}

static void put_system(struct writer *w)
{
	const struct manifest *m = w->parts->manifest;
	struct az_system record = { .serial = m->rollback,
		.epoch = w->parts->epoch,
		.memory = m->memory,
		.flags = w->parts->dev ? AZ_SYSTEM_DEV : 0 };
	char *cmdline = index_cmdline(m);

	record.name = put_text(w, m->name.text);
	record.version = put_text(w, m->version.text);
	record.cmdline = put_text(w, cmdline);
	put(w, AZ_TABLE_SYSTEM, &record);
	free(cmdline);
}

/* The head, then the tables at aligned places. */
static void join(struct buf *index, const struct writer *w)
{
	static const uint8_t zero[TABLE_ALIGN];
	struct az_index_head head = { .magic = AZ_INDEX_MAGIC,
		.abi = AZ_ABI_VERSION,
		.kinds = AZ_TABLE_KINDS };
	size_t at = sizeof(head);

	for (int i = 0; i < AZ_TABLE_KINDS; i++) {
		at = (at + TABLE_ALIGN - 1) / TABLE_ALIGN * TABLE_ALIGN;
		head.tables[i].off = (uint32_t)at;
		head.tables[i].count = count_of(w, i);
		at += w->tables[i].len;
	}
	head.size = (uint32_t)at;
	buf_add(index, &head, sizeof(head));
	for (int i = 0; i < AZ_TABLE_KINDS; i++) {
		buf_add(index, zero, head.tables[i].off - index->len);
		if (w->tables[i].len > 0)
			buf_add(index, w->tables[i].at, w->tables[i].len);
	}
}

void index_write(struct buf *index, struct blob_list *blobs,
    const struct system_parts *parts)
{
	const struct manifest *m = parts->manifest;
	struct writer w = { .parts = parts };

	put_system(&w);
	for (size_t i = 0; i < m->module_count; i++)
		put_module(&w, i);
	for (size_t i = 0; i < m->file_count; i++)
		put_fileset(&w, i);
	for (size_t i = 0; i < m->channel_count; i++)
		put_channel(&w, &m->channels[i]);
	for (size_t i = 0; i < m->node_count; i++)
		put_node(&w, &m->nodes[i]);
	for (size_t i = 0; i < m->channel_count; i++)
		for (size_t k = 0; k < m->device_count; k++)
			if (m->channels[i].type == AZ_CHANNEL_DEVICE &&
			    m->devices[k].owner != SIZE_MAX &&
			    m->devices[k].channel_index == i)
				put_device(&w, &m->devices[k]);
	join(index, &w);
	for (int i = 0; i < AZ_TABLE_KINDS; i++)
		buf_fini(&w.tables[i]);
	*blobs = w.blobs;
}
