/* `channels`, and what modules may reset. */
#include "manifest_part.h"

#include <stdlib.h>
#include <string.h>

#include "manifest_table.h"
#include "manifest_value.h"
#include "mem.h"
#include "yaml_fix.h"

static void fill_reset(struct part p, struct manifest_module *module)
{
	size_t i, count = part_count(&p, YAML_LIST);
	struct manifest_grants *g = &module->grants;
	char *who = xasprintf("the grant `power` of `%s`", module->name.text);

	g->reset_modules =
	    arena_alloc(p.m->arena, count * sizeof(*g->reset_modules));
	for (i = 0; i < count; i++) {
		const struct yaml_node *item = p.node->items[i];
		const char *name;
		struct manifest_end end;
		uint32_t op;

		if (item->kind == YAML_SCALAR &&
		    value_power(item->text, &op, &name) && name != NULL &&
		    name_valid(name) &&
		    part_module(
			&p, who, item, (size_t)(name - item->text), &end))
			g->reset_modules[g->reset_count++] = end.module_index;
	}
	free(who);
}

void fill_resets(struct part top)
{
	struct part modules = part_of(&top, "modules"), item = modules;

	item.field = modules.field->children;
	for (size_t i = 0; i < top.m->module_count; i++) {
		struct part grants;

		item.node = modules.node->pairs[i].value;
		grants = part_of(&item, "grants");
		fill_reset(part_of(&grants, "power"), &top.m->modules[i]);
	}
}

static void report_both_ends(const struct part *p,
    const struct manifest_channel *c, const struct manifest_end *peer,
    size_t item)
{
	struct diag *d = diag_add(p->list, "AZ0210", peer->module.at,
	    "module `%s` stands at both ends of channel `%s`",
	    peer->module.text, c->name.text);

	diag_label(d, "its own peer");
	diag_also(d, c->owner.module.at, "the other end");
	diag_help(d, "remove `%s` here", peer->module.text);
	fix_remove(d, p->node, item);
}

static void report_readers(
    const struct part *p, const struct manifest_channel *c)
{
	const struct manifest_end *second = &c->peers[1];
	struct diag *d = diag_add(p->list, "AZ0211", second->module.at,
	    "ring `%s` has %zu readers", c->name.text, c->peer_count);

	diag_label(d, "a ring has one reader");
	diag_also(d, c->peers[0].module.at, "the first one");
	diag_help(d,
	    "give each reader a ring of its own: `%s-%s: { type: ring, writer: "
	    "%s, readers: [ %s ], size: 4KiB }`",
	    c->name.text, second->module.text, c->owner.module.text,
	    second->module.text);
}

static int compare_ends(const void *left, const void *right)
{
	const struct manifest_end *a = left, *b = right;

	return a->module_index < b->module_index
		   ? -1
		   : a->module_index > b->module_index;
}

/* The other ends, in the order of the modules. */
static void fill_peers(
    struct part p, const char *who, struct manifest_channel *c)
{
	size_t i, count = part_count(&p, YAML_LIST);

	c->peers = arena_alloc(p.m->arena, count * sizeof(*c->peers));
	for (i = 0; i < count; i++) {
		struct manifest_end *peer = &c->peers[c->peer_count];

		if (!part_module(&p, who, p.node->items[i], 0, peer))
			continue;
		if (peer->module_index == c->owner.module_index)
			report_both_ends(&p, c, peer, i);
		else
			c->peer_count++;
	}
	if (c->type == AZ_CHANNEL_RING && c->peer_count > 1)
		report_readers(&p, c);
	if (c->peer_count > 0)
		qsort(c->peers, c->peer_count, sizeof(*c->peers), compare_ends);
}

static struct manifest_end *find_end(
    struct manifest_channel *c, size_t module_index)
{
	if (c->owner.module_index == module_index)
		return &c->owner;
	for (size_t i = 0; i < c->peer_count; i++)
		if (c->peers[i].module_index == module_index)
			return &c->peers[i];
	return NULL;
}

static void fill_leases(
    struct part p, const char *who, struct manifest_channel *c)
{
	size_t i, count = part_count(&p, YAML_MAP);

	for (i = 0; i < count; i++) {
		const struct yaml_pair *pair = &p.node->pairs[i];
		struct manifest_end named, *end;
		struct diag *d;

		if (!part_module(&p, who, pair->key, 0, &named))
			continue;
		end = find_end(c, named.module_index);
		if (end != NULL) {
			if (pair->value->kind == YAML_SCALAR)
				(void)value_duration(
				    pair->value->text, &end->lease);
			continue;
		}
		d = diag_add(p.list, "AZ0212", pair->key->at,
		    "%s leases an end to `%s`, which has none", who,
		    pair->key->text);
		diag_label(d, "not an end of this channel");
		diag_help(d, "delete `%s` here, or add it to the channel",
		    pair->key->text);
		fix_delete(d, p.node, pair);
	}
}

static void fill_call(const struct part *p, struct manifest_channel *c)
{
	static const uint32_t on_failure[] = { 0, AZ_CHANNEL_RETRY,
		AZ_CHANNEL_TRAP };
	const struct yaml_pair *exclusive = yaml_find(p->node, "exclusive");
	struct diag *d;

	c->interface = part_string(p, "interface");
	c->timeout = part_number(p, "timeout", value_duration, NULL);
	c->on_failure = on_failure[part_word(p, "on_failure", NULL)];
	c->queue = (uint32_t)part_number(p, "queue", value_integer, NULL);
	c->size = (uint32_t)part_number(p, "arena", value_size, NULL);
	c->exclusive = part_true(p, "exclusive");
	if (!c->exclusive || yaml_find(p->node, "arena") != NULL)
		return;
	d = diag_add(p->list, "AZ0103", exclusive->key->at,
	    "channel `%s` is `exclusive` and has no `arena`", c->name.text);
	diag_label(d, "nothing to exclude from");
	diag_help(d, "add `arena: 64KiB`");
	fix_add(d, p->node, "arena: 64KiB");
}

static void fill_ring(const struct part *p, struct manifest_channel *c)
{
	c->size = (uint32_t)part_number(p, "size", value_size, NULL);
	c->record = (uint32_t)part_number(p, "record", value_integer, NULL);
	c->keep = part_word(p, "on_restart", NULL) == 0;
}

/* False: not even its ends are known. */
static bool fill_channel(
    struct part p, const struct yaml_node *key, struct manifest_channel *c)
{
	struct part type = part_of(&p, "type");
	uint32_t variant = field_variant(p.field, p.node);
	bool call, known;
	char *who;

	if (variant == 0 || !name_valid(key->text) ||
	    !name_valid_import(key->text))
		return false;
	c->name = node_string(key);
	c->type = AZ_CHANNEL_CALL + (uint32_t)__builtin_ctz(variant);
	c->type_at = type.node->at;
	call = c->type == AZ_CHANNEL_CALL;
	who = xasprintf("channel `%s`", c->name.text);
	known = part_module(&p, who,
	    yaml_get(p.node, call ? "server" : "writer"), 0, &c->owner);
	if (!known)
		c->owner.module_index = SIZE_MAX;
	fill_peers(part_of(&p, call ? "clients" : "readers"), who, c);
	fill_leases(part_of(&p, "leases"), who, c);
	free(who);
	if (call)
		fill_call(&p, c);
	else if (c->type == AZ_CHANNEL_RING)
		fill_ring(&p, c);
	return known && c->peer_count > 0;
}

/* A bound of the index. */
static void check_peers(const struct part *p)
{
	const struct manifest *m = p->m;
	size_t i, count = m->channel_count;
	struct diag *d;

	for (i = 0; i < m->channel_count && count <= AZ_PEERS_MAX; i++)
		count += m->channels[i].peer_count;
	if (count <= AZ_PEERS_MAX)
		return;
	d = diag_add(p->list, "AZ0117", m->channels[i - 1].name.at,
	    "all channels together have too many ends");
	diag_label(d, "at most %d are allowed", AZ_PEERS_MAX);
}

void fill_channels(struct part top)
{
	struct part p = part_of(&top, "channels"), item = p;
	size_t i, count = part_count(&p, YAML_MAP);
	struct manifest *m = top.m;

	item.field = p.field->children;
	for (i = 0; i < count; i++) {
		struct manifest_channel c = { 0 };

		item.node = p.node->pairs[i].value;
		if (!fill_channel(item, p.node->pairs[i].key, &c))
			continue;
		m->channels = arena_push(m->arena, m->channels,
		    &m->channel_count, sizeof(*m->channels));
		m->channels[m->channel_count - 1] = c;
	}
	m->channels_known =
	    m->channel_count == (p.node != NULL ? p.node->count : 0);
	check_peers(&p);
}
